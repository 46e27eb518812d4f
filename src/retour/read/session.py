"""Which host a text names as the one that answered, and in which phase of the hand-over."""

import re
from typing import cast

from retour.knowledge import marks
from retour.model.vocabulary import Phase

_NAME = r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+"
# What a reporter says around the name of the host that answered; compiled when its mark is met.
_HOSTS = (
    ("host", rf"\bhosts?:?\s+\"?({_NAME})\.?(?=[\s\[(:,;\"]|$)"),
    ("talking to", r"while talking to \[?([^\s:\]]{1,255})"),
    ("by ", rf"\bby (?:the server for the recipient domain \S{{1,255}} by )?({_NAME})\.? ?\["),
    (" not like", rf"(?:^|\n)({_NAME}) (?:\[[0-9.]+\] )?(?:does not|did not) like"),
    (" rejected", rf"(?:^|\n)({_NAME}) rejected your message"),
    ("gave this error", rf"(?:^|\n)({_NAME}) gave this error"),
    ("connected to", r"connected to ([0-9.]{7,15}) but"),
    ("remote server", rf"remote server (?:\"|\()?({_NAME})"),
)
_LOOK_MAX = 4_000


def find_phase(text: str) -> Phase | None:
    """Name the phase of the hand-over that a text speaks of, or None."""
    return cast("Phase | None", marks.find_phase(text[:_LOOK_MAX].lower()))


def find_host(text: str) -> str | None:
    """Return the remote host that a text names as the one that answered, or None."""
    text = text[:_LOOK_MAX]
    low = text.lower()
    grown = len(low) - len(text)  # a capital I with a dot is two characters in lower case
    for mark, pattern in _HOSTS:
        at = low.find(mark)
        if at >= 0:
            # Nothing that matches begins above the line of the first mark.
            line = text.rfind("\n", 0, max(0, at - grown))
            found = re.compile(pattern, re.I).search(text, max(0, line))
            if found:
                return found[1].rstrip(".:")
    return None

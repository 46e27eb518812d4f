"""Which host a text names as the one that answered, and in which phase of the hand-over."""

import re

from retour.model.vocabulary import Phase

# Words that tell the phase (RFC 5321 §3), the telling ones first; lower case.
_PHASES: tuple[tuple[str, Phase], ...] = (
    ("end of data", "end-of-data"),
    ("end of the data", "end-of-data"),
    ("final data", "end-of-data"),
    ("final dot", "end-of-data"),
    ("message content", "end-of-data"),
    ("for text command", "end-of-data"),
    ("in reply to rcpt", "rcpt"),
    ("after rcpt", "rcpt"),
    ("rcpt to", "rcpt"),
    ("smtp:rcpt", "rcpt"),
    ("rcpt command", "rcpt"),
    ("does not like recipient", "rcpt"),
    ("in reply to mail", "mail"),
    ("after mail from", "mail"),
    ("mail from command", "mail"),
    (">>> mail", "mail"),
    ("does not like sender", "mail"),
    ("in reply to data", "data"),
    ("after data", "data"),
    ("data command", "data"),
    (">>> data", "data"),
    ("initial data", "data"),
    ("starttls", "starttls"),
    ("in reply to ehlo", "helo"),
    ("in reply to helo", "helo"),
    ("after ehlo", "helo"),
    ("after helo", "helo"),
    ("initial server greeting", "helo"),
    ("initial connection", "connect"),
    ("connect to ", "connect"),
    ("connection refused", "connect"),
    ("connection timed out", "connect"),
    ("could not connect", "connect"),
    ("initiate smtp conversation", "connect"),
    ("no route to host", "connect"),
    ("host not found", "resolve"),
    ("host or domain name not found", "resolve"),
    ("name service error", "resolve"),
    ("host unknown", "resolve"),
    ("unrouteable", "resolve"),
    ("nxdomain", "resolve"),
)
_NAME = r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+"
# What a reporter says around the name of the host that answered.
_HOSTS = tuple(
    (mark, re.compile(pattern, re.I))
    for mark, pattern in (
        ("host", rf"\bhosts?:?\s+\"?({_NAME})\.?(?=[\s\[(:,;\"]|$)"),
        ("talking to", r"while talking to \[?([^\s:\]]{1,255})"),
        ("by ", rf"\bby (?:the server for the recipient domain \S{{1,255}} by )?({_NAME})\.? ?\["),
        (" not like", rf"(?:^|\n)({_NAME}) (?:\[[0-9.]+\] )?(?:does not|did not) like"),
        (" rejected", rf"(?:^|\n)({_NAME}) rejected your message"),
        ("gave this error", rf"(?:^|\n)({_NAME}) gave this error"),
        ("connected to", r"connected to ([0-9.]{7,15}) but"),
        ("remote server", rf"remote server (?:\"|\()?({_NAME})"),
    )
)
_LOOK_MAX = 4_000


def find_phase(text: str) -> Phase | None:
    """Name the phase of the hand-over that a text speaks of, or None."""
    low = text[:_LOOK_MAX].lower()
    for words, phase in _PHASES:
        if words in low:
            return phase
    return None


def find_host(text: str) -> str | None:
    """Return the remote host that a text names as the one that answered, or None."""
    text = text[:_LOOK_MAX]
    low = text.lower()
    for mark, pattern in _HOSTS:
        if mark in low:
            found = pattern.search(text)
            if found:
                return found[1].rstrip(".:")
    return None

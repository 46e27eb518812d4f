"""Words about one recipient as `Statement` values: who says what, innermost voice first."""

import re
from typing import NamedTuple

from retour.model.reply import Reply
from retour.model.report import Statement
from retour.model.vocabulary import Phase, Speaker
from retour.read.session import find_host, find_phase
from retour.wire.reply import find_reply, fold, parse_reply, unwrap

# A reply in angle brackets at the end of a reporter's words (Amazon SES): "expired.<421 4.4.2 …>".
_TAGGED = re.compile(r"<([245][0-5][0-9][ -][^<>]{3,600})>\s*$")
# What Exim says when it gives up, glued to the reply that it got on the last try.
_GAVE_UP = ": retry timeout exceeded"
_PARAGRAPH = re.compile(r"\n[ \t]*\n")
_STATUS_IN_WORDS = re.compile(
    r"([245](?<![0-9A-Za-z.].)\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9A-Za-z]|\.[0-9])"
)
WORDS_MAX = 4_000
"""Characters of a notice that are kept as one statement."""


class Spoken(NamedTuple):
    """What was said about one recipient, by which host, in which phase."""

    statements: tuple[Statement, ...]
    host: str | None
    phase: Phase | None

    @property
    def reply(self) -> Reply | None:
        """The innermost reply."""
        return self.statements[0].reply if self.statements else None

    @property
    def status(self) -> str | None:
        """The status that is closest to the innermost voice."""
        return spoken_status(self.statements)


NOTHING = Spoken((), None, None)


def spoken_status(statements: tuple[Statement, ...]) -> str | None:
    """Return the innermost reply's status, else that of the nearest voice around it."""
    for statement in statements:
        if statement.reply and statement.reply.status:
            return statement.reply.status
    return None


def speak(text: str, where: str, speaker: Speaker) -> tuple[Statement, ...]:
    """Turn a diagnostic text into statements.

    Args:
        text: for example the words of a ``Diagnostic-Code`` field.
        where: where it stands.
        speaker: who speaks where the text holds one voice only; an inner voice is the remote's.
    """
    voices = unwrap(text)
    inner = voices[0]
    if inner.endswith(">"):
        tagged = _TAGGED.search(inner)
        if tagged and tagged.start() > 10:
            voices = (tagged[1], inner[: tagged.start()].strip(), *voices[1:])
    elif inner.endswith(_GAVE_UP) and parse_reply(inner):
        voices = (inner.removesuffix(_GAVE_UP), _GAVE_UP[2:], *voices[1:])
    if len(voices) == 1:
        return (Statement(speaker, where, inner, parse_reply(inner)),)
    return (
        Statement("remote", where, voices[0], parse_reply(voices[0])),
        *(Statement("wrapper", where, voice, parse_reply(voice)) for voice in voices[1:]),
    )


def speak_prose(words: str, where: str, *, only_reply: bool = False) -> Spoken:
    """Split words for people into the reply that stands in them and what is said around it.

    Args:
        words: lines of a notice; line breaks matter.
        where: where they stand.
        only_reply: return nothing where there is no reply.
    """
    words = words[:WORDS_MAX]
    if not words.strip():
        return NOTHING
    at = find_reply(words)
    if at < 0:
        text = fold(words)
        status = _parse_status(text)
        if only_reply and status is None:
            return NOTHING
        said = Statement("reporter", where, text, status)
        return Spoken((said,), find_host(words), find_phase(words))
    host = find_host(words)
    paragraph = _PARAGRAPH.search(words, at)
    inner = fold(words[at : paragraph.start() if paragraph else None])
    outer = fold(words[:at])
    is_remote = host is not None or "remote" in outer.lower() or "said" in outer.lower()
    statements = speak(inner, where, "remote" if is_remote else "reporter")
    if len(outer) > 2:
        speaker: Speaker = "wrapper" if is_remote else "reporter"
        statements += (Statement(speaker, where, outer, None),)
    return Spoken(statements, host, find_phase(words))


def whole_notice(notice: str) -> tuple[Statement, ...]:
    """Return all words of a notice as one statement of the reporter, the last resort."""
    words = fold(notice[:WORDS_MAX])
    return (Statement("reporter", "text", words, None),) if words else ()


def _parse_status(text: str) -> Reply | None:
    """Read words that hold an enhanced status code but no reply code (qmail's ``(#5.1.1)``)."""
    if "." not in text:
        return None
    found = _STATUS_IN_WORDS.search(text)
    return Reply(None, found[1], text) if found else None

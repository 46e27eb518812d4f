"""The names of a message as people hand them on: copied out of a log, a mail, a ticket, a call."""

import re

_LABEL = re.compile(
    r"(?:[\w-]*(?:message|msg|queue|q|evp|log|trace)[-_ ]?id|id"
    r"|queued(?: on \S+)? as|e?smtps?a? id)(?:\s*[:=]\s*|\s+)(?=\S)",
    re.IGNORECASE,
)
_AROUND = " \t\r\n\"'`\u201a\u2018\u2019\u201e\u201c\u201d,;()[]"
_ENVELOPE_ID = re.compile(r"([0-9a-f]{8})[0-9a-f]{8}")
_NAME_MAX = 998


def strip_name(name: str) -> str:
    """Take off what stands around a Message-ID or queue id: a label, quotes, brackets, a colon.

    Args:
        name: as somebody wrote it.

    Returns:
        The name alone, without angle brackets.
    """
    bare = name[:_NAME_MAX].strip(_AROUND)
    bare = bare[found.end() :] if (found := _LABEL.match(bare)) else bare
    return bare.strip(_AROUND).rstrip(".:").strip("<>").strip()


def list_spellings(name: str) -> list[str]:
    """List how a queue id may be written that somebody spelled otherwise, the likeliest first.

    Exim's ids and Postfix's long ones tell small letters from capitals; most others are
    hexadecimal. OpenSMTPD's envelope ids begin with the message's.
    """
    bare = strip_name(name)
    found = _ENVELOPE_ID.fullmatch(bare.lower())
    spellings = [bare, bare.upper(), bare.lower(), *([found[1]] if found else [])]
    return [spelling for spelling in dict.fromkeys(spellings) if spelling]

"""What the words of a server's reply tell a log reader."""

import re

_STATUS = re.compile(r"(?<![\w.])([245]\.\d{1,3}\.\d{1,3})(?![\w.])")
_LOOK_MAX = 400


def find_status(reply: str | None) -> str | None:
    """Return the first enhanced status code (RFC 3463) in a reply, None where there is none."""
    found = _STATUS.search(reply[:_LOOK_MAX]) if reply else None
    return found[1] if found else None

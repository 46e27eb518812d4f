"""What the words of a server's reply tell a log reader: a queue id, a status."""

import re

_AS = re.compile(
    # Postfix, Exim, Courier
    r"(?:queued as |\bid=|\bOk\. )([0-9A-Za-z][0-9A-Za-z.-]{4,50})"
    # Sendmail and OpenSMTPD, Dovecot's LMTP
    r"|\b([0-9A-Za-z]{8,20}) Message accepted for delivery"
    r"|(?:> |2\.\d\.\d )([0-9A-Za-z+/]{16,40}(?::\d+)?) Saved"
)
_STATUS = re.compile(r"(?<![\w.])([245]\.\d{1,3}\.\d{1,3})(?![\w.])")
_LOOK_MAX = 400


def find_queue_id(reply: str) -> str | None:
    """Return the name that the next system gave a message, None where its words tell none.

    Args:
        reply: the whole reply to the end of the content, such as ``250 2.0.0 Ok: queued as 4B0F8``.
    """
    found = _AS.search(reply[:_LOOK_MAX])
    return (found[1] or found[2] or found[3]).rstrip(".") if found else None


def find_status(reply: str | None) -> str | None:
    """Return the first enhanced status code (RFC 3463) in a reply, None where there is none."""
    found = _STATUS.search(reply[:_LOOK_MAX]) if reply else None
    return found[1] if found else None

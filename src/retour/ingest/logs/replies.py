"""The queue id in the words with which a server takes a message."""

import re

_AS = re.compile(
    # Postfix, Exim, Courier
    r"(?:queued as |\bid=|\bOk\. )([0-9A-Za-z][0-9A-Za-z.-]{4,40})"
    # Sendmail, OpenSMTPD, Dovecot's LMTP
    r"|^250 2\.\d\.\d (?:<[^>]*> )?([0-9A-Za-z+/]{8,40}) (?:Message accepted|Saved)"
)


def find_queue_id(reply: str) -> str | None:
    """Return the name that the next system gave a message, None where its words tell none.

    Args:
        reply: the whole reply to the end of the content, such as ``250 2.0.0 Ok: queued as 4B0F8``.
    """
    found = _AS.search(reply[:400])
    return (found[1] or found[2]).rstrip(".") if found else None

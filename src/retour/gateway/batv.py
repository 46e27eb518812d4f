"""BATV: signed return paths that show that a report is about our own mail.

draft-levine-smtp-batv-01 §5: ``prvs=KDDDSSSSSS=local@domain``; K: number of the key, DDD: the last
three digits of the day since 1970 on which the signature ends, SSSSSS: the first three octets of
HMAC-SHA1 over KDDD and the address.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable

_SIGNED = re.compile(r"prvs=([0-9])([0-9]{3})([0-9a-f]{6})=(.+)", re.I)
_LIFE_MAX_DAYS = 30
"""A signature that ends later than this is a wrong one or an old one: DDD returns in 1,000 days."""


def is_signed_by_us(address: str, keys: Iterable[str], today: int) -> bool | None:
    """Check the signature of a return path.

    Args:
        address: the recipient of a report.
        keys: all that may have been used.
        today: days since 1970-01-01.

    Returns:
        Whether it is ours and has not ended; None where there is none, or no key.
    """
    found = _SIGNED.fullmatch(address)
    keys = tuple(keys)
    if not found or not keys:
        return None
    number, day, signature, plain = found.groups()
    signed = f"{number}{day}{plain}".encode("utf-8", "surrogateescape")
    if (int(day) - today) % 1000 > _LIFE_MAX_DAYS:
        return False
    return any(hmac.compare_digest(_sign(key, signed), signature.lower().encode()) for key in keys)


def _sign(key: str, signed: bytes) -> bytes:
    return hmac.new(key.encode(), signed, hashlib.sha1).hexdigest()[:6].encode()

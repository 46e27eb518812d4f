"""A log's figures. What its program cannot have meant, and no database could hold, is none."""

SIZE_MAX = (1 << 63) - 1
"""Octets, milliseconds: 64 bits with a sign."""
COUNT_MAX = (1 << 31) - 1
_DIGITS_MAX = 19


def read_figure(text: str, most: int = SIZE_MAX) -> int | None:
    """Read decimal digits; None where there are none, or other characters, or too many.

    Args:
        text: what stands where a figure should.
        most: the highest that counts.
    """
    if len(text) > _DIGITS_MAX or not text.isdecimal():
        return None
    figure = int(text)
    return figure if figure <= most else None


def read_seconds(text: str) -> int | None:
    """Read seconds with a fraction, as ``0.35``, to milliseconds; None where they are none."""
    if len(text) > _DIGITS_MAX:
        return None
    try:
        return round(float(text) * 1000)
    except (ValueError, OverflowError):
        return None

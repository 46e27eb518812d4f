"""Moments as people type them: ``2026-03-01``, ``2026-03-01T10:00``, ``10:00``, ``2h``, ``3d``."""

import re
from datetime import datetime, timedelta

_AGO = re.compile(r"(\d{1,5})(m|h|d|w)")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
HINT = "a date (2026-03-01), a date and a time (2026-03-01T10:00), a time of today, or 2h, 3d ago"


def parse_moment(text: str, now: datetime, *, is_end: bool) -> int:
    """Read a moment.

    Args:
        text: as typed; without a zone it is in that of ``now``.
        now: the time now, with its zone.
        is_end: whether a day stands for its last moment, not for its first.

    Returns:
        Whole microseconds since 1970.

    Raises:
        ValueError: it is none.
    """
    text = text.strip()
    if ago := _AGO.fullmatch(text):
        return _to_us(now - timedelta(**{_UNITS[ago[2]]: int(ago[1])}))
    if clock := _CLOCK.fullmatch(text):
        hour, minute, second = (int(part or 0) for part in clock.groups())
        moment = now.replace(hour=hour, minute=minute, second=second, microsecond=0)
        return _to_us(moment)
    moment = datetime.fromisoformat(text)
    if len(text) == 10 and is_end:
        moment += timedelta(days=1, microseconds=-1)
    # A date has the offset of its own season where the zone has a name, as the machine's has.
    return _to_us(moment if moment.tzinfo else moment.astimezone())


def _to_us(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond

"""Dates of mail headers (RFC 5322 §3.3, §4.3) and the shapes that real mail has."""

import re
from datetime import UTC, datetime, timedelta, timezone

_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: n for n, name in enumerate(_MONTH_NAMES, start=1)}
_MONTH = rf"({'|'.join(_MONTH_NAMES)})[a-z]*"
_CLOCK = r"([0-2]?[0-9])[:.]([0-5][0-9])(?:[:.]([0-6][0-9]))?"
_DATE = re.compile(
    rf"([0-3]?[0-9])[\s-]+{_MONTH}[\s,-]+([0-9]{{2,4}})[\s,]+{_CLOCK}(?:[.,][0-9]{{1,9}})?\s*"
    r"(am|pm)?\s*([+-][0-9]{4}|[+-][0-9]{2}:[0-9]{2}|[a-z]{1,5}(?![a-z]))?",
    re.I,
)
# The form that most servers write, to the letter of RFC 5322 §3.3.
_STRICT = re.compile(
    r"\s*(?:[A-Z][a-z]{2}, )? ?([0-9]{1,2}) ([A-Z][a-z]{2}) ([0-9]{4}) "
    r"([0-9]{2}:[0-9]{2}:[0-5][0-9]) ([+-][0-9]{4})"
)
_STRICT_MONTHS = {name.title(): f"{n:02}" for name, n in _MONTHS.items()}
# asctime and Unix date(1): "Tue Mar  1 10:00:00 [CET] 2026 [+0100]".
_ASCTIME = re.compile(
    rf"{_MONTH}\s+([0-3]?[0-9]),?\s+{_CLOCK}\s+(?:([a-z]{{3,5}})\s+)?([0-9]{{4}})(?:\s+([+-][0-9]{{4}}))?",
    re.I,
)
_ISO = re.compile(
    rf"([0-9]{{4}})[-/]([01]?[0-9])[-/]([0-3]?[0-9])[T\s]+{_CLOCK}"
    r"(?:[.,][0-9]+)?\s*(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
# RFC 5322 §4.3; other names say nothing that can be relied on ("-0000": time is UTC, zone unknown).
_ZONES = {
    "ut": 0, "utc": 0, "gmt": 0, "z": 0,
    "edt": -240, "est": -300, "cdt": -300, "cst": -360,
    "mdt": -360, "mst": -420, "pdt": -420, "pst": -480,
    "cet": 60, "cest": 120, "met": 60, "mest": 120, "bst": 60,
    "eet": 120, "eest": 180, "msk": 180, "jst": 540,
}  # fmt: skip
_TIMEZONES: dict[int, timezone] = {0: UTC}
# A date is looked for this far into a value.
_LOOK_MAX = 200


def parse_date(value: str | None) -> datetime | None:
    """Read a date.

    Args:
        value: a header value; words before and comments behind the date are passed over.

    Returns:
        An aware time; UTC where the zone is missing or unknown. None where there is no date.
    """
    if not value:
        return None
    strict = _STRICT.match(value)
    at = _build_strict(strict) if strict else None
    if at is not None:
        return at
    value = value[:_LOOK_MAX]
    found = _DATE.search(value)
    if found:
        day, month, year, hour, minute, second, half, zone = found.groups()
        return _build(
            _year(year),
            _MONTHS[month.lower()],
            int(day),
            _hour(hour, half),
            int(minute),
            int(second or 0),
            zone,
        )
    return _parse_other(value)


def _build_strict(found: re.Match[str]) -> datetime | None:
    day, name, year, clock, zone = found.groups()
    try:
        # Reading ISO 8601 is one call in C; most dates of a mail are read here.
        return datetime.fromisoformat(f"{year}-{_STRICT_MONTHS[name]}-{day:0>2}T{clock}{zone}")
    except (KeyError, ValueError):
        return None


def _parse_other(value: str) -> datetime | None:
    found = _ASCTIME.search(value)
    if found:
        month, day, hour, minute, second, name, year, zone = found.groups()
        return _build(
            int(year),
            _MONTHS[month.lower()],
            int(day),
            int(hour),
            int(minute),
            int(second or 0),
            zone or name,
        )
    found = _ISO.search(value)
    if found:
        year, month, day, hour, minute, second = (int(group or 0) for group in found.groups()[:6])
        return _build(year, month, day, hour, minute, second, found[7])
    return None


def _year(text: str) -> int:
    year = int(text)
    if len(text) <= 2:  # RFC 5322 §4.3
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(text) == 3 else year


def _hour(text: str, half: str | None) -> int:
    hour = int(text)
    if half:
        hour = hour % 12 + (12 if half.lower() == "pm" else 0)
    return hour


def _build(
    year: int, month: int, day: int, hour: int, minute: int, second: int, zone: str | None
) -> datetime | None:
    try:
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=_zone(zone))
    except ValueError:
        return None


def _zone(zone: str | None) -> timezone:
    if not zone:
        return UTC
    sign = zone[0]
    if sign in "+-":
        digits = zone[1:].replace(":", "")
        minutes = int(digits[:2]) * 60 + int(digits[2:4])
        minutes = -minutes if sign == "-" else minutes
    else:
        minutes = _ZONES.get(zone.lower(), 0)
    return _fixed_zone(minutes)


def _fixed_zone(minutes: int) -> timezone:
    known = _TIMEZONES.get(minutes)
    if known is None:
        if abs(minutes) >= 1440:
            return UTC
        # At most 2,879 zones exist, so the table cannot grow without end.
        known = _TIMEZONES[minutes] = timezone(timedelta(minutes=minutes))
    return known


def write_date(at: datetime) -> str:
    """Word an aware time as RFC 5322 §3.3 does, whatever the locale."""
    offset = at.utcoffset() or timedelta()
    if offset % timedelta(minutes=1):  # the grammar has whole minutes
        at = at.astimezone(timezone(offset - offset % timedelta(minutes=1)))
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[at.weekday()]
    month = "JanFebMarAprMayJunJulAugSepOctNovDec"[at.month * 3 - 3 : at.month * 3]
    return f"{day}, {at.day:02} {month} {at.year:04} {at:%H:%M:%S %z}"

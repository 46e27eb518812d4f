"""Times, durations and sizes in the words of a language. Pure: zones come with the values."""

from datetime import datetime, tzinfo

from retour.rendering.wording import Wording

_STEPS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
_SIZES = ((3, "gb"), (2, "mb"), (1, "kb"))


def in_zone(at: datetime, zone: tzinfo | None) -> datetime:
    """Return a time in another zone; as it is without one, or if that leaves the calendar."""
    if zone is None or at.tzinfo is None:
        return at
    try:
        return at.astimezone(zone)
    except (OverflowError, ValueError):  # the years 1 and 9999 can stand in a hostile mail
        return at


def say_clock(wording: Wording, at: datetime, *, seconds: bool = False) -> str:
    """Return the time of day; a time in UTC says so, because few readers live by it."""
    clock = wording.say(
        "dates",
        "clock_seconds" if seconds else "clock",
        fields={"hour": f"{at.hour:02}", "minute": f"{at.minute:02}", "second": f"{at.second:02}"},
    )
    return clock if at.utcoffset() else wording.say("dates", "utc", fields={"clock": clock})


def say_when(
    wording: Wording,
    place: str,
    at: datetime,
    *,
    beside: datetime | None = None,
    seconds: bool = False,
) -> str:
    """Return a time for people with the preposition that it takes: ``at 10:00 on 1 March 2026``.

    Args:
        wording: the language.
        place: what the time is in the sentence: ``time``, ``sent`` or ``until``.
        at: the time, in the zone to show it in.
        beside: the time that the reader has before him: its day need not be named again.
        seconds: whether to name the second.
    """
    fields = {"clock": say_clock(wording, at, seconds=seconds), "date": say_date(wording, at)}
    same_day = beside is not None and at.date() == beside.date()
    return wording.say("dates", place, "same_day" if same_day else "other_day", fields=fields)


def say_date(wording: Wording, at: datetime) -> str:
    """Return the day: ``1 March 2026``."""
    month = wording.find("dates", "months")[at.month - 1]
    fields = {"day": str(at.day), "month": month, "year": str(at.year)}
    return wording.say("dates", "date", fields=fields)


def stamp(at: datetime | None) -> str:
    """Return a time for experts, in all languages alike: ``2026-03-01 10:00:05 +0100``."""
    return at.strftime("%Y-%m-%d %H:%M:%S %z").strip() if at else ""


def say_duration(wording: Wording, seconds: float) -> str:
    """Return a duration of whole seconds in its two largest units: ``2 hours 5 minutes``."""
    whole = round(seconds)
    if whole < 1:
        return wording.count(0, "units", "second")
    parts: list[str] = []
    for size, unit in _STEPS:
        n, whole = divmod(whole, size)
        if n:
            parts.append(wording.count(n, "units", unit))
        if len(parts) == 2 or (parts and not n):
            break
    return " ".join(parts)


def say_size(wording: Wording, size: int) -> str:
    """Return a size as a server's owner would name it: 26214400 and 25000000 are both ``25 MB``."""
    for power, unit in _SIZES:
        for base in (1024, 1000):
            whole, rest = divmod(size, base**power)
            if whole and not rest:
                return wording.say("units", unit, fields={"n": str(whole)})
    for power, unit in _SIZES:
        if size >= 1000**power:
            number = f"{size // (1000**power // 10) / 10:.1f}"
            number = number.removesuffix(".0").replace(".", wording.say("units", "decimal"))
            return wording.say("units", unit, fields={"n": number})
    return wording.count(size, "units", "bytes")

"""Dates of mail (RFC 5322 §3.3, §4.3) and the other shapes that mail has."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.wire.date import parse_date

CASES = {
    "RFC 5322": ("Sun, 1 Mar 2026 10:00:09 +0100", "2026-03-01T10:00:09+01:00"),
    "no day name": ("1 Mar 2026 10:00:09 -0830", "2026-03-01T10:00:09-08:30"),
    "no seconds": ("1 Mar 2026 10:00 +0100", "2026-03-01T10:00:00+01:00"),
    "comment behind": ("Sun, 1 Mar 2026 10:00:09 +0100 (CET)", "2026-03-01T10:00:09+01:00"),
    "unknown zone": ("Sun, 1 Mar 2026 10:00:09 -0000", "2026-03-01T10:00:09+00:00"),
    "GMT": ("Sun, 01 Mar 2026 10:00:09 GMT", "2026-03-01T10:00:09+00:00"),
    "EST": ("Sun, 01 Mar 2026 10:00:09 EST", "2026-03-01T10:00:09-05:00"),
    "PDT": ("1 Jul 2026 10:00:09 PDT", "2026-07-01T10:00:09-07:00"),
    "Z": ("1 Mar 2026 10:00:09 Z", "2026-03-01T10:00:09+00:00"),
    "military zone": ("1 Mar 2026 10:00:09 A", "2026-03-01T10:00:09+00:00"),
    "zone with a colon": ("1 Mar 2026 10:00:09 +01:00", "2026-03-01T10:00:09+01:00"),
    "no zone": ("1 Mar 2026 10:00:09", "2026-03-01T10:00:09+00:00"),
    "two-digit year": ("1 Mar 03 10:00:09 +0000", "2003-03-01T10:00:09+00:00"),
    "two-digit year of before": ("1 Mar 97 10:00:09 +0000", "1997-03-01T10:00:09+00:00"),
    "three-digit year": ("1 Mar 104 10:00:09 +0000", "2004-03-01T10:00:09+00:00"),
    "dashes": ("01-Mar-2026 10:00:09 +0100", "2026-03-01T10:00:09+01:00"),
    "full month": ("1 March 2026 10:00:09 +0100", "2026-03-01T10:00:09+01:00"),
    "commas": ("Sunday, 1 March, 2026, 10:00:09 +0100", "2026-03-01T10:00:09+01:00"),
    "folded": ("Sun, 1 Mar 2026\n 10:00:09 +0100", "2026-03-01T10:00:09+01:00"),
    "am and pm": ("1 Mar 2026 12:30:00 AM +0100", "2026-03-01T00:30:00+01:00"),
    "pm": ("1 Mar 2026 01:30:00 PM +0100", "2026-03-01T13:30:00+01:00"),
    "fractions": ("1 Mar 2026 10:00:09.123 +0100", "2026-03-01T10:00:09+01:00"),
    "asctime": ("Sun Mar  1 10:00:09 2026", "2026-03-01T10:00:09+00:00"),
    "asctime with zone": ("Sun Mar  1 10:00:09 CET 2026", "2026-03-01T10:00:09+01:00"),
    "asctime with offset": ("Sun Mar 01 10:00:09 2026 +0530", "2026-03-01T10:00:09+05:30"),
    "ISO 8601": ("2026-03-01T10:00:09Z", "2026-03-01T10:00:09+00:00"),
    "ISO 8601 with offset": ("2026-03-01 10:00:09.5 +01:00", "2026-03-01T10:00:09+01:00"),
    "words before": ("arrived on Sun, 1 Mar 2026 10:00:09 +0100", "2026-03-01T10:00:09+01:00"),
    "leap second": ("31 Dec 2016 23:59:60 +0000", "2016-12-31T23:59:59+00:00"),
    "leap day": ("29 Feb 2024 10:00:00 +0000", "2024-02-29T10:00:00+00:00"),
    "no such day": ("31 Feb 2026 10:00:00 +0000", None),
    "day nought": ("0 Mar 2026 10:00:00 +0000", None),
    "no such hour": ("1 Mar 2026 25:00:00 +0000", None),
    "no such month": ("1 Mrz 2026 10:00:00 +0000", None),
    "year nought": ("1 Mar 0000 10:00:00 +0000", None),
    "zone beyond a day": ("1 Mar 2026 10:00:09 +9999", "2026-03-01T10:00:09+00:00"),
    "junk": ("the day after tomorrow", None),
    "digits": ("20260301100009", None),
    "nothing": ("", None),
    "None": (None, None),
}


@pytest.mark.parametrize("name", CASES)
def test_date_is_this_aware_time(name: str) -> None:
    """A date gives an aware time; what is none gives None."""
    value, wanted = CASES[name]
    found = parse_date(value)
    assert (found.isoformat() if found else None) == wanted


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(
    datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.one_of(st.just(UTC), ZONES)
)


@given(TIMES)
def test_written_dates_are_read_back(at: datetime) -> None:
    """What the standard library writes in RFC 5322 and ISO form is the same instant."""
    at = at.replace(microsecond=0)
    assert parse_date(format_datetime(at)) == at
    assert parse_date(at.isoformat()) == at
    assert parse_date(f"some words; {format_datetime(at)} (comment)") == at


@given(st.text(max_size=300))
def test_no_text_makes_a_date_raise(text: str) -> None:
    """Any text gives a time with a zone, or None."""
    found = parse_date(text)
    assert found is None or found.utcoffset() is not None

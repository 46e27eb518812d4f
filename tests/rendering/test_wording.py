"""Templates, plurals, times and sizes."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from retour.rendering import wording
from retour.rendering.quantity import in_zone, say_duration, say_moment, say_size, stamp
from retour.rendering.wording import Wording, fill, load_wording

EN = load_wording("en")
CET = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("item", "fields", "filled"),
    [
        ("plain", {}, "plain"),
        ("to {who}", {"who": "Ann"}, "to Ann"),
        ("to {who}", {}, None),
        (["to {who}", "to somebody"], {}, "to somebody"),
        (["{?flag}a", "b"], {"?flag": ""}, "a"),
        (["{?flag}a", "b"], {}, "b"),
        ("{{braces}}", {}, "{braces}"),
        ("{who}", {"who": "{other}"}, "{other}"),
        (None, {}, None),
        ({"a": "table"}, {}, None),
    ],
)
def test_template_is_filled_or_left_out(
    item: object, fields: dict[str, str], filled: str | None
) -> None:
    """Values are never read as templates; an unknown field drops the sentence or the variant."""
    assert fill(item, fields) == filled


@pytest.mark.parametrize(
    ("plural", "words"), [("one-other", ["b", "a", "b"]), ("zero-one-other", ["a", "a", "b"])]
)
def test_number_takes_the_form_of_its_language(plural: str, words: list[str]) -> None:
    """Zero is many in English and one in French."""
    wording = Wording({"language": "xx", "plural": plural, "thing": ["a", "b"]})
    assert [wording.count(n, "thing") for n in (0, 1, 2)] == words


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 seconds"), (0.4, "0 seconds"), (1, "1 second"), (59.6, "1 minute"),
        (61, "1 minute 1 second"),
        (3600, "1 hour"), (3605, "1 hour"), (7500, "2 hours 5 minutes"), (90000, "1 day 1 hour"),
    ],
)  # fmt: skip
def test_duration_is_said_in_two_units(seconds: float, said: str) -> None:
    """Neighbouring units only: an hour and five seconds is an hour."""
    assert say_duration(EN, seconds) == said


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (26214400, "25 MB"), (25000000, "25 MB"), (35882577, "35.8 MB"), (10240000, "10000 KB"),
        (2048, "2 KB"), (999, "999 bytes"), (1, "1 byte"), (1073741824, "1 GB"), (1500, "1.5 KB"),
    ],
)  # fmt: skip
def test_size_is_said_as_its_owner_would(size: int, said: str) -> None:
    """Round in 1024s or in 1000s where it is round, else cut to a tenth."""
    assert say_size(EN, size) == said


def test_moment_names_the_day_only_where_it_is_another() -> None:
    """On the day of the notice the time is enough; UTC is named as such."""
    at = datetime(2026, 3, 1, 10, 0, 9, tzinfo=CET)
    assert say_moment(EN, at, beside=at, seconds=True) == "10:00:09"
    assert say_moment(EN, at, beside=at + timedelta(days=1)) == "10:00 on 1 March 2026"
    assert say_moment(EN, in_zone(at, UTC), beside=None) == "09:00 UTC on 1 March 2026"


def test_times_at_the_edge_of_the_calendar_do_not_raise() -> None:
    """Mails name the year 1 and the year 9999."""
    first = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=12)))
    assert in_zone(first, UTC) == first
    assert stamp(first).endswith("+1200")


def test_catalogue_comes_from_the_cache_and_falls_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A kept catalogue is used as it is; a damaged or outdated one is read and kept anew."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    source = tmp_path / "xx.toml"
    source.write_text('language = "xx"\n')
    assert wording.read_catalogue(source) == {"language": "xx"}
    (kept,) = (tmp_path / "retour").iterdir()

    kept.write_bytes(kept.read_bytes().replace(b'"xx"', b'"yy"'))
    assert wording.read_catalogue(source) == {"language": "yy"}

    kept.write_bytes(kept.read_bytes()[:-1])
    assert wording.read_catalogue(source) == {"language": "xx"}

    source.write_text('language = "zz"\n# longer\n')
    assert wording.read_catalogue(source) == {"language": "zz"}

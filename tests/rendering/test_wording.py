"""Templates, plurals, times and sizes."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from retour.rendering.catalogues import load_wording, read_catalogue
from retour.rendering.quantity import in_zone, say_duration, say_size, say_when, stamp
from retour.rendering.wording import Wording, fill

EN, DE = load_wording("en"), load_wording("de")
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
    ("plural", "forms"),
    [
        ("other", {0: "0 1 2 3 5 11 12 21 22 25 101 112"}),
        ("one-other", {0: "1", 1: "0 2 3 5 11 12 21 22 25 101 112"}),
        ("zero-one-other", {0: "0 1", 1: "2 3 5 11 12 21 22 25 101 112"}),
        ("one-few-other", {0: "1", 1: "2 3 4", 2: "0 5 11 12 21 22 25 101 112"}),
        ("one-few-many", {0: "1", 1: "2 3 4 22 104", 2: "0 5 11 12 14 21 25 101 112"}),
        ("ones-few-many", {0: "1 21 101", 1: "2 3 4 22 104", 2: "0 5 11 12 14 25 111 112"}),
    ],
)
def test_number_takes_the_form_of_its_language(plural: str, forms: dict[int, str]) -> None:
    """Zero is many in English and one in French; 21 is one in Russian and many in Polish."""
    wording = Wording({"language": "xx", "plural": plural, "thing": ["0", "1", "2"]})
    for form, numbers in forms.items():
        assert {wording.count(int(n), "thing") for n in numbers.split()} == {str(form)}


def test_name_comes_in_every_form_of_the_language() -> None:
    """A table of forms is filled as a whole; a counted text may name more than its number."""
    tree = {
        "language": "xx", "plural": "one-other",
        "name": {"nominative": "{it}", "dative": "to {it}"},
        "more": ["{it} and one more", "{it} and {n} more"],
    }  # fmt: skip
    wording = Wording(tree)
    fields = {"it": "a cat"}
    forms = wording.forms("name", fields=fields)
    assert forms == {"nominative": "a cat", "dative": "to a cat"}
    assert wording.forms("nothing") == {}
    assert [wording.count(n, "more", fields=fields) for n in (1, 2)] == [
        "a cat and one more",
        "a cat and 2 more",
    ]


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
    assert say_when(EN, "time", at, beside=at, seconds=True) == "at 10:00:09"
    assert say_when(EN, "sent", at, beside=at + timedelta(days=1)) == "of 10:00 on 1 March 2026"
    assert say_when(EN, "time", in_zone(at, UTC)) == "at 09:00 UTC on 1 March 2026"
    assert say_when(EN, "until", at) == "until 10:00 on 1 March 2026"


def test_german_says_times_and_sizes_the_german_way() -> None:
    """Prepositions come with the time, because they depend on what follows."""
    at = datetime(2026, 11, 24, 10, 0, 5, tzinfo=CET)
    assert say_when(DE, "time", at, beside=at, seconds=True) == "um 10:00:05 Uhr"
    assert say_when(DE, "sent", at, beside=at) == "von 10:00 Uhr"
    assert say_when(DE, "sent", at) == "vom 24. November 2026 um 10:00 Uhr"
    said = say_when(DE, "until", in_zone(at, UTC))
    assert said == "bis zum 24. November 2026 um 09:00 Uhr (Weltzeit)"
    assert say_duration(DE, 90000) == "1 Tag 1 Stunde"
    assert [say_size(DE, n) for n in (35882577, 1)] == ["35,8 MB", "1 Byte"]


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
    assert read_catalogue(source) == {"language": "xx"}
    (kept,) = (tmp_path / "retour").iterdir()

    kept.write_bytes(kept.read_bytes().replace(b'"xx"', b'"yy"'))
    assert read_catalogue(source) == {"language": "yy"}

    kept.write_bytes(kept.read_bytes()[:-1])
    assert read_catalogue(source) == {"language": "xx"}

    source.write_text('language = "zz"\n# longer\n')
    assert read_catalogue(source) == {"language": "zz"}


@pytest.mark.parametrize(
    ("language", "name", "said"),
    [
        ("xx", "ann@x.example", "to ann@x.example"),
        ("xx", "jürgen@x.example", "to jürgen@x.example"),
        ("xx", "דנה@x.example", "to \u2068דנה@x.example\u2069"),
        ("he", "ann@x.example", "to \u2068ann@x.example\u2069"),
    ],
)
def test_what_may_turn_a_sentence_is_isolated_once(language: str, name: str, said: str) -> None:
    """Also through the form of a name; letters that cannot turn anything are left alone."""
    tree = {
        "language": language, "plural": "one-other", "who": {"dative": "to {it}"},
        "sentence": "Go {dative}.",
    }  # fmt: skip
    wording = Wording(tree, isolating=True)
    forms = wording.forms("who", fields={"it": name})
    assert forms == {"dative": said}
    assert wording.say("sentence", fields=forms) == f"Go {said}."

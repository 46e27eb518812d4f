"""Which language a report is written in where nobody chose one."""

from dataclasses import replace

import pytest
from samples import HEADERS, ORIGINAL, make_analysis, make_diagnosis, make_recipient

from retour.model.analysis import Analysis
from retour.rendering.language import choose_language, rank_tags


def written(*fields: str, notice: str | None = None, backscatter: bool | None = None) -> Analysis:
    """Return a mail about an original with these header lines, its notice in a language."""
    diagnosis = make_diagnosis("mailbox-full", "full", "no/rule")
    analysis = make_analysis((make_recipient("sales@example.net", None),), (diagnosis,))
    block = "".join(f"{field}\n" for field in fields) + HEADERS
    report = replace(
        analysis.report, language=notice, original=replace(ORIGINAL, header_block=block)
    )
    return replace(analysis, report=report, backscatter=backscatter)


@pytest.mark.parametrize(
    ("value", "tags"),
    [
        ("de", ("de",)),
        ("de-AT, de-DE, en-US", ("de-AT", "de-DE", "en-US")),
        ("en;q=0.5, de;q=0.9", ("de", "en")),
        ("en;q=0.5,de", ("de", "en")),
        ("fr;q=0.8, de;q=0.8, en;q=0.8", ("fr", "de", "en")),
        ("de ; Q = 0.3 , en ; q = 0.7", ("en", "de")),
        ("de;q=0, en;q=0.001", ("en",)),
        ("de;q=1.000, en;q=1.001", ("de",)),
        ("de;q=high, en;q=, da;q=-1", ()),
        ("de;level=1, en;q=0.9;x=y", ("de", "en")),
        ("de (German), en (English, of course);q=0.1", ("de", "en")),
        ("*, *;q=0.5, i-default, x-pirate, en-x-pirate", ("en-x-pirate",)),
        ("zh-Hant-TW", ("zh-Hant-TW",)),
        ("", ()), (",;,;=;q=1", ()), ("de DE", ()), ("dé, \x00, \u202een", ()), ("d", ()),
        ("en-", ()), ("ninelette", ()), ("(((", ()),
    ],
)  # fmt: skip
def test_tags_are_ranked_by_weight(value: str, tags: tuple[str, ...]) -> None:
    """Weights as in RFC 9110 §12.4.2, equals in their order, and garbage passed over."""
    assert rank_tags(value) == tags


def test_a_list_without_end_is_read_to_a_bound() -> None:
    """A hostile field costs no more than a long one."""
    assert len(rank_tags("de," * 5_000)) == 50


@pytest.mark.parametrize(
    ("fields", "notice", "chosen"),
    [
        ((), None, "en"),
        ((), "de", "de"),
        ((), "de-CH", "de"),
        ((), "ja", "en"),
        (("Accept-Language: de-DE, en-US",), "en", "de"),
        (("Accept-Language: en-GB",), "de", "en"),
        (("Accept-Language: fr-FR, en;q=0.5",), "de", "en"),
        (("Accept-Language: fr-FR",), "de", "de"),
        (("Accept-Language: en;q=0.2, de-AT;q=0.8",), None, "de"),
        (("Accept-Language: en;q=0.2", "Accept-Language: de;q=0.8"), None, "de"),
        (("Accept-Language: *",), "de", "de"),
        (("Accept-Language: i-default",), "de", "de"),
        (("accept-language:\n de", "Content-Language: en"), None, "de"),
        (("Content-Language: de-DE",), "en", "de"),
        (("Content-Language: en-US", "Accept-Language: de-DE"), None, "de"),
        (("Content-Language: fr, de",), "en", "de"),
        (("Content-Language: x-none", "Accept-Language: \xff\xfe;;,"), "de", "de"),
        (("Content-Language: de_DE.UTF-8",), "en", "en"),
        (("Subject: Accept-Language: de",), None, "en"),
    ],
)
def test_language_is_that_of_the_original_then_of_the_notice(
    fields: tuple[str, ...], notice: str | None, chosen: str
) -> None:
    """What the writer asks for, then what they wrote in, then the notice's, then English."""
    assert choose_language(written(*fields, notice=notice)) == chosen


def test_forger_of_an_address_does_not_choose_the_language_of_its_owner() -> None:
    """Backscatter: the original tells of a stranger; only the notice speaks to the reader."""
    assert choose_language(written("Accept-Language: de", backscatter=True)) == "en"
    forged = written("Accept-Language: en", notice="de", backscatter=True)
    assert choose_language(forged) == "de"


def test_mail_about_no_original_goes_by_its_notice() -> None:
    """A notice that brought nothing back still has words."""
    analysis = written(notice="de")
    assert (
        choose_language(replace(analysis, report=replace(analysis.report, original=None))) == "de"
    )

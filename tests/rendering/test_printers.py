"""Text and terminal: goldens, widths, and nothing foreign that steers the reader's screen.

``pytest tests/rendering --accept`` writes the goldens anew; read ``git diff`` before you commit it.
"""

import io
import re
from pathlib import Path

import pytest
from rich.console import Console
from samples import ESCAPES, HEADERS, SAMPLES, user_unknown

from retour.rendering.catalogues import languages, load_wording
from retour.rendering.document import build_document
from retour.rendering.foreign import fold_address, fold_line, show_controls
from retour.rendering.layout import cell_width, wrap
from retour.rendering.terminal import render_terminal
from retour.rendering.text import WIDTH, render_text

GOLDENS = Path(__file__).with_name("goldens")
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
GOLDEN_TEXTS = ("second-copy", "mailbox-full-delay", "different-fates", "moved", "auto-reply")
GOLDEN_GERMAN = (
    "second-copy", "mailbox-full-delay", "different-fates", "dmarc-failure", "backscatter",
)  # fmt: skip
GOLDEN_SCREENS = (("true-loop", 120), ("user-unknown", 80))


def print_screen(name: str, width: int, *, colour: bool = False, language: str = "en") -> str:
    """Return what a terminal of a width gets."""
    out = io.StringIO()
    console = Console(
        file=out,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        legacy_windows=False,
    )
    render_terminal(build_document(SAMPLES[name](), language=language), console)
    return out.getvalue()


def hold_golden(request: pytest.FixtureRequest, name: str, printed: str) -> None:
    """Compare with the golden, or write it where that was asked for."""
    path = GOLDENS / name
    if request.config.getoption("--accept", default=False):
        path.write_text(printed, encoding="utf-8")
    assert printed == path.read_text(encoding="utf-8"), "see --accept in conftest.py"


@pytest.mark.parametrize("name", GOLDEN_TEXTS)
def test_text_is_the_golden_one(request: pytest.FixtureRequest, name: str) -> None:
    """The text report, line by line."""
    hold_golden(request, f"{name}.txt", render_text(build_document(SAMPLES[name]())))


@pytest.mark.parametrize("name", GOLDEN_GERMAN)
def test_german_text_is_the_golden_one(request: pytest.FixtureRequest, name: str) -> None:
    """The German report, line by line; read aloud before it was accepted."""
    document = build_document(SAMPLES[name](), language="de")
    hold_golden(request, f"{name}.de.txt", render_text(document))


@pytest.mark.parametrize(("name", "width"), GOLDEN_SCREENS)
def test_screen_is_the_golden_one(request: pytest.FixtureRequest, name: str, width: int) -> None:
    """The terminal report without colours, line by line."""
    printed = "".join(f"{line.rstrip()}\n" for line in print_screen(name, width).splitlines())
    hold_golden(request, f"{name}-{width}.screen", printed)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", SAMPLES)
def test_text_keeps_to_its_width(name: str, language: str) -> None:
    """78 columns in every language; header lines stand as they came."""
    document = build_document(SAMPLES[name](), language=language)
    printed, _, _ = render_text(document).partition(load_wording(language).say("label", "headers"))
    assert max(map(cell_width, printed.splitlines())) <= WIDTH


@pytest.mark.parametrize("language", languages())
def test_failed_hand_over_is_named_in_one_piece(language: str) -> None:
    """A word that is longer than the English "end" is not broken at the head of its line."""
    word = load_wording(language).say("label", "failing")
    assert f"  {word} " in print_screen("different-fates", 80, language=language)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("width", [30, 80, 120, 200])
@pytest.mark.parametrize("name", SAMPLES)
def test_screen_keeps_to_its_width(name: str, width: int, language: str) -> None:
    """Narrow or wide: no line runs over the edge, headers aside."""
    heading = " ".join(load_wording(language).say("label", "headers").split()[:3])
    printed, _, _ = print_screen(name, width, language=language).partition(heading)
    assert max(map(cell_width, printed.splitlines())) <= width


@pytest.mark.parametrize("name", SAMPLES)
def test_text_holds_nothing_that_steers(name: str) -> None:
    """No escape, no bidi control, no NUL from a mail reaches a file or screen."""
    assert not STEERING.search(render_text(build_document(SAMPLES[name]())))


def test_screen_holds_no_foreign_escape() -> None:
    """Without colours no escape at all; with colours only those of rich, and no link."""
    assert not STEERING.search(print_screen("hostile", 100))
    coloured = print_screen("hostile", 100, colour=True)
    assert not STEERING.search(re.sub(r"\x1b\[[0-9;]*m", "", coloured))


def test_markup_in_foreign_text_stays_text() -> None:
    """Rich's own markup and emoji codes are shown, not obeyed."""
    printed = print_screen("hostile", 200)
    assert "[bold red]PAID[/bold red]" in printed
    assert ":boom:" in printed


def test_foreign_line_feed_makes_no_new_section() -> None:
    """A subject with line breaks cannot write a heading of its own."""
    printed = render_text(build_document(SAMPLES["hostile"](), audience="sender"))
    assert printed.splitlines().count("What to do now") == 1


def test_headers_stand_as_they_came() -> None:
    """Part 4 is the header block, line by line; tabs as columns."""
    printed = render_text(build_document(user_unknown()))
    assert printed.endswith(HEADERS.expandtabs())


def test_controls_become_visible() -> None:
    """Nothing vanishes silently: each control character leaves a mark."""
    assert show_controls("a\x1b[2Jb\x7f\x9b\u202e\ud800") == "a␛[2Jb␡\ufffd\ufffd\ufffd"
    assert len(show_controls(ESCAPES)) == len(ESCAPES)
    assert (
        show_controls("Grüße 日本語 \u0645\u0631\u062d\u0628\u0627 👍🏽")
        == "Grüße 日本語 \u0645\u0631\u062d\u0628\u0627 👍🏽"
    )


def test_line_is_folded_and_cut() -> None:
    """White space is one space; too long ends with an ellipsis."""
    assert fold_line(" a \r\n\t b ") == "a b"
    assert fold_line("x" * 1000, 10) == "xxxxxxxxx…"
    assert fold_line(None) == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("info@xn--mller-kva.example", "info@müller.example"),
        ("mx.XN--MLLER-KVA.example", "mx.müller.example"),
        ("neko@xn--cesupi09d.jp", "neko@地域猫.jp"),
        ("xn--@example.net", "xn--@example.net"),
        ("a@xn--99999999999.example", "a@xn--99999999999.example"),
        ("a@not-xn--mller-kva.example", "a@not-xn--mller-kva.example"),
        (
            "a@xn--pypal-4ve.example",
            "a@xn--pypal-4ve.example",
        ),  # a Cyrillic a
        ("Grüße", "Grüße"),
        (None, ""),
    ],
)
def test_international_domains_are_shown_as_their_owners_write_them(
    text: str | None, shown: str
) -> None:
    """A-labels become letters where they decode and mix no scripts that look alike."""
    assert fold_address(text) == shown


@pytest.mark.parametrize("text", ["日本語" * 60, "word " * 60, "w" * 300, "", "e\u0301" * 100])
def test_wrapped_lines_fit_and_lose_nothing(text: str) -> None:
    """Wide characters count two; a long word is cut and none of it lost."""
    lines = wrap(text, 40, first="  - ", rest="    ")
    assert all(cell_width(line) <= 40 for line in lines)
    assert "".join("".join(lines).split()) == "-" + "".join(text.split())

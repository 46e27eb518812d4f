"""The colours of reports: readable on every ground, light, dark, and where they are inverted."""

from collections.abc import Callable, Iterator

import pytest

from retour.rendering.colour import AA, HEX, contrast, flip_lightness, invert, lighten
from retour.rendering.theme import STATES, STYLES, load_theme, palettes


def keep(colour: str) -> str:
    """Return a colour as it is."""
    return colour


def pairs() -> Iterator[tuple[str, str, str]]:
    """Yield every style that shows text, with its ink and each ground it is read on."""
    for name, style in STYLES.items():
        if style.ink and not name.startswith(("stripe", "bar", "panel-edge")):
            for ground in (style.ground,) if style.ground else style.on:
                yield name, style.ink, ground


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("seen", [keep, invert, flip_lightness])
def test_text_can_be_read(scheme: int, seen: Callable[[str], str]) -> None:
    """WCAG AA for every text, as we set it and as forced dark modes show it."""
    palette = palettes()[scheme]
    faint = {
        (name, ground): round(ratio, 2)
        for name, ink, ground in pairs()
        if (ratio := contrast(seen(palette[ink]), seen(palette[ground]))) < AA
    }
    assert faint == {}


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_marks_can_be_seen(scheme: int) -> None:
    """Signs, boxes and ways stand out from the card by 3 to 1 (WCAG 1.4.11)."""
    palette = palettes()[scheme]
    for role in (*STATES, "accent"):
        assert contrast(palette[role], palette["card"]) >= 3, role


def test_contrast_is_that_of_wcag() -> None:
    """Known values: black on white, a colour on itself, and the grey that just passes."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#123456", "#123456") == pytest.approx(1)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_inverted_colours_come_back() -> None:
    """Inverting twice, and flipping the lightness of a pure grey."""
    assert invert(invert("#1d4a7a")) == "#1d4a7a"
    assert flip_lightness("#ffffff") == "#000000"


@pytest.mark.parametrize("accent", ["#000000", "#00007f", "#800000", "#1d4a7a", "#005500"])
def test_operators_colour_can_be_read_on_dark_screens(accent: str) -> None:
    """However dark an accent is, the dark form lightens it until it can be read."""
    dark = palettes(accent)[1]
    assert HEX.fullmatch(dark["accent"])
    assert contrast(dark["accent"], dark["panel"]) >= AA
    assert contrast(lighten(accent, "#000000"), "#000000") >= AA


def test_dark_sheet_covers_every_coloured_style() -> None:
    """A style that kept its light colour on a dark screen would vanish there."""
    sheet = load_theme().sheet
    for name, style in STYLES.items():
        if style.ink or style.ground or style.edge:
            assert f".{name}{{" in sheet


def test_sheet_is_small_enough_for_gmail() -> None:
    """Gmail drops a sheet of more than 8,192 characters."""
    assert len(load_theme().sheet) <= 8192

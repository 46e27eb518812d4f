"""Colours as people see them: contrast after WCAG 2.2, and what forced dark modes do to them."""

import colorsys
import re

HEX = re.compile(r"#[0-9a-fA-F]{6}")
AA = 4.5
"""The contrast that text needs (WCAG 2.2, success criterion 1.4.3)."""

Channels = tuple[float, float, float]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two ``#rrggbb`` colours, from 1 to 21."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def invert(colour: str) -> str:
    """Return the colour that a screen with inverted colours shows."""
    red, green, blue = _split(colour)
    return _join((1 - red, 1 - green, 1 - blue))


def flip_lightness(colour: str) -> str:
    """Return the colour that a mail program's forced dark mode makes: light is dark, hue stays."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_split(colour))
    return _join(colorsys.hls_to_rgb(hue, 1 - lightness, saturation))


def lighten(colour: str, ground: str, ratio: float = AA) -> str:
    """Return a colour, made lighter until it can be read on a dark ground."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_split(colour))
    lighter = colour
    while contrast(lighter, ground) < ratio and lightness < 1:
        lightness = min(lightness + 0.02, 1)
        lighter = _join(colorsys.hls_to_rgb(hue, lightness, saturation))
    return lighter


def _luminance(colour: str) -> float:
    """Return the relative luminance (WCAG 2.2, definitions)."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in _split(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _split(colour: str) -> Channels:
    return tuple(int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))  # type: ignore[return-value]


def _join(channels: Channels) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in channels)

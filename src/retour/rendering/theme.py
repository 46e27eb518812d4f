"""The looks of a HTML report: one table of styles, once for light and once for dark screens.

Mail programs drop style sheets (GMX, WEB.DE) or most of them (Gmail, Outlook for Windows), so every
element carries its style itself; the sheet in the head only adds the dark colours and the narrow
form, and nothing is lost without it. State is never told by colour alone: every mark has a sign and
a word.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from retour.rendering.colour import lighten

ACCENT = "#1d4a7a"
"""Links, headings of parts, every second stripe of the border."""
STRIPE = "#b3261e"
"""The other stripes: the border of a letter by air."""

Palette = Mapping[str, str]

_LIGHT: Palette = {
    "page": "#eceff3",
    "card": "#ffffff",
    "panel": "#f3f6f9",
    "ink": "#1b2530",
    "muted": "#4d5a68",
    "edge": "#cfd7df",
    "passed": "#17603a",
    "passed-ground": "#e7f4ec",
    "stopped": "#99201a",
    "stopped-ground": "#fdeceb",
    "waiting": "#7a4a00",
    "waiting-ground": "#fff3dc",
    "maybe": "#4b3f91",
    "maybe-ground": "#efedfb",
    "ahead": "#4d5a68",
    "ahead-ground": "#f3f6f9",
    "sign": "#ffffff",
    "bar": "#6f8fb3",
}
_DARK: Palette = {
    "page": "#10161d",
    "card": "#1a222b",
    "panel": "#222c37",
    "ink": "#e8edf2",
    "muted": "#adb8c4",
    "edge": "#3a4654",
    "passed": "#a9e6c4",
    "passed-ground": "#173324",
    "stopped": "#ffb3ab",
    "stopped-ground": "#471e1b",
    "waiting": "#ffd894",
    "waiting-ground": "#3b2b0d",
    "maybe": "#c5bdff",
    "maybe-ground": "#2c2752",
    "ahead": "#adb8c4",
    "ahead-ground": "#222c37",
    "sign": "#10161d",
    "bar": "#7f9fc4",
}
STATES = ("passed", "stopped", "waiting", "maybe", "ahead")

SANS = "font-family:'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
SERIF = "font-family:Georgia,'Times New Roman',serif"
_MONO = "font-family:Consolas,Menlo,'DejaVu Sans Mono',monospace"
_RULE = "border-top-width:1px;border-top-style:solid"
_BREAK = "word-break:break-word;overflow-wrap:anywhere"


# On a narrow screen the progress bar runs downwards: a block a station, its state at the edge.
_NARROW = (
    "@media (max-width:600px){"
    ".pad{padding:22px 18px 26px !important}"
    ".station{display:flex !important;width:auto !important;padding:0 0 3px !important}"
    ".track{width:30px !important;flex:none !important}.way{display:none !important}"
    ".stop{padding:4px 12px 14px !important}.stop p{margin:0 !important}"
    ".headline{font-size:24px !important;line-height:30px !important}"
    "}"
)


@dataclass(frozen=True, slots=True)
class Style:
    """One style.

    Attributes:
        css: all but the colours; ``END`` stands for the side where lines end.
        ink: the colour of the text, as a name of the palette.
        ground: the colour behind it; None: that of what is around it.
        edge: the colour of borders, None where there are none.
        on: the grounds that it is read on where it has none itself.
    """

    css: str
    ink: str | None = None
    ground: str | None = None
    edge: str | None = None
    on: tuple[str, ...] = ("card",)


def _text(size: int, rest: str = "", *, family: str = "", line: float = 1.5) -> str:
    # Family and word breaks are inherited from the outermost cell; Outlook gets its own sheet.
    parts = (family, f"font-size:{size}px", f"line-height:{round(size * line)}px", rest)
    return ";".join(filter(None, parts))


def _line(state: str) -> str:
    """Return how the way to a station is drawn: through only where the message went."""
    return "solid" if state == "passed" else "dashed"


STYLES: Mapping[str, Style] = {
    "page": Style("margin:0;padding:0", "ink", "page"),
    "gutter": Style(f"{SANS};{_BREAK};padding:24px 8px", "ink", "page"),
    "card": Style("border-width:1px;border-style:solid;border-top-width:0", "ink", "card", "edge"),
    "card-full": Style("border-width:1px;border-style:solid", "ink", "card", "edge"),
    "gap": Style("font-size:1px;line-height:20px;height:20px"),
    "between": Style(
        "font-size:1px;line-height:1px;padding:32px 0 0;border-bottom-width:1px;"
        "border-bottom-style:solid",
        edge="edge",
    ),
    "station": Style("padding:0"),
    "track": Style(""),
    "way": Style("padding:0 6px"),
    "stop": Style(""),
    "code": Style(_text(14, "margin:0 0 8px", family=_MONO), "ink"),
    "panel-title": Style(_text(15, "margin:0 0 8px;font-weight:bold"), "ink", on=("panel",)),
    "col-name": Style(
        _text(14, f"padding:8px;{_RULE};font-weight:normal"),
        "ink",
        edge="edge",
    ),
    "col-why": Style(_text(14, "padding:0 8px 12px"), "muted"),
    "quote": Style(_text(13, family=_MONO), "ink"),
    "agree": Style(_text(13, "font-weight:bold"), "passed"),
    "small-body": Style(_text(14, "margin:0 0 8px"), "ink"),
    "pad": Style("padding:28px 28px 32px"),
    "letterhead": Style(_text(15, "padding:0 0 20px;font-weight:bold"), "ink"),
    "kicker": Style(_text(15, "margin:0 0 6px;font-weight:bold"), "accent"),
    "headline": Style(
        _text(27, "margin:0 0 12px;font-weight:normal", family=SERIF, line=1.25), "ink"
    ),
    "headline-2": Style(
        _text(21, "margin:0 0 10px;font-weight:normal", family=SERIF, line=1.3), "ink"
    ),
    "who": Style(_text(15, "margin:24px 0 4px;font-weight:bold"), "accent"),
    "lead": Style(_text(16, "margin:0 0 20px"), "ink"),
    "part": Style(_text(22, "margin:0 0 4px;font-weight:normal", family=SERIF, line=1.3), "ink"),
    "section": Style(_text(15, "margin:26px 0 8px;font-weight:bold"), "ink"),
    "cell-title": Style(
        _text(14, "margin:0 0 2px;font-weight:bold"), "muted", on=("card", "panel")
    ),
    "body": Style(_text(15, "margin:0 0 10px"), "ink", on=("card", "panel")),
    "strong": Style(_text(17, "margin:0 0 20px;font-weight:bold"), "ink"),
    "note": Style(_text(15, "padding:14px 18px"), "ink", "panel"),
    "panel": Style("padding:18px 20px 10px", "ink", "panel"),
    "panel-edge": Style("width:6px;font-size:1px;line-height:1px", "ink", "accent"),
    "list": Style(_text(16, "margin:0 24px 0;padding:0"), "ink", on=("card", "panel")),
    "item": Style("margin:0 0 8px;padding:0 4px"),
    "list-small": Style(_text(14, "margin:0 22px 0;padding:0"), "ink"),
    "item-small": Style("margin:0 0 6px;padding:0 4px"),
    "link": Style("text-decoration:underline", "accent", on=("card", "panel")),
    "grid": Style("border-collapse:collapse"),
    "row-head": Style(
        _text(
            14,
            f"padding:7px 0;padding-END:12px;{_RULE};font-weight:normal",
        ),
        "muted",
        edge="edge",
    ),
    "row-cell": Style(_text(14, f"padding:7px 0;{_RULE}"), "ink", edge="edge"),
    "row-mono": Style(
        _text(13, f"padding:7px 0;{_RULE}", family=_MONO),
        "ink",
        edge="edge",
    ),
    "col-head": Style(_text(13, "padding:0 8px 6px;font-weight:bold"), "muted"),
    "col-cell": Style(_text(14, f"padding:8px;{_RULE}"), "ink", edge="edge"),
    "col-stopped": Style(
        _text(14, f"padding:8px;{_RULE}"),
        "ink",
        "stopped-ground",
        "edge",
    ),
    "col-waiting": Style(
        _text(14, f"padding:8px;{_RULE}"),
        "ink",
        "waiting-ground",
        "edge",
    ),
    "small": Style(
        _text(13),
        "muted",
        on=("card", "panel", "stopped-ground", "waiting-ground"),
    ),
    "mono": Style(
        _text(13, family=_MONO), "ink", on=("card", "panel", "stopped-ground", "waiting-ground")
    ),
    "remark": Style(
        _text(13, "font-weight:bold"),
        "stopped",
        on=("card", "stopped-ground", "waiting-ground"),
    ),
    "bar-track": Style("height:6px;font-size:1px;line-height:6px"),
    "bar": Style("height:6px;font-size:1px;line-height:6px;border-radius:3px", "ink", "bar"),
    "headers": Style(
        _text(12, "margin:0;padding:14px 16px;white-space:pre-wrap", family=_MONO), "ink", "panel"
    ),
    "foot": Style(_text(13, "padding:16px 8px 0"), "muted", on=("page",)),
    "stripe-a": Style("height:6px;font-size:1px;line-height:6px", "ink", "accent"),
    "stripe-b": Style("height:6px;font-size:1px;line-height:6px", "ink", "stripe"),
    "stripe-gap": Style("height:6px;font-size:1px;line-height:6px", "ink", "card"),
    "station-label": Style(
        _text(13, "margin:8px 0 0;margin-END:8px;font-weight:bold", line=1.35), "ink"
    ),
    "station-host": Style(_text(12, "margin:2px 0 0;margin-END:8px", line=1.4), "muted"),
    **{
        name: style
        for state in STATES
        for name, style in {
            f"box-{state}": Style(
                "padding:14px 18px;border-width:2px;border-style:solid",
                state,
                f"{state}-ground",
                state,
            ),
            f"box-title-{state}": Style(
                _text(14, "margin:0 0 2px;font-weight:normal"), state, on=(f"{state}-ground",)
            ),
            f"sign-{state}": Style(
                "font-size:16px;line-height:28px;font-weight:bold;"
                "border-radius:14px;border-width:1px;border-style:solid",
                "sign",
                state,
                state,
            ),
            f"word-{state}": Style(
                _text(13, "margin:2px 0 0;margin-END:8px;font-weight:bold", line=1.35),
                state,
                on=("card", f"{state}-ground"),
            ),
            f"said-{state}": Style(
                _text(17, "margin:0;font-weight:bold"), state, on=(f"{state}-ground",)
            ),
            f"way-{state}": Style(
                f"border-top-width:3px;border-top-style:{_line(state)};font-size:1px;line-height:1px",
                edge=state,
            ),
        }.items()
    },
}
"""Every style by its name, which is its class too."""


@dataclass(frozen=True, slots=True)
class Theme:
    """A table of styles in an operator's colours.

    Attributes:
        attributes: by the name of a style what an element with it carries: class and style, and for
            cells with a ground ``bgcolor`` too, for Outlook.
        sheet: what the head carries: dark colours and the narrow form.
    """

    attributes: Mapping[str, str]
    sheet: str


def palettes(accent: str = ACCENT, stripe: str = STRIPE) -> tuple[Palette, Palette]:
    """Return the light and the dark palette for an operator's two colours."""
    dark = {
        "accent": lighten(accent, _DARK["panel"], 7),
        "stripe": lighten(stripe, _DARK["card"], 3),
    }
    return {**_LIGHT, "accent": accent, "stripe": stripe}, {**_DARK, **dark}


@lru_cache(maxsize=16)
def load_theme(accent: str = ACCENT, stripe: str = STRIPE, end: str = "right") -> Theme:
    """Make the table of styles once.

    Args:
        accent: ``#rrggbb``.
        stripe: ``#rrggbb``.
        end: the side where lines end: ``right``, or ``left`` where they run from right to left.
    """
    light, dark = palettes(accent, stripe)
    attributes = {name: _write(name, style, light, end) for name, style in STYLES.items()}
    rules = [
        f".{name}{{{rule}}}" for name, style in STYLES.items() if (rule := _darken(style, dark))
    ]
    return Theme(attributes, f"@media (prefers-color-scheme:dark){{{''.join(rules)}}}{_NARROW}")


def _write(name: str, style: Style, palette: Palette, end: str) -> str:
    """Return the attributes of an element."""
    colours = (f"{what}:{palette[role]}" for what, role in _roles(style))
    css = ";".join(filter(None, (style.css.replace("END", end), *colours)))
    ground = f' bgcolor="{palette[style.ground]}"' if style.ground else ""
    return f' class="{name}" style="{css}"{ground}'


def _darken(style: Style, palette: Palette) -> str:
    """Return the declarations that make a style dark."""
    return ";".join(f"{what}:{palette[role]} !important" for what, role in _roles(style))


def _roles(style: Style) -> list[tuple[str, str]]:
    """Return the colours of a style, as properties and names of the palette."""
    roles = (("color", style.ink), ("background-color", style.ground), ("border-color", style.edge))
    return [(what, role) for what, role in roles if role]

"""One catalogue file to the texts of one language.

The form of a catalogue is described at the top of ``catalogue/en.toml``; why it is TOML stands in
``docs/decisions/texts-in-toml.md``.
"""

import string
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

Fields = Mapping[str, str]
"""What is known, by the name it has in braces. A flag is a name with a question mark and ``""``."""

Shield = Callable[[str], str]
"""Makes what is filled in fit to stand in a sentence."""

_NOTHING: Fields = {}
_RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
"""First strong isolate and its end (Unicode UAX #9): what is between them turns nothing outside."""

_FIRST_RIGHT_TO_LEFT = "\u0590"
"""Where Unicode's first block begins that is written from right to left."""

_PLURALS: dict[str, Callable[[int], int]] = {
    "other": lambda _: 0,  # Chinese, Indonesian, Japanese, Korean, Thai, Vietnamese
    "one-other": lambda n: 0 if n == 1 else 1,  # most languages of Europe
    "zero-one-other": lambda n: 0 if n < 2 else 1,  # French, Hindi, Portuguese of Brazil
    "one-few-other": lambda n: 0 if n == 1 else 1 if 2 <= n <= 4 else 2,  # Czech, Slovak
    "one-few-many": lambda n: 0 if n == 1 else 1 if _ends_in_few(n) else 2,  # Polish
    "ones-few-many": lambda n: (  # Russian, Ukrainian, Croatian, Serbian
        0 if n % 10 == 1 and n % 100 != 11 else 1 if _ends_in_few(n) else 2
    ),
}
"""Which form a whole number takes, counted from 0 (Unicode CLDR, cardinal rules)."""


def _ends_in_few(n: int) -> bool:
    return 2 <= n % 10 <= 4 and not 12 <= n % 100 <= 14


class Wording:
    """The texts of one language, found by keys and filled with facts.

    Attributes:
        language: BCP 47 tag of the texts.
    """

    def __init__(self, tree: Mapping[str, Any], *, isolating: bool = False) -> None:
        """Wrap a catalogue.

        Args:
            tree: what the file holds.
            isolating: put what is filled in between isolates (see `isolate`), for a printer that
                turns these into marks of its own.
        """
        self._tree = tree
        self.language: str = tree["language"]
        self._form = _PLURALS[tree["plural"]]
        self._shield: Shield | None = None
        if isolating:
            self._shield = isolate_once if is_right_to_left(self.language) else isolate_foreign

    def find(self, *keys: str) -> Any:
        """Return what stands at a place: a text, a list, a table; None where there is nothing."""
        place: Any = self._tree
        for key in keys:
            if not isinstance(place, dict):
                return None
            place = place.get(key)
        return place

    def say(self, *keys: str, fields: Fields = _NOTHING) -> str:
        """Return one text, filled; ``""`` where it is absent or names an unknown field."""
        return fill(self.find(*keys), fields, self._shield) or ""

    def list_out(self, *keys: str, fields: Fields = _NOTHING) -> tuple[str, ...]:
        """Return the sentences at a place that can be filled, in order."""
        items = self.find(*keys) or ()
        return tuple(told for item in items if (told := fill(item, fields, self._shield)))

    def forms(self, *keys: str, fields: Fields = _NOTHING) -> dict[str, str]:
        """Return all texts of a table, filled, by their names: the inflected forms of one name."""
        return {form: self.say(*keys, form, fields=fields) for form in self.find(*keys) or ()}

    def count(self, n: int, *keys: str, fields: Fields = _NOTHING) -> str:
        """Return a text that holds a number ``{n}``, in the form that the number takes."""
        forms = self.find(*keys)
        text = forms[self._form(n)] if isinstance(forms, list) else forms
        return fill(text, {**fields, "n": str(n)}, self._shield) or ""


def is_right_to_left(language: str) -> bool:
    """Tell whether a language is written from right to left."""
    return language.partition("-")[0].lower() in _RIGHT_TO_LEFT


def isolate(value: str) -> str:
    """Put a value between isolates; `fold_line` keeps foreign ones out of values."""
    return f"{ISOLATE}{value}{POP_ISOLATE}"


def isolate_once(value: str) -> str:
    """Isolate a value in which nothing is isolated yet, as a name in a heading may be."""
    return value if ISOLATE in value else isolate(value)


def isolate_foreign(value: str) -> str:
    """Isolate a value that could turn a sentence that runs from left to right."""
    return isolate_once(value) if max(value) >= _FIRST_RIGHT_TO_LEFT else value


def fill(item: Any, fields: Fields, shield: Shield | None = None) -> str | None:
    """Fill a text, or the first of several variants that can be filled.

    Args:
        item: a text or a list of texts from the catalogue; anything else counts as absent.
        fields: what is known. Their values are never read as templates.
        shield: what makes a value fit to stand in the sentence.

    Returns:
        None where no variant can be filled.
    """
    if isinstance(item, list):
        return next(
            (filled for text in item if (filled := fill(text, fields, shield)) is not None), None
        )
    if not isinstance(item, str):
        return None
    if "{" not in item and "}" not in item:
        return item
    parts: list[str] = []
    for literal, name in split(item):
        parts.append(literal)
        if name is not None:
            value = fields.get(name)
            if value is None:
                return None
            parts.append(shield(value) if shield and value else value)
    return "".join(parts)


@lru_cache(maxsize=4096)
def split(text: str) -> tuple[tuple[str, str | None], ...]:
    """Split a template into pairs of literal text and the name behind it.

    Raises:
        ValueError: a brace without its partner, which is a fault of the catalogue.
    """
    return tuple((literal, name) for literal, name, _, _ in string.Formatter().parse(text))

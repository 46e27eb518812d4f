"""One catalogue file to the texts of one language.

The form of a catalogue is described at the top of ``catalogue/en.toml``; why it is TOML stands in
``docs/decisions/texts-in-toml.md``.
"""

import json
import string
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from retour.knowledge.cache import cache_file, fingerprint, read_cache, write_cache

# Beside this file, also in a wheel.
CATALOGUE = Path(__file__).with_name("catalogue")
FALLBACK = "en"
_FORM = "catalogue 1"
_LINES = 2  # the key, the tree

Fields = Mapping[str, str]
"""What is known, by the name it has in braces. A flag is a name with a question mark and ``""``."""

_NOTHING: Fields = {}
_PLURALS: dict[str, Callable[[int], int]] = {
    "one-other": lambda n: 0 if n == 1 else 1,
    "zero-one-other": lambda n: 0 if n < 2 else 1,
}
"""Which form a number takes: ``one-other`` as in English, ``zero-one-other`` as in French."""


class Wording:
    """The texts of one language, found by keys and filled with facts.

    Attributes:
        language: BCP 47 tag of the texts.
    """

    def __init__(self, tree: Mapping[str, Any]) -> None:
        self._tree = tree
        self.language: str = tree["language"]
        self._form = _PLURALS[tree["plural"]]

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
        return fill(self.find(*keys), fields) or ""

    def list_out(self, *keys: str, fields: Fields = _NOTHING) -> tuple[str, ...]:
        """Return the sentences at a place that can be filled, in order."""
        return tuple(filled for item in self.find(*keys) or () if (filled := fill(item, fields)))

    def count(self, n: int, *keys: str) -> str:
        """Return a text that holds a number ``{n}``, in the form that the number takes."""
        forms = self.find(*keys)
        text = forms[self._form(n)] if isinstance(forms, list) else forms
        return fill(text, {"n": str(n)}) or ""


def fill(item: Any, fields: Fields) -> str | None:
    """Fill a text, or the first of several variants that can be filled.

    Args:
        item: a text or a list of texts from the catalogue; anything else counts as absent.
        fields: what is known. Their values are never read as templates.

    Returns:
        None where no variant can be filled.
    """
    if isinstance(item, list):
        return next((filled for text in item if (filled := fill(text, fields)) is not None), None)
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
            parts.append(value)
    return "".join(parts)


@lru_cache(maxsize=4096)
def split(text: str) -> tuple[tuple[str, str | None], ...]:
    """Split a template into pairs of literal text and the name behind it.

    Raises:
        ValueError: a brace without its partner, which is a fault of the catalogue.
    """
    return tuple((literal, name) for literal, name, _, _ in string.Formatter().parse(text))


def languages() -> tuple[str, ...]:
    """Return the languages that have a catalogue."""
    return tuple(sorted(path.stem for path in CATALOGUE.glob("*.toml")))


@lru_cache(maxsize=32)
def load_wording(language: str) -> Wording:
    """Return the texts of a language: of the exact tag, else of its first part, else English.

    Args:
        language: BCP 47 tag, for example ``de-AT``.
    """
    known = {name.lower(): name for name in languages()}
    tag = language.replace("_", "-").lower()
    name = known.get(tag) or known.get(tag.partition("-")[0]) or FALLBACK
    return Wording(read_catalogue(CATALOGUE / f"{name}.toml"))


def read_catalogue(path: Path) -> Any:
    """Return a catalogue's tree, from the user's cache where it is kept: parsing TOML is slow.

    Args:
        path: a catalogue file.

    Raises:
        OSError: there is no such file; also tomllib.TOMLDecodeError, where it is no TOML.
    """
    cache = cache_file(f"texts-{path.stem}", path)
    key = json.dumps(fingerprint([path], _FORM)).encode()
    kept = read_cache(cache) if cache else None
    if kept is not None and len(kept) == _LINES and kept[0] == key:
        try:
            return json.loads(kept[1])
        except ValueError:
            pass  # Cut short or foreign: read the source as if there were no cache.
    # Only needed where the cache does not serve: importing costs start time too.
    import tomllib  # noqa: PLC0415

    tree = tomllib.loads(path.read_text(encoding="utf-8"))
    if cache:
        write_cache(cache, [key, json.dumps(tree).encode()])
    return tree

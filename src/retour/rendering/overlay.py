"""An operator's own texts: a folder of catalogues that replace single texts of ours.

A catalogue there is called as ours (``de.toml``) and holds only what differs. It is checked against
ours when it is loaded, so that a text that nobody would ever see is a fault with a name.
"""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from retour.rendering.wording import split

_FIXED = ("language", "plural")
_LISTS = (".happened", ".steps", ".checks")
"""Sentences one after the other; elsewhere a list holds variants of one text."""
_BY_POSITION = ("dates.", "units.", "names.", "fate.")
"""Months, and the forms that a number takes."""


class CatalogueError(ValueError):
    """An operator's catalogue that is wrong; the text names file and key in one sentence."""


def lay_over(tree: Mapping[str, Any], file: Path) -> dict[str, Any]:
    """Return a catalogue in which the texts of a file stand in the place of ours.

    Args:
        tree: our catalogue; it is left as it is.
        file: the operator's.

    Raises:
        CatalogueError: the file cannot be read or says something that no text of ours says.
    """
    try:
        overlay = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CatalogueError(f"{file}: cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise CatalogueError(f"{file}: is not UTF-8 text.") from None
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"{file}: is not TOML: {error}.") from None
    for key in overlay:
        known = set(_list_fields(tree.get(key)))
        _check(overlay[key], tree.get(key), known, f"{file}: {key}")
    return _merge(tree, overlay)


def _check(ours: Any, theirs: Any, known: set[str], place: str) -> None:
    """Hold one place of an overlay against the same place of our catalogue."""
    key = place.rpartition(" ")[2]
    if theirs is None or key in _FIXED:
        raise CatalogueError(f"{place}: is no text that can be replaced.")
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name, inner in ours.items():
            _check(inner, theirs.get(name), known, f"{place}.{name}")
        return
    if isinstance(theirs, dict) or not _is_text(ours) or not _is_listed(ours, theirs, key):
        raise CatalogueError(f"{place}: is not of the form that stands in our catalogue.")
    try:
        unknown = sorted(set(_list_fields(ours)) - known)
    except ValueError:
        raise CatalogueError(f"{place}: has a brace without its partner.") from None
    if unknown:
        raise CatalogueError(f"{place}: names a fact that is not known here: {unknown[0]}.")


def _is_text(item: Any) -> bool:
    """Tell whether something is a text, or a list of such (of variants, too)."""
    return all(map(_is_text, item)) if isinstance(item, list) else isinstance(item, str)


def _is_listed(ours: Any, theirs: Any, key: str) -> bool:
    """Tell whether a list stands where one is read; one read by position has all its places."""
    if isinstance(theirs, list) and key.startswith(_BY_POSITION):
        return isinstance(ours, list) and len(ours) == len(theirs)
    return isinstance(ours, list) or isinstance(theirs, str) or not key.endswith(_LISTS)


def _list_fields(item: Any) -> Iterator[str]:
    """Yield the names in braces of every text below a place."""
    if isinstance(item, str):
        yield from (name for _, name in split(item) if name is not None)
    elif isinstance(item, dict | list):
        for inner in item.values() if isinstance(item, dict) else item:
            yield from _list_fields(inner)


def _merge(tree: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(tree)
    for key, value in overlay.items():
        merged[key] = _merge(tree[key], value) if isinstance(value, dict) else value
    return merged

"""The catalogue files, ours and an operator's, to the texts of one language.

The form of a catalogue is described at the top of ``catalogue/en.toml``; why it is TOML stands in
``docs/decisions/texts-in-toml.md``.
"""

import json
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from retour.knowledge.cache import cache_file, fingerprint, read_cache, write_cache
from retour.rendering.wording import Wording

# Beside this file, also in a wheel.
CATALOGUE = Path(__file__).with_name("catalogue")
FALLBACK = "en"
_FORM = "catalogue 1"
_LINES = 2  # the key, the tree


def languages() -> tuple[str, ...]:
    """Return the languages that have a catalogue."""
    return _list_catalogues(CATALOGUE)


@cache
def _list_catalogues(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in folder.glob("*.toml")))


@lru_cache(maxsize=32)
def load_wording(language: str, *, texts: Path | None = None, isolating: bool = False) -> Wording:
    """Return the texts of a language: of the tag, else of its first parts, else English.

    Args:
        language: BCP 47 tag, for example ``de-AT``.
        texts: a folder of catalogues in which an operator replaces single texts.
        isolating: see `Wording`.

    Raises:
        CatalogueError: an operator's catalogue is wrong.
    """
    name = find_catalogue(language) or FALLBACK
    tree = read_catalogue(CATALOGUE / f"{name}.toml")
    if texts and (overlay := texts / f"{name}.toml").is_file():
        from retour.rendering.overlay import lay_over  # noqa: PLC0415 - few operators have any

        tree = lay_over(tree, overlay)
    return Wording(tree, isolating=isolating)


def find_catalogue(language: str) -> str | None:
    """Return the name of the catalogue for a tag, None where there is none.

    Args:
        language: BCP 47; parts are dropped from its end until there is one (RFC 4647 §3.4).
    """
    known = {name.lower(): name for name in languages()}
    tag = language.replace("_", "-").lower()
    while tag and tag not in known:
        tag = tag.rpartition("-")[0]
    return known.get(tag)


def read_catalogue(path: Path) -> Any:
    """Return a catalogue's tree, from the user's cache where it is kept: parsing TOML is slow.

    Args:
        path: a catalogue file.

    Raises:
        OSError: there is no such file; also tomllib.TOMLDecodeError, where it is no TOML.
    """
    place = cache_file(f"texts-{path.stem}", path)
    key = json.dumps(fingerprint([path], _FORM)).encode()
    kept = read_cache(place) if place else None
    if kept is not None and len(kept) == _LINES and kept[0] == key:
        try:
            return json.loads(kept[1])
        except ValueError:
            pass  # Cut short or foreign: read the source as if there were no cache.
    # Only needed where the cache does not serve: importing costs start time too.
    import tomllib  # noqa: PLC0415

    tree = tomllib.loads(path.read_text(encoding="utf-8"))
    if place:
        write_cache(place, [key, json.dumps(tree).encode()])
    return tree


def check_texts(folder: Path) -> None:
    """Check every catalogue of a folder.

    Raises:
        CatalogueError: the folder holds none, or one that is wrong.
    """
    import tomllib  # noqa: PLC0415

    from retour.rendering.overlay import CatalogueError, lay_over  # noqa: PLC0415

    try:
        files = sorted(folder.glob("*.toml"))
    except OSError as error:
        raise CatalogueError(f"{folder}: cannot be read: {error.strerror}.") from None
    if not files:
        raise CatalogueError(f"{folder}: holds no catalogue, such as en.toml.")
    for file in files:
        if file.stem not in languages():
            known = ", ".join(f"{name}.toml" for name in languages())
            raise CatalogueError(f"{file}: there is no such language; there are {known}.")
        with (CATALOGUE / file.name).open("rb") as ours:
            lay_over(tomllib.load(ours), file)

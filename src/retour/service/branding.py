"""The table ``[report]`` of the settings: an operator's marks and texts, checked when loaded."""

from pathlib import Path
from typing import Any

from retour.rendering.catalogues import check_texts
from retour.rendering.colour import AA, HEX, contrast
from retour.rendering.letterhead import Letterhead, measure
from retour.rendering.overlay import CatalogueError
from retour.rendering.theme import ACCENT, STRIPE, palettes
from retour.service.complaint import SettingsError, join

_KEYS = ("name", "contact", "logo", "accent", "stripe", "texts")
_LINE_MAX = 300
_LOGO_MAX = 200_000
"""Bytes: the logo travels with every report."""


def read_report(table: Any, file: Path) -> tuple[Letterhead, Path | None]:
    """Read the table.

    Args:
        table: what the settings hold under ``report``.
        file: the settings file; paths in the table are relative to it.

    Returns:
        The letterhead, and the folder of the operator's catalogues.

    Raises:
        SettingsError: something in it is wrong; one sentence with file and key.
    """
    if not isinstance(table, dict):
        raise SettingsError(f"{file}: report: must be a table.")
    for key, value in table.items():
        if key not in _KEYS:
            raise SettingsError(f"{file}: report.{key}: is no setting; there are {join(_KEYS)}.")
        if not isinstance(value, str) or not 0 < len(value) <= _LINE_MAX:
            raise SettingsError(f"{file}: report.{key}: must be a text of at most {_LINE_MAX}.")
    letterhead = Letterhead(
        name=table.get("name", ""),
        contact=table.get("contact", ""),
        logo=_read_logo(table, file),
        accent=_read_colour(table, "accent", ACCENT, file),
        stripe=_read_colour(table, "stripe", STRIPE, file),
    )
    light, _ = palettes(letterhead.accent)
    if contrast(letterhead.accent, light["panel"]) < AA:
        raise SettingsError(
            f"{file}: report.accent: {letterhead.accent} is too light to be read on white."
        )
    return letterhead, _find_texts(table, file)


def _read_colour(table: dict[str, str], key: str, default: str, file: Path) -> str:
    colour = table.get(key, default)
    if not HEX.fullmatch(colour):
        raise SettingsError(f"{file}: report.{key}: must be a colour such as #1d4a7a.")
    return colour.lower()


def _read_logo(table: dict[str, str], file: Path) -> bytes:
    if "logo" not in table:
        return b""
    if "name" not in table:
        raise SettingsError(f"{file}: report.name: must be there for those who see no logo.")
    picture = file.parent / table["logo"]
    try:
        logo = picture.read_bytes()
        width, height = measure(logo)
    except OSError as error:
        raise SettingsError(
            f"{file}: report.logo: {picture} cannot be read: {error.strerror}."
        ) from None
    except ValueError:
        raise SettingsError(f"{file}: report.logo: {picture} is no PNG picture.") from None
    if len(logo) > _LOGO_MAX or not width or not height:
        raise SettingsError(
            f"{file}: report.logo: {picture} must have at most {_LOGO_MAX} bytes, and a size."
        )
    return logo


def _find_texts(table: dict[str, str], file: Path) -> Path | None:
    if "texts" not in table:
        return None
    folder = file.parent / table["texts"]
    if not folder.is_dir():
        raise SettingsError(f"{file}: report.texts: {folder} is no folder.")
    try:
        check_texts(folder)
    except CatalogueError as error:
        raise SettingsError(f"{file}: report.texts: {error}") from None
    return folder

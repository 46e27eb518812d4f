"""Settings from one TOML file, checked; the only place that reads configuration.

The file is ``--config``, else ``RETOUR_CONFIG``, else ``~/.config/retour/retour.toml``, else
``/etc/retour/retour.toml``. Files are not merged: the first one found is all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from retour.model.document import Audience

Format = Literal["terminal", "text", "json"]
"""How results are printed."""

FORMATS: tuple[Format, ...] = get_args(Format)

# The values of `Audience`, said again (a test compares): the module of that type costs start-up
# time, and JSON needs none of it.
AUDIENCES: tuple["Audience", ...] = ("sender", "admin", "all")

SYSTEM_FILE = Path("/etc/retour/retour.toml")


@dataclass(frozen=True, slots=True)
class Settings:
    """What may be set.

    Attributes:
        format: how results are printed; None: ``terminal`` on a terminal, else ``text``.
        audience: whose parts of a report are printed.
    """

    format: Format | None = None
    audience: "Audience" = "all"


_CHOICES: Mapping[str, tuple[str, ...]] = {
    "format": FORMATS,
    "audience": AUDIENCES,
}


class SettingsError(ValueError):
    """A settings file that is missing or wrong; the text names file and key in one sentence."""


def load_settings(path: str | None, environ: Mapping[str, str]) -> Settings:
    """Load the settings.

    Args:
        path: the file that was asked for (``--config``), or None.
        environ: the environment's variables.

    Returns:
        The settings; the defaults where no file was asked for and none is there.

    Raises:
        SettingsError: the file cannot be read, is no TOML, or says something unknown.
    """
    asked_for = path or environ.get("RETOUR_CONFIG")
    if asked_for:
        return _read(Path(asked_for).expanduser())
    for candidate in _list_places(environ):
        try:
            there = candidate.is_file()
        except OSError:  # not even to be looked at: as good as not there
            continue
        if there:
            return _read(candidate)
    return Settings()


def _list_places(environ: Mapping[str, str]) -> list[Path]:
    """List where a file is looked for that nobody named."""
    home = environ.get("HOME")
    own = [Path(home) / ".config" / "retour" / "retour.toml"] if home else []
    return [*own, SYSTEM_FILE]


def _read(file: Path) -> Settings:
    """Read and check one file."""
    import tomllib  # noqa: PLC0415 - most runs have no file, and start-up is short

    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{file}: is not UTF-8 text.") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}: is not TOML: {error}.") from None
    for key, value in values.items():
        choices = _CHOICES.get(key)
        if choices is None:
            raise SettingsError(f"{file}: {key}: is no setting; there are {_join(_CHOICES)}.")
        if value not in choices:
            raise SettingsError(f"{file}: {key}: must be {_join(choices, 'or')}, not {value!r}.")
    return Settings(**values)


def _join(words: "tuple[str, ...] | Mapping[str, object]", last: str = "and") -> str:
    """Join words as in a sentence."""
    *first, end = words
    return f"{', '.join(first)} {last} {end}" if first else end

"""Settings from one TOML file, checked; the only place that reads configuration.

The file is ``--config``, else ``RETOUR_CONFIG``, else ``~/.config/retour/retour.toml``, else
``/etc/retour/retour.toml``. Files are not merged: the first one found is all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
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

DEFAULT_STORE = ".local/share/retour/trail.sqlite3"
"""The trail's place below the home where nobody names another one."""
SYSTEM_FILE = Path("/etc/retour/retour.toml")


@dataclass(frozen=True, slots=True)
class TrailSettings:
    """What may be set of the trail, in the table ``[trail]``.

    Attributes:
        store: a path or a database's URL; None: `DEFAULT_STORE` in the home.
        summaries_days: how long copies, hand-overs and reports are kept.
        headers_days: how long header blocks of stored mails are kept.
        bodies_days: how long their bodies are kept; 0: they are not kept at all.
        subjects: whether subjects are kept.
    """

    store: str | None = None
    summaries_days: int = 90
    headers_days: int = 30
    bodies_days: int = 0
    subjects: bool = True


@dataclass(frozen=True, slots=True)
class Settings:
    """What may be set.

    Attributes:
        format: how results are printed; None: ``terminal`` on a terminal, else ``text``.
        audience: whose parts of a report are printed.
        trail: of the trail.
    """

    format: Format | None = None
    audience: "Audience" = "all"
    trail: TrailSettings = field(default_factory=TrailSettings)


_CHOICES: Mapping[str, tuple[str, ...]] = {
    "format": FORMATS,
    "audience": AUDIENCES,
}


_SETTABLE = "format, audience and the table trail"
_DAYS = (int, "a number of days, 0 or more")
_TRAIL: Mapping[str, tuple[type, str]] = {
    "store": (str, "a path or a URL"),
    "summaries_days": _DAYS,
    "headers_days": _DAYS,
    "bodies_days": _DAYS,
    "subjects": (bool, "true or false"),
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
    trail = values.pop("trail", {})
    for key, value in values.items():
        choices = _CHOICES.get(key)
        if choices is None:
            raise SettingsError(f"{file}: {key}: is no setting; there are {_SETTABLE}.")
        if value not in choices:
            raise SettingsError(f"{file}: {key}: must be {_join(choices, 'or')}, not {value!r}.")
    return Settings(**values, trail=_read_trail(file, trail))


def _read_trail(file: Path, values: object) -> TrailSettings:
    """Check the table of the trail."""
    if not isinstance(values, dict):
        raise SettingsError(f"{file}: trail: must be a table.")
    for key, value in values.items():
        wanted = _TRAIL.get(key)
        if wanted is None:
            raise SettingsError(f"{file}: trail.{key}: is no setting; there are {_join(_TRAIL)}.")
        kind, words = wanted
        if type(value) is not kind or (isinstance(value, int) and value < 0):
            raise SettingsError(f"{file}: trail.{key}: must be {words}, not {value!r}.")
    return TrailSettings(**values)


def choose_store(option: str | None, environ: Mapping[str, str], settings: Settings) -> str:
    """Choose the trail's place: the option, ``RETOUR_STORE``, the settings, the home."""
    named = option or environ.get("RETOUR_STORE") or settings.trail.store
    if named:
        return named
    home = environ.get("HOME")
    if not home:
        raise SettingsError("no trail is named, and there is no home to look for one; use --store.")
    return str(Path(home) / DEFAULT_STORE)


def _join(words: "tuple[str, ...] | Mapping[str, object]", last: str = "and") -> str:
    """Join words as in a sentence."""
    *first, end = words
    return f"{', '.join(first)} {last} {end}" if first else end

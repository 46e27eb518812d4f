"""Settings from one TOML file, checked; the only place that reads configuration.

The file is ``--config``, else ``RETOUR_CONFIG``, else ``~/.config/retour/retour.toml``, else
``/etc/retour/retour.toml``. Files are not merged: the first one found is all.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from retour.service.complaint import SettingsError, join

if TYPE_CHECKING:
    from retour.model.document import Audience, Scope
    from retour.rendering.letterhead import Letterhead
    from retour.service.milter import MilterSettings
    from retour.service.serving import WebSettings

Format = Literal["terminal", "text", "html", "eml", "json"]
"""How results are printed."""

FORMATS: tuple[Format, ...] = get_args(Format)

# The values of `Audience` and `Scope`, said again (a test compares): the module of those types
# costs start-up time, and JSON needs none of it.
AUDIENCES: tuple["Audience", ...] = ("sender", "admin", "all")
SCOPES: tuple["Scope", ...] = ("internal", "external")

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
        domains: whose mail all goes out over the trail's systems; none: inferred from it.
    """

    store: str | None = None
    summaries_days: int = 90
    headers_days: int = 30
    bodies_days: int = 0
    subjects: bool = True
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """What may be set.

    Attributes:
        format: how results are printed; None: ``terminal`` on a terminal, else ``text``.
        language: BCP 47, or ``auto``: that of the original, else of the notice, else English.
        audience: whose parts of a report are printed.
        scope: whether the reader stands in the organisation that runs Retour.
        letterhead: an operator's name, contact, logo and colours; None: none.
        texts: a folder of catalogues in which an operator replaces texts; None: none.
        trail: of the trail.
        milter: the table ``[milter]``; None: the file has none.
        web: of the pages and the API; None: nothing is set.
    """

    format: Format | None = None
    language: str = "auto"
    audience: "Audience" = "all"
    scope: "Scope" = "internal"
    letterhead: "Letterhead | None" = None
    texts: Path | None = None
    trail: TrailSettings = field(default_factory=TrailSettings)
    milter: "MilterSettings | None" = None
    web: "WebSettings | None" = None

    @property
    def pages(self) -> str:
        """The address that links of reports lead to; empty where nobody could safely follow it."""
        address = self.web.base_url if self.web else ""
        return address if address.startswith("https://") else ""

    def override(self, **options: Any) -> "Settings":
        """Return the settings with options in their place; an option that is None says nothing."""
        return replace(self, **{key: value for key, value in options.items() if value is not None})


_CHOICES: Mapping[str, tuple[str, ...]] = {
    "format": FORMATS,
    "audience": AUDIENCES,
    "scope": SCOPES,
}
_KEYS = ("format", "language", "audience", "scope", "report", "trail", "milter", "web")


_DOMAIN = re.compile(r"[^\s@.]+(?:\.[^\s@.]+)+")
_DAYS = (int, "a number of days, 0 or more")
_TRAIL: Mapping[str, tuple[type, str]] = {
    "store": (str, "a path or a URL"),
    "summaries_days": _DAYS,
    "headers_days": _DAYS,
    "bodies_days": _DAYS,
    "subjects": (bool, "true or false"),
}


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
    try:
        return _check(values, file)
    except SettingsError as error:
        raise SettingsError(_add_line(str(error), file)) from None


def _check(values: dict[str, Any], file: Path) -> Settings:
    """Check what a file says."""
    names = ("report", "trail", "milter", "web")
    tables: dict[str, Any] = {name: values.pop(name) for name in names if name in values}
    for key, value in values.items():
        if key not in _KEYS:
            raise SettingsError(f"{file}: {key}: is no setting; there are {join(_KEYS)}.")
        choices = _CHOICES.get(key) or _list_languages(value)
        if value not in choices:
            raise SettingsError(f"{file}: {key}: must be {join(choices, 'or')}, not {value!r}.")
    return _read_tables(Settings(**values), tables, file)


def _add_line(said: str, file: Path) -> str:
    """Add to a sentence about a key the line in which the key stands."""
    rest = said.removeprefix(f"{file}: ")
    wanted = rest.partition(": ")[0]
    table = ""
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        # In TOML a key may name its tables itself, and may stand in quotes.
        text = line.strip().replace('"', "").replace("'", "")
        if text.startswith("["):
            name = table = text.strip("[]").partition("]")[0].strip()
        else:
            name = ".".join(filter(None, (table, text.partition("=")[0].strip())))
        if name == wanted:
            return f"{file}: line {number}: {rest}"
    return said


def _read_tables(settings: Settings, tables: Mapping[str, Any], file: Path) -> Settings:
    """Read the tables; few files have any, and their modules cost start-up time."""
    if "report" in tables:
        from retour.service.branding import read_report  # noqa: PLC0415

        letterhead, texts = read_report(tables["report"], file)
        settings = replace(settings, letterhead=letterhead, texts=texts)
    if "trail" in tables:
        settings = replace(settings, trail=_read_trail(file, tables["trail"]))
    if "milter" in tables:
        from retour.service.milter import read_milter  # noqa: PLC0415

        settings = replace(settings, milter=read_milter(tables["milter"], file))
    if "web" in tables:
        from retour.service.serving import read_web  # noqa: PLC0415

        settings = replace(settings, web=read_web(tables["web"], file))
    return settings


def _read_trail(file: Path, values: object) -> TrailSettings:
    """Check the table of the trail."""
    if not isinstance(values, dict):
        raise SettingsError(f"{file}: trail: must be a table.")
    domains = _read_domains(file, values.pop("domains", []))
    for key, value in values.items():
        wanted = _TRAIL.get(key)
        if wanted is None:
            raise SettingsError(
                f"{file}: trail.{key}: is no setting; there are {join((*_TRAIL, 'domains'))}."
            )
        kind, words = wanted
        if type(value) is not kind or (isinstance(value, int) and value < 0):
            raise SettingsError(f"{file}: trail.{key}: must be {words}, not {value!r}.")
    return TrailSettings(**values, domains=domains)


def _read_domains(file: Path, value: object) -> tuple[str, ...]:
    """Check the list of domains."""
    names: list[str] = []
    for name in value if isinstance(value, list) else [value]:
        if not isinstance(name, str) or not _DOMAIN.fullmatch(name):
            raise SettingsError(
                f"{file}: trail.domains: must be a list of domains, as ['example.com'], "
                f"not {name!r}."
            )
        names.append(name.lower())
    return tuple(names)


def find_store(option: str | None, environ: Mapping[str, str], settings: Settings) -> str | None:
    """Find the trail that somebody named: the option, ``RETOUR_STORE``, the settings."""
    return option or environ.get("RETOUR_STORE") or settings.trail.store


def choose_store(option: str | None, environ: Mapping[str, str], settings: Settings) -> str:
    """Choose the trail's place: the option, ``RETOUR_STORE``, the settings, the home."""
    named = find_store(option, environ, settings)
    if named:
        return named
    home = environ.get("HOME")
    if not home:
        raise SettingsError("no trail is named, and there is no home to look for one; use --store.")
    return str(Path(home) / DEFAULT_STORE)


def _list_languages(value: object) -> tuple[str, ...]:
    """List what a language may be; a tag with a region is the same as its language."""
    from retour.rendering.catalogues import find_catalogue, languages  # noqa: PLC0415 - rarely set

    known = ("auto", *languages())
    return (*known, value) if isinstance(value, str) and find_catalogue(value) else known

"""The table ``[milter]`` of the settings, checked when loaded."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from retour.service.complaint import SettingsError, join


class Place(NamedTuple):
    """Where a socket is.

    Attributes:
        path: of a Unix socket; empty: TCP.
        host: an IP address or a name.
        port: of TCP.
    """

    path: str = ""
    host: str = ""
    port: int = 0

    def __str__(self) -> str:
        """Return the place as settings and Postfix write it."""
        return f"unix:{self.path}" if self.path else f"inet:{self.host}:{self.port}"


DEFAULT_PLACE = Place("/var/spool/postfix/retour/milter.sock")
"""In Postfix's queue directory, which a chrooted smtpd sees as its root."""


@dataclass(frozen=True, slots=True)
class MilterSettings:
    """What may be set for ``retour milter``; docs/howto/postfix.md shows it in use.

    Attributes:
        socket: where the mail server finds us.
        socket_mode: rights of a Unix socket.
        socket_group: its group; empty: that of the process.
        workers: processes.
        domains: the organisation's own; ``.example.com`` for all below it.
        never_to: patterns of addresses whose reports stay as they are.
        size_max_bytes: larger messages stay as they are.
        rewrite_signed: whether reports with a DKIM signature are rewritten.
        unverified: what becomes of a report from outside that nobody can verify: ``pass`` or
            ``banner``.
        batv_keys: keys of signed return paths.
        languages: language by address, domain or ``.domain``.
        language_header: the field that names a language.
        record: whether all messages are written into the trail, where one is named.
        repeat_window_s: how long a Message-ID is remembered for each recipient; the body of what
            comes again is read, so that copies can be compared.
        decision_timeout_s: after that a message passes unchanged.
        idle_timeout_s: after that a silent connection is closed.
        stop_timeout_s: how long messages in work may take when the daemon stops.
        connections_max: of one worker; further ones are closed at once.
        memory_max_mb: what one worker keeps of messages at most.
        metrics: where Prometheus metrics and health are served; None: nowhere.
    """

    socket: Place = DEFAULT_PLACE
    socket_mode: int = 0o660
    socket_group: str = ""
    workers: int = 2
    domains: tuple[str, ...] = ()
    never_to: tuple[str, ...] = ()
    size_max_bytes: int = 2_000_000
    rewrite_signed: bool = False
    unverified: str = "pass"
    batv_keys: tuple[str, ...] = ()
    languages: Mapping[str, str] = field(default_factory=dict)
    language_header: str = ""
    record: bool = True
    repeat_window_s: int = 86_400
    decision_timeout_s: int = 10
    idle_timeout_s: int = 7_200
    stop_timeout_s: int = 20
    connections_max: int = 4_000
    memory_max_mb: int = 256
    metrics: Place | None = None


class _WrongError(ValueError):
    """What a value must be, as the end of a sentence."""


def read_milter(table: Any, file: Path) -> MilterSettings:
    """Read the table.

    Args:
        table: what the settings hold under ``milter``.
        file: the settings file, for the error.

    Raises:
        SettingsError: something in it is wrong; one sentence with file and key.
    """
    if not isinstance(table, dict):
        raise SettingsError(f"{file}: milter: must be a table.")
    values: dict[str, Any] = {}
    for key, value in table.items():
        read = _READERS.get(key)
        if read is None:
            known = join(tuple(_READERS))
            raise SettingsError(f"{file}: milter.{key}: is no setting; there are {known}.")
        try:
            values[key] = read(value)
        except _WrongError as error:
            raise SettingsError(f"{file}: milter.{key}: must be {error}.") from None
    return MilterSettings(**values)


def read_place(value: Any) -> Place:
    """Read ``unix:/path`` or ``inet:host:port``.

    Raises:
        ValueError: it is neither; the end of a sentence that begins with "must be".
    """
    if isinstance(value, str):
        # A Unix socket's path has 108 octets (sun_path), its end included.
        if found := re.fullmatch(r"unix:(/[^\0]{1,106})", value):
            return Place(found[1])
        found = re.fullmatch(r"inet6?:(?:\[([0-9A-Fa-f:.]+)\]|([\w.-]+)):([0-9]{1,5})", value)
        if found and 0 < int(found[3]) < 65_536:
            return Place("", found[1] or found[2], int(found[3]))
    raise _WrongError(f"'unix:/path' or 'inet:host:port', not {value!r}")


def _read_metrics(value: Any) -> Place | None:
    if value == "":
        return None
    place = read_place(value)
    if place.path:
        raise _WrongError(f"'inet:host:port', not {value!r}")
    return place


def _number(least: int, most: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if type(value) is not int or not least <= value <= most:
            raise _WrongError(f"a whole number from {least:,} to {most:,}, not {value!r}")
        return value

    return read


def _read_mode(value: Any) -> int:
    if not isinstance(value, str) or not re.fullmatch(r"0?[0-7]{3}", value):
        raise _WrongError(f"rights such as '0660', not {value!r}")
    return int(value, 8)


def _read_flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _WrongError(f"true or false, not {value!r}")
    return value


def _texts(form: str, what: str) -> Callable[[Any], tuple[str, ...]]:
    def read(value: Any) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise _WrongError(f"a list of {what}, not {value!r}")
        for text in value:
            if not isinstance(text, str) or not re.fullmatch(form, text):
                raise _WrongError(f"a list of {what}; {text!r} is none")
        return tuple(value)

    return read


def _domains(value: Any) -> tuple[str, ...]:
    names = _texts(r"\.?[^\s@.]+(?:\.[^\s@.]+)*", "domains")(value)
    return tuple(name.lower() for name in names)


def _patterns(value: Any) -> tuple[str, ...]:
    return tuple(text.lower() for text in _texts(r"\S*@\S+", "addresses or '@domain'")(value))


def _text(form: str, what: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or not re.fullmatch(form, value):
            raise _WrongError(f"{what}, not {value!r}")
        return value

    return read


def _read_languages(value: Any) -> dict[str, str]:
    from retour.rendering.catalogues import find_catalogue, languages  # noqa: PLC0415 - rarely set

    if not isinstance(value, dict):
        raise _WrongError("a table of addresses or domains and their languages")
    for key, language in value.items():
        if not isinstance(language, str) or (
            language != "auto" and find_catalogue(language) is None
        ):
            known = join(("auto", *languages()), "or")
            raise _WrongError(f"a table of languages; {key!r} must be {known}, not {language!r}")
    return {key.lower(): language for key, language in value.items()}


_READERS: Mapping[str, Callable[[Any], object]] = {
    "socket": read_place,
    "socket_mode": _read_mode,
    "socket_group": _text(r"[\w.-]*", "the name of a group"),
    "workers": _number(1, 64),
    "domains": _domains,
    "never_to": _patterns,
    "size_max_bytes": _number(10_000, 50_000_000),
    "rewrite_signed": _read_flag,
    "unverified": _text("pass|banner", "'pass' or 'banner'"),
    "batv_keys": _texts(r".+", "keys"),
    "languages": _read_languages,
    "language_header": _text(r"[!-9;-~]*", "the name of a header field"),
    "record": _read_flag,
    "repeat_window_s": _number(0, 2_592_000),
    "decision_timeout_s": _number(1, 120),
    "idle_timeout_s": _number(10, 86_400),
    "stop_timeout_s": _number(1, 600),
    "connections_max": _number(1, 100_000),
    "memory_max_mb": _number(16, 65_536),
    "metrics": _read_metrics,
}

"""Options that several commands share, and the printer that follows from them."""

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from retour.cli.ending import CommandError
from retour.service.complaint import SettingsError
from retour.service.settings import AUDIENCES, FORMATS, SCOPES, Format, Settings, load_settings

if TYPE_CHECKING:
    from retour.model.analysis import ReplyAnalysis
    from retour.service.explanation import Explained, Unexplained


SCREEN_FORMATS: tuple[Format, ...] = ("terminal", "text", "json")
"""The forms of what is no report: there is no page and no mail of it."""


def read_seconds(text: str) -> float:
    """Read a length of time, for the parser."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < 1e9:
        raise ArgumentTypeError(f"{text!r} is no number of seconds")
    return seconds


def read_settings(arguments: Namespace) -> Settings:
    """Read the settings that ``--config`` names, or that lie where they are looked for.

    Raises:
        CommandError: they are wrong.
    """
    try:
        return load_settings(arguments.config, os.environ)
    except SettingsError as error:
        raise CommandError(str(error)) from None


def choose_screen_format(option: Format | None, settings: Settings) -> Format:
    """Choose the form of what is no report: the option, else the settings', else what fits."""
    form = option or settings.format
    if form in SCREEN_FORMATS:
        return form
    return "terminal" if sys.stdout.isatty() else "text"


def choose_screen_language(option: str | None, settings: Settings) -> str:
    """Choose the language of what is no report: the option, else the settings', else the person's.

    Who types a command reads the answer: ``auto`` is the language of the messages (POSIX.1-2017
    §8.2), else English.
    """
    from retour.rendering.catalogues import FALLBACK, find_catalogue  # noqa: PLC0415

    chosen = option or settings.language
    if chosen == "auto":
        named = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
        locale = next(filter(None, named), "")
        chosen = locale.partition(".")[0].partition("@")[0]
    return find_catalogue(chosen) or FALLBACK


class Printer(Protocol):
    """What prints results."""

    def show(self, result: "Explained | Unexplained") -> None:
        """Print one mail's result."""

    def show_reply(self, answer: "ReplyAnalysis") -> None:
        """Print one reply's result."""


class _Languages:
    """The choices of ``--lang``, looked up when somebody asks: most runs do not."""

    def __contains__(self, language: object) -> bool:
        from retour.rendering.catalogues import find_catalogue  # noqa: PLC0415

        return language == "auto" or find_catalogue(str(language)) is not None

    def __iter__(self) -> Iterator[str]:
        from retour.rendering.catalogues import languages  # noqa: PLC0415

        return iter(("auto", *languages()))


def add_language_option(parser: ArgumentParser, auto: str) -> None:
    """Add ``--lang``; ``auto`` says what that word, the default, takes before English."""
    parser.add_argument(
        "--lang",
        choices=_Languages(),
        metavar="LANGUAGE",
        help=f"the language of reports, as 'de' or 'en'; {auto}, else English",
    )


def add_printing_options(parser: ArgumentParser) -> None:
    """Add the options that say how results are printed."""
    parser.add_argument(
        "--format",
        choices=FORMATS,
        help="how to print; without it 'terminal' on a terminal, else 'text'",
    )
    add_language_option(
        parser, "'auto' (the default) takes that of the original message, else of the notice"
    )
    parser.add_argument(
        "--audience",
        choices=AUDIENCES,
        help="whose parts: the sender's, the admin's (with details and headers), or all",
    )
    parser.add_argument(
        "--scope",
        choices=SCOPES,
        help="who reads: 'internal' (the default), or 'external' for readers outside the "
        "organisation, who get the sender's part and the code alone",
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="settings; else $RETOUR_CONFIG, ~/.config/retour/retour.toml, /etc/retour/retour.toml",
    )


def choose_settings(arguments: Namespace) -> Settings:
    """Return the settings with what the options say in their place.

    Raises:
        CommandError: the settings are wrong.
    """
    settings = read_settings(arguments)
    return settings.override(
        format=arguments.format,
        language=arguments.lang,
        audience=arguments.audience,
        scope=arguments.scope,
    )


@contextmanager
def open_printer(
    settings: Settings, *, output: Path | None = None, with_titles: bool = False
) -> Iterator[Printer]:
    """Open the printer that the settings ask for.

    Args:
        settings: format and all that it needs.
        output: a file; None: standard output.
        with_titles: whether each report names its mail's source.

    Raises:
        CommandError: the file cannot be written.
    """
    if settings.format in ("html", "eml"):
        from retour.cli.page import PagePrinter  # noqa: PLC0415

        printer = PagePrinter(settings)
        yield printer
        if printer.page:
            _write(output, printer.page)
        return
    with _open_stream(settings, output, with_titles=with_titles) as streaming:
        yield streaming


def _write(output: Path | None, content: bytes) -> None:
    if output is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise CommandError(f"{output}: cannot be written: {error.strerror}.") from None


@contextmanager
def _open_stream(
    settings: Settings, output: Path | None, *, with_titles: bool
) -> Iterator[Printer]:
    """Open the printer for a form in which one report follows the other."""
    try:
        binary = output.open("wb") if output else sys.stdout.buffer
    except OSError as error:
        raise CommandError(f"{output}: cannot be written: {error.strerror}.") from None
    try:
        # The JSON printer needs neither texts nor colours, and starts the faster for it.
        if settings.format == "json":
            from retour.cli.jsonlines import JsonPrinter  # noqa: PLC0415

            yield JsonPrinter(binary, settings.scope)
            return
        from retour.cli.reports import ReportPrinter  # noqa: PLC0415

        form: Format | None = settings.format
        if form is None:
            form = "terminal" if output is None and sys.stdout.isatty() else "text"
        yield ReportPrinter(
            binary if output else None,
            settings,
            in_colour=form == "terminal",
            with_titles=with_titles,
        )
    finally:
        if output:
            binary.close()


def refuse_destroying(paths: Iterable[str], output: Path | None) -> None:
    """Refuse to print into a file that is an input, under whatever name.

    Raises:
        CommandError: it is one.
    """
    if output is not None and any(_is_same(path, output) for path in paths):
        raise CommandError(f"{output}: is an input, and printing there would destroy it.")


def _is_same(path: str, output: Path) -> bool:
    """Tell whether a path is the output file under any name."""
    try:
        return output.is_file() and output.samefile(path)
    except OSError:
        return False


def read_moment(option: str, text: str | None, *, is_end: bool = False) -> int | None:
    """Read a moment that an option gives, into microseconds since 1970; None stays None.

    Raises:
        CommandError: it is no time.
    """
    from retour.service.moment import HINT, parse_moment  # noqa: PLC0415

    if text is None:
        return None
    try:
        return parse_moment(text, datetime.now().astimezone(), is_end=is_end)
    except (ValueError, OverflowError):
        raise CommandError(f"{option}: {text!r} is no time; it takes {HINT}.") from None

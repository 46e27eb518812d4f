"""Options that several commands share, and the printer that follows from them."""

import io
import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol, TextIO

from retour.cli.ending import CommandError
from retour.service.settings import AUDIENCES, FORMATS, Format, SettingsError, load_settings

if TYPE_CHECKING:
    from retour.model.analysis import ReplyAnalysis
    from retour.model.document import Audience
    from retour.service.explanation import Explained, Unexplained


class Printer(Protocol):
    """What prints results."""

    def show(self, result: "Explained | Unexplained") -> None:
        """Print one mail's result."""

    def show_reply(self, answer: "ReplyAnalysis") -> None:
        """Print one reply's result."""


def add_printing_options(parser: ArgumentParser) -> None:
    """Add the options that say how results are printed."""
    parser.add_argument(
        "--format",
        choices=FORMATS,
        help="how to print; without it 'terminal' on a terminal, else 'text'",
    )
    parser.add_argument(
        "--audience",
        choices=AUDIENCES,
        help="whose parts: the sender's, the admin's (with details and headers), or all",
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="settings; else $RETOUR_CONFIG, ~/.config/retour/retour.toml, /etc/retour/retour.toml",
    )


@contextmanager
def open_printer(
    *,
    form: Format | None,
    audience: "Audience | None",
    config: str | None,
    output: Path | None = None,
    with_titles: bool = False,
) -> Iterator[Printer]:
    """Open the printer that options and settings ask for.

    Args:
        form: ``--format``.
        audience: ``--audience``.
        config: ``--config``.
        output: ``--output``; None: standard output.
        with_titles: whether each report names its mail's source.

    Raises:
        CommandError: the settings are wrong, or the file cannot be written.
    """
    try:
        settings = load_settings(config, os.environ)
        binary: BinaryIO = output.open("wb") if output else sys.stdout.buffer
    except SettingsError as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        raise CommandError(f"{output}: cannot be written: {error.strerror}.") from None
    is_terminal = output is None and sys.stdout.isatty()
    form = form or settings.format or ("terminal" if is_terminal else "text")
    try:
        # The JSON printer needs neither texts nor colours, and starts the faster for it.
        if form == "json":
            from retour.cli.jsonlines import JsonPrinter  # noqa: PLC0415

            yield JsonPrinter(binary)
            return
        from retour.cli.reports import ReportPrinter  # noqa: PLC0415

        out: TextIO = sys.stdout
        if output:
            out = io.TextIOWrapper(binary, encoding="utf-8", errors="backslashreplace")
        audience = audience or settings.audience
        yield ReportPrinter(out, audience, in_colour=form == "terminal", with_titles=with_titles)
    finally:
        if output:
            binary.close()

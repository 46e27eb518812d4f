"""``retour explain``: mails to reports."""

import os
import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from retour.cli.ending import EPILOG, ExitCode, complain
from retour.cli.options import (
    Printer,
    add_printing_options,
    choose_settings,
    open_printer,
    refuse_destroying,
)
from retour.service.settings import Settings

if TYPE_CHECKING:
    from retour.cli.folder import FolderPrinter


def register(commands: "_SubParsersAction[ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "explain",
        help="explain mails that came back",
        description="Explain mails that came back: what happened, who must act, whether it "
        "arrived anyway. What an input is, is decided by its content.",
        epilog=EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="a mail, pasted text, an mbox, a Maildir, a directory, an Outlook .msg, "
        "or '-' for standard input",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE|FOLDER",
        help="print into this file; or into a folder (one that exists, or a name that ends in /), "
        "one file a mail",
    )
    add_printing_options(parser)
    parser.set_defaults(run=_run)


def _run(arguments: Namespace) -> int:
    """Explain mail after mail; one that cannot be obtained has its word and stops nothing."""
    from retour.cli.progress import show_progress  # noqa: PLC0415 - most of the start-up time
    from retour.service.explanation import Unexplained, explain_paths  # noqa: PLC0415

    paths: list[str] = arguments.paths
    output = Path(arguments.output) if arguments.output else None
    refuse_destroying(paths, output)
    status = ExitCode.OK
    beside_reports = output is None and sys.stdout.isatty()
    settings = choose_settings(arguments)
    with (
        _open(settings, arguments) as printer,
        show_progress(paths, beside_reports=beside_reports) as advance,
    ):
        for result in explain_paths(paths):
            printer.show(result)
            if isinstance(result, Unexplained):
                complain(f"{result.source}: {result.error}")
                own = ExitCode.OWN_FAULT if result.is_own_fault else ExitCode.UNREADABLE
                status = max(status, own)
            else:
                advance(result.size)
    return status


def _open(
    settings: Settings, arguments: Namespace
) -> "AbstractContextManager[Printer | FolderPrinter]":
    """Open what prints: a folder's files, or one stream for all."""
    output: str | None = arguments.output
    if output and (output.endswith(("/", os.sep)) or Path(output).is_dir()):
        from retour.cli.folder import FolderPrinter  # noqa: PLC0415

        return nullcontext(FolderPrinter(Path(output), settings, arguments.paths))
    return open_printer(
        settings,
        output=Path(output) if output else None,
        with_titles=len(arguments.paths) > 1 or Path(arguments.paths[0]).is_dir(),
    )

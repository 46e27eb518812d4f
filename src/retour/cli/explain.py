"""``retour explain``: mails to reports."""

import os
import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from retour.cli.ending import EPILOG, CommandError, ExitCode, complain
from retour.cli.opening import open_trail
from retour.cli.options import (
    Printer,
    add_printing_options,
    choose_settings,
    open_printer,
    refuse_destroying,
)
from retour.service.settings import Settings, find_store

if TYPE_CHECKING:
    from retour.cli.folder import FolderPrinter
    from retour.model.analysis import Analysis


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
    parser.add_argument(
        "--store",
        metavar="URL",
        help="ask this trail, too: a file, or postgresql://...; else the one that $RETOUR_STORE "
        "or the settings name; without any, no trail is asked",
    )
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
        _open_context(settings, arguments) as weigh,
        show_progress(paths, beside_reports=beside_reports) as advance,
    ):
        for result in explain_paths(paths, weigh):
            printer.show(result)
            if isinstance(result, Unexplained):
                complain(f"{result.source}: {result.error}")
                own = ExitCode.OWN_FAULT if result.is_own_fault else ExitCode.UNREADABLE
                status = max(status, own)
            else:
                advance(result.size)
    return status


@contextmanager
def _open_context(
    settings: Settings, arguments: Namespace
) -> "Iterator[Callable[[Analysis], Analysis]]":
    """Open the trail that somebody named; without one an answer stays as it is."""
    if not find_store(arguments.store, os.environ, settings):
        yield lambda analysis: analysis
        return

    with open_trail(arguments) as (store, _):
        from retour.service.context import add_context  # noqa: PLC0415
        from retour.service.explanation import ContextError  # noqa: PLC0415

        try:
            yield partial(add_context, store, domains=settings.trail.domains)
        except ContextError as error:
            raise CommandError(str(error), ExitCode.UNREADABLE) from None


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

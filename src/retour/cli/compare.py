"""``retour compare``: copies of a message laid side by side, and what they are to each other."""

import io
import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from retour.cli.ending import EPILOG, CommandError, ExitCode
from retour.cli.opening import has_trail, open_trail
from retour.cli.options import (
    add_language_option,
    choose_screen_language,
    read_settings,
    refuse_destroying,
)

if TYPE_CHECKING:
    from retour.service.comparison import Compared, KnownCopy

_FORMATS = ("terminal", "text", "html", "json")


def register(commands: "_SubParsersAction[ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "compare",
        help="lay copies of a message side by side: retry, second way, loop, or two messages",
        description="Lay copies of a message side by side and say what they are to each other: "
        "loop, retry, fan-out, resent, split, distinct, or unclear and what would decide it.",
        epilog=EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH|ID",
        help="two or more mails, '-' for standard input; or what 'retour trail show' takes",
    )
    parser.add_argument("--store", metavar="URL", help="the trail that knows the IDs")
    parser.add_argument("--config", metavar="FILE", help="settings")
    parser.add_argument(
        "--envelope",
        action="append",
        default=[],
        metavar="FILE",
        help="what the receiving system knows of an arrival, as JSON; the first for the first "
        "mail, and so on (docs/compare.md)",
    )
    parser.add_argument("--format", choices=_FORMATS, help="how to print")
    add_language_option(parser, "'auto' (the default) takes that of this machine's messages")
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="print into this file")
    parser.set_defaults(run=_run)


def _run(arguments: Namespace) -> int:
    """Compare, and print one document."""
    from retour.service.comparison import (  # noqa: PLC0415 - most of the start-up time
        ComparisonError,
        WrongUseError,
        compare_copies,
    )

    output: Path | None = arguments.output
    refuse_destroying([*arguments.paths, *arguments.envelope], output)
    try:
        with _open_finder(arguments) as find:
            compared = compare_copies(arguments.paths, arguments.envelope, find)
    except ComparisonError as error:
        is_use = isinstance(error, WrongUseError)
        status = ExitCode.USAGE if is_use else ExitCode.UNREADABLE
        raise CommandError(str(error), status) from None
    is_terminal = output is None and sys.stdout.isatty()
    form = arguments.format or ("terminal" if is_terminal else "text")
    language = choose_screen_language(arguments.lang, read_settings(arguments))
    text = _print(compared, form, language, width=None if is_terminal else 120)
    if output is None:
        sys.stdout.write(text)
        return ExitCode.OK
    try:
        output.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise CommandError(f"{output}: cannot be written: {error.strerror}.") from None
    return ExitCode.OK


@contextmanager
def _open_finder(arguments: Namespace) -> "Iterator[Callable[[str], Sequence[KnownCopy]] | None]":
    """Open the trail where one is needed and there."""
    from retour.service.comparison import is_path  # noqa: PLC0415

    if all(map(is_path, arguments.paths)) or not has_trail(arguments):
        yield None
        return
    with open_trail(arguments) as (store, _):
        from retour.service.copies import find_copies  # noqa: PLC0415 - needs an extra

        yield partial(find_copies, store)


def _print(compared: "Compared", form: str, language: str, width: int | None) -> str:
    """Return a comparison in a form; each brings its own libraries, and one is needed."""
    comparison, copies, sources = compared.comparison, compared.copies, compared.sources
    if form == "json":
        from retour.rendering.comparison_json import comparison_to_dict  # noqa: PLC0415
        from retour.rendering.json import to_line  # noqa: PLC0415

        return to_line(comparison_to_dict(comparison, copies, sources)) + "\n"
    from retour.rendering.comparison import build_comparison_document  # noqa: PLC0415

    document = build_comparison_document(
        comparison,
        copies,
        sources,
        language=language,
        isolating=form == "html",
    )
    if form == "html":
        from retour.rendering.comparison_html import render_comparison_html  # noqa: PLC0415

        return render_comparison_html(document)
    if form == "text":
        from retour.rendering.comparison_text import render_comparison_text  # noqa: PLC0415

        return render_comparison_text(document)
    from rich.console import Console  # noqa: PLC0415

    from retour.rendering.comparison_terminal import render_comparison_terminal  # noqa: PLC0415

    out = io.StringIO()
    width = width or Console().width
    render_comparison_terminal(document, Console(file=out, force_terminal=True, width=width))
    return out.getvalue()

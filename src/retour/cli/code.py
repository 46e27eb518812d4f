"""``retour code``: what a reply or a bare code means."""

import io
import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction

from retour.cli.ending import EPILOG, ExitCode
from retour.cli.options import add_printing_options, choose_settings, open_printer


def register(commands: "_SubParsersAction[ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "code",
        help="say what a reply or a bare code means",
        description="Say what a server's reply or a bare code means, who says so, and what to do.",
        epilog=EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument(
        "text",
        nargs="+",
        metavar="TEXT",
        help="a code (5.4.6, 550), a server's reply, or '-' for one reply a line on standard input",
    )
    add_printing_options(parser)
    parser.set_defaults(run=_run)


def _run(arguments: Namespace) -> int:
    """Explain the one reply of the command line, or each line of standard input."""
    from retour.service.code import explain_replies  # noqa: PLC0415 - most of the start-up time

    with open_printer(choose_settings(arguments)) as printer:
        if arguments.text == ["-"]:
            # A line in gives a line out, so only LF ends one; what is no UTF-8 stops nothing.
            replies = io.TextIOWrapper(
                sys.stdin.buffer, encoding="utf-8", errors="replace", newline="\n"
            )
            lines = iter(replies.readline, "")
        else:
            lines = iter([" ".join(arguments.text)])
        for answer in explain_replies(lines):
            printer.show_reply(answer)
    return ExitCode.OK

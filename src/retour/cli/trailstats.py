"""``retour trail stats``: numbers over the trail, the same as those of the overview page."""

from argparse import ArgumentParser, Namespace
from datetime import datetime
from typing import get_args

from retour.cli.ending import CommandError, ExitCode
from retour.cli.opening import open_answers
from retour.cli.options import read_moment, read_seconds
from retour.model.vocabulary import TroubleKind


def add_stats_options(parser: ArgumentParser) -> None:
    """Add what only this command has."""
    parser.add_argument("--since", default="7d", metavar="TIME", help="arrived then or later (7d)")
    parser.add_argument("--until", metavar="TIME", help="arrived then or earlier")


def add_trouble_options(parser: ArgumentParser) -> None:
    """Add what finds the mails behind a number."""
    kinds = get_args(TroubleKind)
    parser.add_argument(
        "--trouble", choices=kinds, help="only what the numbers count so; see docs/statistics.md"
    )
    parser.add_argument("--cause", metavar="CAUSE", help="failed for this cause: mailbox-full ...")
    parser.add_argument("--actor", metavar="WHO", help="this one has to act: sender, recipient ...")
    parser.add_argument("--failed-to", metavar="NAME", help="failed for this address or domain")
    for name, text in (("over", "longer"), ("max", "so long at most")):
        parser.add_argument(
            f"--check-{name}",
            type=read_seconds,
            metavar="SECONDS",
            help=f"content and its checks took {text}, before the mail was queued",
        )


def show_stats(arguments: Namespace) -> int:
    """Count what has come since, and print the numbers."""
    since = read_moment("--since", arguments.since) or 0
    until = read_moment("--until", arguments.until, is_end=True)
    if until is None:
        until = int(datetime.now().timestamp()) * 1_000_000
    if until < since:
        raise CommandError("--until: must not be before --since.")
    with open_answers(arguments) as (store, printer, _):
        from retour.service.statistics import count  # noqa: PLC0415 - needs an extra

        count(store)
        printer.show_statistics(store.read_statistics(since, until))
    return ExitCode.OK

"""``retour trail copies``: what arrived more than once, and why."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

from retour.cli.ending import CommandError, ExitCode
from retour.cli.opening import open_answers
from retour.cli.options import read_moment
from retour.model.vocabulary import VERDICTS

if TYPE_CHECKING:
    from retour.model.story import Repetition

_ORDERS = ("verdict", "sender", "time")


def add_copies_options(parser: ArgumentParser) -> None:
    """Add what only this command has."""
    parser.add_argument("--since", default="7d", metavar="TIME", help="arrived then or later (7d)")
    parser.add_argument("--until", metavar="TIME", help="arrived then or earlier")
    parser.add_argument(
        "--verdict",
        action="append",
        choices=VERDICTS,
        default=[],
        metavar="VERDICT",
        help=f"only these (may be repeated): {', '.join(VERDICTS)}",
    )
    parser.add_argument(
        "--sort",
        choices=_ORDERS,
        default=_ORDERS[0],
        help="by verdict and then by the system that brought them (the default), by that system "
        "first, or by time",
    )
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="the newest N (50)")


def list_copies(arguments: Namespace) -> int:
    """List messages that one system took more than once."""
    if arguments.limit < 1:
        raise CommandError("--limit: must be 1 or more.")
    since = read_moment("--since", arguments.since) or 0
    until = read_moment("--until", arguments.until, is_end=True)
    with open_answers(arguments) as (store, printer, _):
        from retour.service.copies import list_repetitions  # noqa: PLC0415 - needs an extra

        found = list_repetitions(store, since, until, arguments.verdict)
        listed = list(islice(found, arguments.limit + 1))
        is_cut = len(listed) > arguments.limit
        shown = _sort(listed[: arguments.limit], arguments.sort)
        printer.show_repetitions(shown, is_cut=is_cut)
    return ExitCode.OK


def _sort(found: "Iterable[Repetition]", order: str) -> "list[Repetition]":
    """Sort; what is alike stays newest first."""
    if order == "time":
        return list(found)
    by_sender = sorted(found, key=lambda one: one.senders)
    if order == "sender":
        return by_sender
    return sorted(by_sender, key=lambda one: VERDICTS.index(one.verdict))

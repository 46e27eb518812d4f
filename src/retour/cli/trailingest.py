"""``retour trail ingest``: logs and mails into the trail."""

import json
import os
import signal
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime, tzinfo
from types import FrameType
from typing import TYPE_CHECKING

from retour.cli.ending import CommandError, ExitCode, complain
from retour.cli.options import choose_screen_format

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from retour.service.ingestion import Intake


def add_options(parser: ArgumentParser) -> None:
    """Add what only this command has."""
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="logs (also .gz), mails, mailboxes, directories, or '-' for standard input",
    )
    parser.add_argument(
        "--follow", action="store_true", help="go on as the logs grow, until interrupted"
    )
    parser.add_argument(
        "--zone",
        metavar="NAME",
        help="time zone of stamps that name none, as Europe/Berlin; else this machine's",
    )
    parser.add_argument(
        "--system",
        metavar="HOST",
        help="host whose log names none (Exim's, Dovecot's own); else this machine",
    )
    parser.add_argument("--keep-bodies", action="store_true", help="keep stored mails whole")


def run(arguments: Namespace) -> int:
    """Read everything, and say per source what it gave."""
    from retour.cli.progress import show_progress  # noqa: PLC0415 - the parser needs none of it
    from retour.cli.trail import open_trail  # noqa: PLC0415
    from retour.service.ingestion import Intent, follow, ingest  # noqa: PLC0415

    paths: list[str] = arguments.paths
    with open_trail(arguments) as (store, settings):
        form = choose_screen_format(arguments.format, settings)
        system: str = arguments.system or os.uname().nodename
        intent = Intent(_read_zone(arguments.zone), system, arguments.keep_bodies)
        if arguments.follow:
            if "-" in paths:
                raise CommandError("-: standard input is read as it comes, without --follow.")
            return _report(follow(paths, store, intent, _stop_on_signal()), form)
        with show_progress(paths, beside_reports=False) as advance:
            return _report(ingest(paths, store, intent, advance), form)


def _report(intakes: "Iterator[Intake]", form: str) -> int:
    status = ExitCode.OK
    for intake in intakes:
        if intake.error:
            complain(f"{intake.source}: {intake.error.rstrip('.')}.")
            status = ExitCode.UNREADABLE
        if intake.format is not None:
            print(_to_json(intake) if form == "json" else _to_text(intake), flush=True)
    return status


def _to_text(intake: "Intake") -> str:
    if intake.format == "mail":
        return f"{intake.source}: {intake.mails} {'mail' if intake.mails == 1 else 'mails'}"
    unknown = f", {intake.unknown} of no known form" if intake.unknown else ""
    return f"{intake.source}: {intake.lines} lines of {intake.format}{unknown}"


def _to_json(intake: "Intake") -> str:
    return json.dumps(
        {
            "source": intake.source,
            "format": intake.format,
            "lines": intake.lines,
            "unknown": intake.unknown,
            "mails": intake.mails,
            "error": intake.error,
        },
        ensure_ascii=False,
    )


def _read_zone(name: str | None) -> tzinfo:
    """Return the named zone, else this machine's with its summer time."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415

    if name is not None:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise CommandError(f"--zone: there is no time zone {name!r}.") from None
    place = os.path.realpath("/etc/localtime").partition("/zoneinfo/")[2]
    try:
        return ZoneInfo(os.environ.get("TZ", "").lstrip(":") or place)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return datetime.now().astimezone().tzinfo or UTC


def _stop_on_signal() -> "Callable[[], bool]":
    """Return what tells whether the process was asked to end; what is read is written first."""
    asked: list[int] = []

    def ask(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    return lambda: bool(asked)

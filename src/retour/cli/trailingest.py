"""``retour trail ingest``: logs and mails into the trail."""

import json
import os
import signal
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime, tzinfo
from types import FrameType
from typing import TYPE_CHECKING

from retour.cli.ending import CommandError, ExitCode, complain
from retour.cli.opening import open_trail
from retour.cli.options import choose_screen_format, choose_screen_language

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from retour.rendering.wording import Wording
    from retour.service.ingestion import Intake


def add_options(parser: ArgumentParser) -> None:
    """Add what only this command has."""
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="logs (also .gz), mails, mailboxes, captures, directories, or '-' for standard input",
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
    from retour.rendering.catalogues import load_wording  # noqa: PLC0415
    from retour.service.ingestion import Intent, follow, ingest  # noqa: PLC0415

    paths: list[str] = arguments.paths
    with open_trail(arguments) as (store, settings):
        form = choose_screen_format(arguments.format, settings)
        wording = load_wording(choose_screen_language(arguments.lang, settings))
        system: str = arguments.system or os.uname().nodename
        intent = Intent(_read_zone(arguments.zone), system, arguments.keep_bodies)
        if arguments.follow:
            if "-" in paths:
                raise CommandError("-: standard input is read as it comes, without --follow.")
            return _report(follow(paths, store, intent, _stop_on_signal()), form, wording)
        with show_progress(paths, beside_reports=False) as advance:
            return _report(ingest(paths, store, intent, advance), form, wording)


def _report(intakes: "Iterator[Intake]", form: str, wording: "Wording") -> int:
    status = ExitCode.OK
    for intake in intakes:
        if intake.error:
            complain(f"{intake.source}: {intake.error.rstrip('.')}.")
            status = ExitCode.UNREADABLE
        if intake.format is not None:
            print(_to_json(intake) if form == "json" else _to_text(intake, wording), flush=True)
    return status


def _to_text(intake: "Intake", wording: "Wording") -> str:
    fields = {"source": intake.source, "format": intake.format or ""}
    if intake.format == "mail":
        return wording.count(intake.mails, "trail", "read", "mails", fields=fields)
    if intake.format == "capture":
        return wording.count(intake.sessions, "trail", "read", "sessions", fields=fields)
    said = wording.count(intake.lines, "trail", "read", "lines", fields=fields)
    if intake.unknown:
        said += wording.say("trail", "read", "unknown", fields={"n": str(intake.unknown)})
    return said


def _to_json(intake: "Intake") -> str:
    return json.dumps(
        {
            "source": intake.source,
            "format": intake.format,
            "lines": intake.lines,
            "unknown": intake.unknown,
            "mails": intake.mails,
            "sessions": intake.sessions,
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

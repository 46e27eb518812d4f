"""``retour trail``: find a mail, tell its story, say whether it was delivered."""

import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from retour.cli.ending import EPILOG, CommandError, ExitCode
from retour.cli.opening import open_answers, open_trail
from retour.cli.options import (
    SCREEN_FORMATS,
    add_language_option,
    choose_screen_language,
    read_moment,
)
from retour.cli.trailcopies import add_copies_options, list_copies
from retour.cli.trailingest import add_options, run
from retour.cli.trailstats import add_stats_options, add_trouble_options, show_stats
from retour.service.settings import Settings

if TYPE_CHECKING:
    from retour.model.story import Query
    from retour.rendering.wording import Wording

_PARTS = (
    ("from", "ADDRESS", "sender, by envelope or header"),
    ("to", "ADDRESS", "recipient, as sent or as rewritten"),
    ("subject", "WORDS", "words of the subject, each from its beginning"),
    ("message-id", "ID", "Message-ID, whole or from its beginning"),
    ("peer", "HOST", "name or address of the host that brought it"),
    ("queue-id", "ID", "queue id, whole or from its beginning"),
    ("status", "STATUS", "how a hand-over ended: deferred, failed ...; or a status code: 5.1"),
    ("since", "TIME", "arrived then or later: 2026-03-01, 2026-03-01T10:00, 10:00, 2h, 3d"),
    ("until", "TIME", "arrived then or earlier"),
)
Run = Callable[[Namespace], int]


def register(commands: "_SubParsersAction[ArgumentParser]") -> None:
    """Add the command and what is below it to the parser."""
    parser = commands.add_parser(
        "trail",
        help="follow mails: find one, tell its story, say whether it was delivered",
        epilog=EPILOG,
        allow_abbrev=False,
    )
    below = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add_options(_add(below, "ingest", run, "read logs and mails into the trail"))
    find = _add(below, "find", _find, "list mails by any part of what is known of them")
    for name, value, text in _PARTS:
        find.add_argument(f"--{name}", metavar=value, help=text)
    add_trouble_options(find)
    find.add_argument("--limit", type=int, default=50, metavar="N", help="at most so many (50)")
    find.add_argument("--before", type=int, metavar="ID", help="go on behind the copy of this id")
    show = _add(below, "show", _show, "tell the whole story of a mail")
    show.add_argument("id", metavar="ID", help="Message-ID, queue id, or id of a copy")
    delivered = _add(below, "delivered", _delivered, "say whether mails were delivered, with proof")
    delivered.add_argument("ids", nargs="+", metavar="ID", help="Message-ID, queue id, or a bounce")
    delivered.add_argument("--recipient", metavar="ADDRESS", help="only this one")
    export = _add(below, "export", _export, "write a kept copy, or all that is known of a person")
    export.add_argument("id", nargs="?", metavar="ID", help="Message-ID, queue id, or id of a copy")
    export.add_argument("--person", metavar="ADDRESS", help="all that is known of this person")
    export.add_argument("-o", "--output", type=Path, metavar="FILE", help="write into this file")
    forget = _add(below, "forget", _forget, "make a person unknown to the trail")
    forget.add_argument("address", metavar="ADDRESS")
    copies = _add(below, "copies", list_copies, "list mails that one system took more than once")
    add_copies_options(copies)
    stats = _add(below, "stats", show_stats, "count: bounces by cause, who waits, copies, waves")
    add_stats_options(stats)
    _add(below, "retain", _retain, "delete what is older than the settings let it be")


def _add(
    below: "_SubParsersAction[ArgumentParser]", name: str, run: Run, help_text: str
) -> ArgumentParser:
    """Add one command with the options that all of them have."""
    parser = below.add_parser(name, help=help_text, allow_abbrev=False, epilog=EPILOG)
    parser.add_argument(
        "--store",
        metavar="URL",
        help="the trail: a file, or postgresql://...; else $RETOUR_STORE, the settings, "
        "~/.local/share/retour/trail.sqlite3",
    )
    parser.add_argument("--format", choices=SCREEN_FORMATS, help="how to print")
    add_language_option(parser, "'auto' (the default) takes that of this machine's messages")
    parser.add_argument("--config", metavar="FILE", help="settings")
    parser.set_defaults(run=run)
    return parser


def _find(arguments: Namespace) -> int:
    """List copies."""
    query = _read_query(arguments)
    with open_answers(arguments) as (store, printer, _):
        printer.show_list(store.find(query), query.limit)
    return ExitCode.OK


def _load(arguments: Namespace, settings: Settings) -> "Wording":
    """Load the language that is printed in."""
    from retour.rendering.catalogues import load_wording  # noqa: PLC0415

    return load_wording(choose_screen_language(arguments.lang, settings))


def _read_query(arguments: Namespace) -> "Query":
    """Read what is looked for."""
    from retour.model.story import Query  # noqa: PLC0415

    values = vars(arguments)
    if arguments.limit < 1:
        raise CommandError("--limit: must be 1 or more.")
    return Query(
        from_=values["from"],
        to=arguments.to,
        subject=arguments.subject,
        message_id=arguments.message_id,
        peer=arguments.peer,
        queue_id=arguments.queue_id,
        status=arguments.status,
        since_us=read_moment("--since", arguments.since),
        until_us=read_moment("--until", arguments.until, is_end=True),
        trouble=arguments.trouble,
        cause=arguments.cause,
        actor=arguments.actor,
        failed_to=arguments.failed_to,
        check_over_ms=_to_milliseconds(arguments.check_over),
        check_max_ms=_to_milliseconds(arguments.check_max),
        before=arguments.before,
        limit=arguments.limit,
    )


def _to_milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)


def _show(arguments: Namespace) -> int:
    """Tell one story."""
    with open_answers(arguments) as (store, printer, _):
        from retour.service.trail import answer  # noqa: PLC0415

        [found] = answer(store, [arguments.id])
        if found.story is None:
            raise CommandError(f"the trail knows nothing of {arguments.id!r}.", ExitCode.UNREADABLE)
        printer.show_story(found)
    return ExitCode.OK


def _delivered(arguments: Namespace) -> int:
    """Answer for each message, known or not."""
    status = ExitCode.OK
    with open_answers(arguments) as (store, printer, _):
        from retour.service.trail import answer  # noqa: PLC0415

        try:
            for found in answer(store, arguments.ids, arguments.recipient):
                printer.show_answer(found)
                if found.story is None:
                    status = ExitCode.UNREADABLE
        except OSError as error:
            raise CommandError(
                f"{error.filename}: cannot be read: {error.strerror}.", ExitCode.UNREADABLE
            ) from None
    return status


def _export(arguments: Namespace) -> int:
    """Write a mail, or what is known of a person."""
    if bool(arguments.id) == bool(arguments.person):
        raise CommandError("export: needs either an ID or --person ADDRESS.")
    with open_trail(arguments) as (store, _):
        from retour.service.trail import export_mail, export_person  # noqa: PLC0415

        content = (
            export_person(store, arguments.person)
            if arguments.person
            else export_mail(store, arguments.id)
        )
        if content is None:
            raise CommandError(
                f"no copy of {arguments.id!r} is kept whole; bodies are kept where "
                "trail.bodies_days says so.",
                ExitCode.UNREADABLE,
            )
        try:
            if arguments.output:
                arguments.output.write_bytes(content)
            else:
                sys.stdout.buffer.write(content)
        except OSError as error:
            raise CommandError(
                f"{arguments.output}: cannot be written: {error.strerror}."
            ) from None
    return ExitCode.OK


def _forget(arguments: Namespace) -> int:
    """Make a person unknown."""
    with open_trail(arguments) as (store, settings):
        count = store.forget(arguments.address)
        said = {"address": arguments.address}
        print(_load(arguments, settings).count(count, "trail", "forgotten", fields=said))
    return ExitCode.OK


def _retain(arguments: Namespace) -> int:
    """Delete what is too old."""
    with open_trail(arguments) as (store, settings):
        from retour.store.keeping import Ages  # noqa: PLC0415

        kept = settings.trail
        ages = Ages(kept.summaries_days, kept.headers_days, kept.bodies_days)
        gone = store.delete_old(int(datetime.now().timestamp()) * 1_000_000, ages)
        wording = _load(arguments, settings)
    many = {name: str(getattr(gone, name)) for name in ("headers", "bodies", "addresses")}
    what = ("days", gone.days) if gone.days else ("copies", gone.copies)
    many["what"] = wording.count(what[1], "trail", "deleted", what[0])
    print(wording.say("trail", "deleted", "said", fields=many))
    return ExitCode.OK

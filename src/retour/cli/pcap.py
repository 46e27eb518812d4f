"""``retour pcap``: captures to SMTP sessions."""

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace, _SubParsersAction
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from retour.cli.ending import EPILOG, ExitCode, complain
from retour.cli.opening import open_trail
from retour.cli.options import (
    SCREEN_FORMATS,
    add_language_option,
    choose_screen_format,
    choose_screen_language,
    read_seconds,
    read_settings,
)

if TYPE_CHECKING:
    from retour.rendering.wording import Wording
    from retour.service.capture import CaptureFile, Judged
    from retour.service.settings import Settings
    from retour.store import Store

_STYLES = {
    "title": "bold",
    "alarm": "bold red",
    "finding": "yellow",
    "proof": "dim",
    "fact": "",
    "client": "cyan",
    "server": "green",
    "missing": "red",
}
_TEXT_WIDTH = 100


def register(commands: "_SubParsersAction[ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "pcap",
        help="rebuild the SMTP sessions of a capture",
        description="Rebuild the SMTP sessions of captures (pcap, pcapng): the dialogue with its "
        "times, who ended it where, and what is worth knowing about it.",
        epilog=EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument(
        "paths", nargs="+", metavar="FILE", help="a capture, or '-' for standard input"
    )
    parser.add_argument(
        "--format",
        choices=SCREEN_FORMATS,
        help="how to print; without it 'terminal' on a terminal, else 'text'",
    )
    parser.add_argument(
        "--port",
        type=_read_port,
        action="append",
        default=[],
        metavar="N",
        help="another port of SMTP servers, beside 25, 465, 587 and 2525 (may be repeated); "
        "on all others a session is recognised by what is said",
    )
    parser.add_argument(
        "--slow",
        type=read_seconds,
        metavar="SECONDS",
        help="from how many seconds on a reply counts as slow (10)",
    )
    parser.add_argument(
        "--only-findings", action="store_true", help="leave out sessions without findings"
    )
    parser.add_argument(
        "--store",
        metavar="URL",
        help="write what the sessions say of mails into this trail, too",
    )
    add_language_option(parser, "'auto' (the default) takes that of this machine's messages")
    parser.add_argument(
        "--config", metavar="FILE", help="settings, as for 'retour explain' (the key format)"
    )
    parser.set_defaults(run=_run)


def _read_port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise ArgumentTypeError(f"{text!r} is no port")
    return int(text)


def _run(arguments: Namespace) -> int:
    """Print file after file; one that cannot be read has its word and stops nothing."""
    settings = read_settings(arguments)
    with _open_trail(arguments) as trail:
        return _print_files(arguments, settings, trail)


@contextmanager
def _open_trail(arguments: Namespace) -> "Iterator[Store | None]":
    """Open the trail that sessions are written into; only one that is named here."""
    if arguments.store is None:
        yield None
        return

    with open_trail(arguments) as (store, _):
        yield store


def _print_files(arguments: Namespace, settings: "Settings", trail: "Store | None") -> int:
    from retour.ingest.capture import PORTS  # noqa: PLC0415
    from retour.rendering.catalogues import load_wording  # noqa: PLC0415
    from retour.service.capture import CaptureFile  # noqa: PLC0415
    from retour.trail.findings import SLOW_S  # noqa: PLC0415

    form = choose_screen_format(arguments.format, settings)
    status = ExitCode.OK
    ports = PORTS | frozenset(arguments.port)
    for path in arguments.paths:
        capture = CaptureFile(path, ports=ports, slow_s=arguments.slow or SLOW_S, trail=trail)
        only: Callable[[Judged], bool] = (
            (lambda judged: bool(judged.findings)) if arguments.only_findings else lambda _: True
        )
        if form == "json":
            _print_json(capture, only)
        else:
            page = _open_page(form == "terminal")
            wording = load_wording(choose_screen_language(arguments.lang, settings))
            _print_lines(capture, only, page, wording, with_title=len(arguments.paths) > 1)
        if capture.error:
            complain(f"{path}: {capture.error}")
            status = ExitCode.UNREADABLE
    return status


def _print_json(capture: "CaptureFile", only: "Callable[[Judged], bool]") -> None:
    """Print one object on one line."""
    from retour.rendering.capture_json import (  # noqa: PLC0415
        session_to_dict,
        summary_to_dict,
        write_capture,
    )
    from retour.rendering.catalogues import load_wording  # noqa: PLC0415

    wording = load_wording("en")
    sessions = (
        session_to_dict(judged.session, judged.findings, wording)
        for judged in capture.sessions()
        if only(judged)
    )
    summary = (summary_to_dict(capture.summary, capture.error) for _ in range(1))
    for piece in write_capture(capture.source, sessions, summary):
        sys.stdout.buffer.write(piece.encode())
    sys.stdout.buffer.flush()


def _print_lines(
    capture: "CaptureFile",
    only: "Callable[[Judged], bool]",
    page: "tuple[Callable[[str, str], None], int]",
    wording: "Wording",
    *,
    with_title: bool,
) -> None:
    """Print sessions as lines, then what was read."""
    from retour.rendering.capture import describe_session, describe_summary, lay_out  # noqa: PLC0415

    show, width = page
    if with_title:
        show("title", f"==> {capture.source} <==\n")
    for judged in capture.sessions():
        if not only(judged):
            continue
        lines = describe_session(judged.session, judged.findings, judged.number, wording)
        for role, text in lay_out(lines, width):
            show(role, text)
        show("fact", "")
    if capture.summary.packets or not capture.error:
        for role, text in lay_out(describe_summary(capture.summary, wording), width):
            show(role, text)
        show("fact", "")


def _open_page(in_colour: bool) -> "tuple[Callable[[str, str], None], int]":
    """Return what prints a line, and how wide it may be."""
    if not in_colour:
        return (lambda _, text: print(text)), _TEXT_WIDTH
    from rich.console import Console  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    is_terminal = sys.stdout.isatty()
    console = Console(
        force_terminal=None if is_terminal else True, width=None if is_terminal else _TEXT_WIDTH
    )

    def show(role: str, text: str) -> None:
        # A `Text`, never markup: nothing a capture says can colour, move or link.
        console.print(Text(text, style=_STYLES[role]), highlight=False, soft_wrap=True)

    return show, console.width

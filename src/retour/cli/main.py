"""The ``retour`` command: reads the command line, runs a command, and lets no traceback out."""

import gc
import signal
import sys
from argparse import ArgumentParser
from collections.abc import Sequence

from retour.cli import (
    code,
    compare,
    completion,
    doctor,
    explain,
    milter,
    pcap,
    rules,
    serve,
    templates,
    trail,
)
from retour.cli.ending import EPILOG, CommandError, ExitCode, complain
from retour.version import __version__

_COMMANDS = (
    explain,
    trail,
    compare,
    serve,
    code,
    pcap,
    milter,
    doctor,
    rules,
    templates,
    completion,
)
# Values hold no circles; looking for some while the knowledge is loaded takes a tenth of a run.
_OBJECTS_BETWEEN_COLLECTIONS = 50_000
_HTML = "HTML needs the extra 'html': pip install 'retour[html]'."
_TRAIL = "a trail needs the extra 'trail': pip install 'retour[trail]'."
_GATEWAY = "the milter needs the extra 'gateway': pip install 'retour[gateway]'."
_WEB = "pages need the extra 'web': pip install 'retour[web]'."
_EXTRAS = {
    "rich": "the terminal's form needs the extra 'cli': pip install 'retour[cli]', "
    "or --format text.",
    "jinja2": _HTML,
    "markupsafe": _HTML,
    "dpkt": "reading captures needs the extra 'capture': pip install 'retour[capture]'.",
    "sqlalchemy": _TRAIL,
    "alembic": _TRAIL,
    "fastapi": _WEB,
    "starlette": _WEB,
    "uvicorn": _WEB,
    "itsdangerous": _WEB,
    "limits": _WEB,
    "structlog": "logs need the extra 'gateway' or 'web': pip install 'retour[gateway,web]'.",
    "python_multipart": _WEB,
    "httpx2": "signing in at a provider needs the extra 'oidc': pip install 'retour[oidc]'.",
    "authlib": "signing in at a provider needs the extra 'oidc': pip install 'retour[oidc]'.",
    "psycopg": "PostgreSQL needs the extra 'postgres': pip install 'retour[postgres]'.",
    "prometheus_client": _GATEWAY,
}


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: without the program's name; None: those of the process.

    Returns:
        The exit status; see docs/cli.md.
    """
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    if hasattr(signal, "SIGPIPE"):
        # ``retour … | head`` ends as every other tool does: silently, by the signal.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # Paths that are no text, and terminals that cannot show a letter, stop nothing.
            stream.reconfigure(errors="backslashreplace")
    try:
        return _dispatch(arguments)
    except CommandError as error:
        complain(str(error))
        return error.status
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except ModuleNotFoundError as error:
        if missing := _EXTRAS.get((error.name or "").partition(".")[0]):
            complain(missing)
            return ExitCode.USAGE
        return _confess(error)
    except Exception as error:  # the last line before a person
        return _confess(error)


def build_parser() -> ArgumentParser:
    """Build the parser of all commands."""
    parser = ArgumentParser(
        prog="retour",
        description="Tell the truth about mail that came back: what happened, who must act, "
        "whether it arrived anyway.",
        epilog=EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"retour {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.register(commands)
    parser.set_defaults(parser=parser)  # what completion is written from
    return parser


def _dispatch(arguments: Sequence[str] | None) -> int:
    """Parse and run; argparse ends the program itself on --help and wrong use."""
    try:
        parsed = build_parser().parse_args(arguments)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else ExitCode.USAGE
    if getattr(parsed, "is_service", False) and hasattr(signal, "SIGPIPE"):
        # A service outlives those who hang up on it.
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    status: int = parsed.run(parsed)
    return status


def _confess(error: Exception) -> int:
    """Name an error of our own in one sentence."""
    what = " ".join(f"{type(error).__name__}: {error}".split())
    complain(f"this is a defect of Retour itself, please report it: {what}")
    return ExitCode.OWN_FAULT

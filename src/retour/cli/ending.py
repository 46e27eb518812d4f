"""How a command ends: its exit status, and one sentence on standard error where it is not well."""

import sys
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit statuses, documented in docs/cli.md and in ``retour --help``."""

    OK = 0
    UNREADABLE = 1
    USAGE = 2
    OWN_FAULT = 3
    INTERRUPTED = 130


EPILOG = (
    "Exit status: 0 everything was answered; 1 something could not be obtained, or a rule is "
    "wrong; 2 wrong use or settings; 3 a defect of Retour itself; 130 interrupted."
)


class CommandError(Exception):
    """Ends the program with one sentence and a status."""

    def __init__(self, sentence: str, status: ExitCode = ExitCode.USAGE) -> None:
        super().__init__(sentence)
        self.status = status


def complain(sentence: str) -> None:
    """Say one sentence on standard error, on one line whatever is in it."""
    print(f"retour: {' '.join(sentence.split())}", file=sys.stderr, flush=True)

"""What every log reader offers.

A reader is a pure machine: lines in, observations out. It reads no file and no clock. What it must
remember from one line to the next (the TLS version of a connection, the CSV's field names, a
delivery begun) can be saved and restored as JSON, so that a run that was killed goes on where it
stood and no line has to be read twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Protocol

from retour.model.trail import Observation


@dataclass(frozen=True, slots=True)
class LogContext:
    """What a log's lines leave unsaid.

    Attributes:
        zone: time zone of stamps that name none.
        written_before: no line is younger; a stamp without a year lies in the year before it.
        system: name of the host, for logs whose lines name none.
    """

    zone: tzinfo
    written_before: datetime
    system: str = "localhost"


class LogReader(Protocol):
    """Reads one log."""

    def read(self, line: str) -> Sequence[Observation] | None:
        """Read one line, without its line end.

        Returns:
            What it says, often nothing; None where the line is of no known form, to be counted.
            Never raises on content.
        """

    def save(self) -> Mapping[str, Any]:
        """Return what must be remembered, as JSON values, bounded in size."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `save` returned."""

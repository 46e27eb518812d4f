"""Judges the SMTP sessions of captures, file by file."""

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING

from retour.ingest.capture import PORTS, Capture
from retour.ingest.item import UnreadableError
from retour.ingest.source import STANDARD_INPUT, describe_error
from retour.model.capture import CaptureSummary, Finding, Session
from retour.model.trail import Observation
from retour.trail.findings import SLOW_S, Findings
from retour.trail.session import observe

if TYPE_CHECKING:
    from retour.store import Store

_BATCH = 5_000
_NOTHING = CaptureSummary(0, 0, 0, 0, 0, 0, 0, None, None, None)


@dataclass(frozen=True, slots=True)
class Judged:
    """A session and what was found about it.

    Attributes:
        number: its number in the capture, from 1.
        session: the session.
        findings: what weighs most first.
    """

    number: int
    session: Session
    findings: tuple[Finding, ...]


class CaptureFile:
    """One capture by its path.

    Attributes:
        source: the path as given; ``-`` for standard input.
        summary: what was read, once the sessions are through.
        error: one sentence where the file could not be read, or not to its end; else None.
    """

    def __init__(
        self,
        source: str,
        *,
        ports: frozenset[int] = PORTS,
        slow_s: float = SLOW_S,
        trail: "Store | None" = None,
    ) -> None:
        """Name a capture; it is opened when its sessions are asked for.

        Args:
            source: the path, or ``-``.
            ports: servers' ports on which everything is taken for SMTP.
            slow_s: seconds from which on a reply counts as slow.
            trail: what the sessions say of mails is written there. Writing it again changes
                nothing, so a capture may be read again from its beginning after any end.
        """
        self.source = source
        self.summary = _NOTHING
        self.error: str | None = None
        self._ports = ports
        self._findings = Findings(slow_s=slow_s)
        self._trail = trail
        self._observations: list[Observation] = []

    def sessions(self) -> Iterator[Judged]:
        """Read the file; yield its sessions in the order of their beginnings."""
        capture = None
        try:
            with _open(self.source) as stream:
                capture = Capture(stream, ports=self._ports)
                for number, session in enumerate(capture.sessions(), 1):
                    judged = Judged(number, session, self._findings.judge(session))
                    self._record(judged, _BATCH)
                    yield judged
        except (OSError, UnreadableError) as error:
            self.error = describe_error(error)
        self._record(None, 0)
        if capture:
            self.summary = capture.summary()
            self.error = self.error or self.summary.defect

    def _record(self, judged: Judged | None, at_least: int) -> None:
        """Write what sessions say of mails into the trail, some at once."""
        if self._trail is None:
            return
        if judged:
            self._observations += observe(judged.session, judged.findings)
        if len(self._observations) > at_least:
            self._trail.write(self._observations)
            self._observations = []


def _open(source: str) -> "nullcontext[BufferedReader] | BufferedReader":
    if source != STANDARD_INPUT:
        return Path(source).open("rb")
    if sys.stdin is None:
        raise UnreadableError("Standard input is closed.")
    stream: BufferedReader = sys.stdin.buffer  # type: ignore[assignment]
    return nullcontext(stream)

"""What the tests of log readers share."""

from datetime import UTC, datetime
from typing import Any

from retour.ingest.logs.reader import LogContext
from retour.model.trail import Observation

CONTEXT = LogContext(UTC, datetime(2026, 3, 1, tzinfo=UTC), "gate")
"""A log of a host in UTC, written in early 2026."""


def told(observation: Observation) -> dict[str, Any]:
    """Return what an observation says beyond time, host and queue id, under its kind."""
    said = {
        name: value
        for name, value in observation._asdict().items()
        if value is not None
        and value is not False
        and value != ()
        and name not in ("at_us", "system", "queue_id")
    }
    return {"kind": type(observation).__name__, **said}

"""What the gateway says of its work: one log line a report, and numbers for Prometheus.

Ordinary messages are counted only. The log is JSON, one object a line, on standard error.
"""

import contextlib
import os
import sys
from typing import Any, Literal

import structlog
from prometheus_client import Counter, Gauge, Histogram

from retour.gateway.rewriting import Decision, Reason

Failure = Literal["error", "timeout", "overload", "server-refuses-edits"]
"""Why a message passed unchanged that should have been decided about."""

DropCause = Literal["protocol", "idle", "overload", "stopping"]
"""Why we closed a connection."""

_LATENCIES_S = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60)

_MESSAGES = Counter("retour_milter_messages_total", "Messages, by what they are to us", ("sender",))
_GIVEN = _MESSAGES.labels("given")
_REPORTS = Counter(
    "retour_milter_reports_total",
    "Messages with a null sender, by what was done and why",
    ("verdict", "reason", "kind"),
)
_CAUSES = Counter(
    "retour_milter_causes_total", "Causes that reports named, once a report", ("cause", "verdict")
)
_FAILURES = Counter(
    "retour_milter_failures_open_total", "Messages that passed for a fault of ours", ("failure",)
)
_SECONDS = Histogram(
    "retour_milter_answer_seconds",
    "From the end of a message with a null sender to our answer",
    buckets=_LATENCIES_S,
)
_CONNECTIONS = Gauge("retour_milter_connections", "Open connections", multiprocess_mode="livesum")
_DROPPED = Counter(
    "retour_milter_connections_dropped_total", "Connections closed by us", ("cause",)
)
_UNRECORDED = Counter(
    "retour_milter_unrecorded_total", "Messages that the trail did not get", ("cause",)
)


def open_log() -> Any:
    """Return the log; standard error is shared by all processes, a line at a time."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(),
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    return structlog.get_logger(pid=os.getpid())


class Journal:
    """Writes lines and counts."""

    def __init__(self) -> None:
        self._log = open_log()
        self._given = 0  # since they were published: numbers that processes share are slow

    def _say(self, level: str, event: str, **facts: object) -> None:
        # A log that is full or gone must not cost a message its answer.
        with contextlib.suppress(OSError, ValueError):
            getattr(self._log, level)(event, **facts)

    def count_ordinary(self) -> None:
        """A message with a sender passed."""
        self._given += 1

    def passed(self, reason: Reason, **facts: object) -> None:
        """A message with a null sender passed without being read."""
        _MESSAGES.labels("null").inc()
        _REPORTS.labels("unchanged", reason, "").inc()
        self._say("info", "report", verdict="unchanged", reason=reason, **facts)

    def decided(self, decision: Decision, seconds: float, **facts: object) -> None:
        """A message with a null sender was read."""
        _MESSAGES.labels("null").inc()
        _REPORTS.labels(decision.verdict, decision.reason, decision.kind).inc()
        for cause in decision.causes:
            _CAUSES.labels(cause, decision.verdict).inc()
        _SECONDS.observe(seconds)
        self._say(
            "info",
            "report",
            verdict=decision.verdict,
            reason=decision.reason,
            kind=decision.kind,
            causes=list(decision.causes),
            verified=decision.verified,
            ms=round(seconds * 1000),
            **facts,
        )

    def failed_open(
        self, failure: Failure, error: BaseException | None = None, **facts: object
    ) -> None:
        """A message passed unchanged for a fault of ours."""
        _MESSAGES.labels("null").inc()
        _FAILURES.labels(failure).inc()
        said = {"exc_info": error} if error else {}
        self._say("error", "report", verdict="unchanged", reason=failure, **said, **facts)

    def publish(self, connections: int) -> None:
        """Bring the numbers up to date that change with every message.

        Args:
            connections: that are open.
        """
        _CONNECTIONS.set(connections)
        _GIVEN.inc(self._given)
        self._given = 0

    def dropped(self, cause: DropCause, **facts: object) -> None:
        """We closed a connection."""
        _DROPPED.labels(cause).inc()
        self._say("warning", "connection closed", cause=cause, **facts)

    def unrecorded(
        self, cause: Literal["queue-full", "store"], count: int, error: str = ""
    ) -> None:
        """The trail did not get some messages."""
        _UNRECORDED.labels(cause).inc(count)
        self._say("warning", "not recorded", cause=cause, messages=count, error=error)

    def say(self, event: str, **facts: object) -> None:
        """Say what happened to the daemon itself."""
        self._say("info", event, **facts)

    def complain(self, event: str, **facts: object) -> None:
        """Say what is wrong with the daemon itself."""
        self._say("error", event, **facts)

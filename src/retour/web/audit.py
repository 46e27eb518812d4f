"""The audit log: who looked at whose mail, one JSON object a line."""

import sys
from pathlib import Path
from typing import TextIO

import structlog
from starlette.requests import Request

from retour.model.analysis import Analysis
from retour.service.complaint import SettingsError
from retour.web.person import Person

_ADDRESSES_MAX = 20
_LINKS = "/s/"


class Audit:
    """Writes the log; a line holds names and addresses, never a mail's content."""

    def __init__(self, file: Path | None) -> None:
        """Open the log.

        Args:
            file: lines are added to its end; None: standard error.

        Raises:
            SettingsError: it cannot be written.
        """
        self._file: TextIO | None = None
        if file:
            try:
                self._file = file.open("a", encoding="utf-8", errors="backslashreplace")
            except OSError as error:
                raise SettingsError(
                    f"web.audit_log: {file} cannot be written: {error.strerror}."
                ) from None
        self._log = structlog.wrap_logger(
            structlog.PrintLogger(self._file or sys.stderr),
            processors=[
                structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )

    def close(self) -> None:
        """Let the file go."""
        if self._file:
            self._file.close()

    def record(self, request: Request, person: Person, event: str, **what: object) -> None:
        """Write one line.

        Args:
            request: what was asked; its address and path are named.
            person: who asked.
            event: what was done, for example ``mail explained``.
            what: whose mail it was.
        """
        client = request.client.host if request.client else None
        path = request.url.path
        if path.startswith(_LINKS):  # whoever reads the log is not to open them
            path = _LINKS
        self._log.info(
            event, person=person.name, role=person.role, client=client, path=path, **what
        )

    def record_mail(self, request: Request, person: Person, event: str, analysis: Analysis) -> None:
        """Write one line about a report: whom its original is from, and to whom."""
        report = analysis.report
        original = report.original
        self.record(
            request,
            person,
            event,
            sender=original.from_ if original else None,
            recipients=[one.address for one in report.recipients[:_ADDRESSES_MAX]],
            message_id=original.message_id if original else None,
        )

"""Dovecot's delivery lines (LMTP, LDA and Sieve; 1.2 to 2.4), from syslog or its own log file.

The session in angle brackets is the id that the LMTP reply gives to the server in front, and the
queue id here.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from retour.ingest.logs.reader import LogContext
from retour.ingest.logs.replies import find_status
from retour.ingest.logs.syslog import SyslogLine, SyslogReader
from retour.model.trail import Arrival, HandOver, HandOverOutcome, Observation

_NOTHING: Sequence[Observation] = ()
_TEXT_MAX = 8_192

_LINE = re.compile(
    r"(lmtp|lda|deliver)\((?:\d+, ?)?([^)\s,]+)(?:, ?[^)]*)?\)(?:<\d+>)?(?:<([^>]+)>)?: "
    r"(?:([\w+/]{16,}(?::\d+)?): )?(?:(?:Info|Error|Warning): )?(?:sieve: )?"
    r"msgid=(<[^>]*>|[^\s:]*): (.*)",
    re.DOTALL,
)
# Done to the message as a whole; a vacation notice, say, is beside it.
_ACTIONS: tuple[tuple[str, HandOverOutcome], ...] = (
    ("saved mail to ", "delivered"),
    ("stored mail into mailbox ", "delivered"),
    ("fileinto action: stored ", "delivered"),
    ("store action: stored ", "delivered"),
    ("redirect action: forwarded to ", "expanded"),
    ("forwarded to ", "expanded"),
    ("discard action: ", "discarded"),
    ("discarded message", "discarded"),
    ("discarding message", "discarded"),
    ("marked message to be discarded", "discarded"),
    ("reject action: ", "failed"),
    ("rejected", "failed"),
    ("save failed to ", "failed"),
    ("failed to save", "failed"),
    ("failed to store into mailbox ", "failed"),
)


class DovecotDialect:
    """A `retour.ingest.logs.syslog.Dialect`."""

    def read(self, line: SyslogLine) -> Sequence[Observation] | None:
        """Read one line."""
        found = _LINE.match(line.text[:_TEXT_MAX])
        if not found:
            return _NOTHING
        program, user, session, older_session, message_id, words = found.groups()
        # Until 2.2 LDA logged no session; then the Message-ID alone tells messages apart.
        queue_id = session or older_session or message_id
        said = words.lower()
        outcome = next((end for start, end in _ACTIONS if said.startswith(start)), None)
        if outcome is None or not queue_id:
            return _NOTHING
        return (
            Arrival(
                line.at_us,
                line.host,
                queue_id,
                message_id if "@" in message_id or message_id.startswith("<") else None,
                protocol="LMTP" if program == "lmtp" else "local",
                recipients=(user,),
            ),
            HandOver(
                line.at_us,
                line.host,
                queue_id,
                user,
                outcome=outcome,
                host="dovecot",
                status=find_status(words),
                reply=words,
            ),
        )

    def save(self) -> Mapping[str, Any]:
        """Return nothing: each line stands for itself."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on; there is nothing to know."""


class DovecotReader:
    """A log reader (`retour.ingest.logs.reader.LogReader`) for Dovecot's own log file."""

    def __init__(self, context: LogContext) -> None:
        self._frame = SyslogReader(context, {"dovecot": DovecotDialect()})
        self._system = context.system

    def read(self, line: str) -> Sequence[Observation] | None:
        """Read ``Nov 24 02:40:14 lmtp(user)<1><session>: Info: …``; see `LogReader.read`."""
        if line[:1].isdigit():
            width = line.find(" ", 11)
            stamp = line[:width].replace(" ", "T")
        else:
            width = 15
            stamp = line[:width]
        return self._frame.read(f"{stamp} {self._system} dovecot: {line[width + 1 :]}")

    def save(self) -> Mapping[str, Any]:
        """Return what must be remembered."""
        return self._frame.save()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `save` returned."""
        self._frame.restore(state)

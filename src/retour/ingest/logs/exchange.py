"""Exchange's message tracking log and Microsoft 365's message traces, all CSV.

- Exchange on-premises (MSGTRK*.LOG): a ``#Fields:`` line, one event a row
  (learn.microsoft.com/exchange/mail-flow/transport-logs/message-tracking);
- Microsoft 365 historical search, extended: the same events, the names with underscores;
- its enhanced summary: one row a message, ``recipient_status`` as ``address##Receive, Send;…``;
- ``Get-MessageTraceV2 | Export-Csv``: one row a recipient with its ``Status``.

Columns are found by their names without punctuation, so that order and spelling are free. One
message keeps its network message id through all servers and is one copy at each.
"""

import csv
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from retour.ingest.logs.figures import COUNT_MAX, read_figure
from retour.ingest.logs.reader import LogContext
from retour.ingest.logs.replies import find_status
from retour.model.trail import Arrival, HandOver, HandOverOutcome, Observation

_NOTHING: Sequence[Observation] = ()
_LINE_MAX = 1_000_000
"""Characters of a row. A row names every recipient, and Exchange takes thousands in one message."""
_SPECIAL = re.compile(r"[^a-z0-9]")
_CLOUD = "microsoft365"

_TIMES = (
    "datetimeutc",
    "datetime",
    "origintimestamputc",
    "origintimestamp",
    "received",
    "timestamp",
)
_LOCAL_TIMES: tuple[tuple[re.Pattern[str], str], ...] = (
    # What Export-Csv makes of a time under en-US, de-DE, and most of the rest.
    (re.compile(r"\d+/\d+/\d{4} \d+:\d+:\d+ [AP]M$"), "%m/%d/%Y %I:%M:%S %p"),
    (re.compile(r"\d+\.\d+\.\d{4} \d+:\d+:\d+$"), "%d.%m.%Y %H:%M:%S"),
    (re.compile(r"\d+/\d+/\d{4} \d+:\d+:\d+$"), "%d/%m/%Y %H:%M:%S"),
)

# What became of a recipient, by the event.
_ENDS: Mapping[str, HandOverOutcome] = {
    "DELIVER": "delivered",
    "SEND": "relayed",
    "FAIL": "failed",
    "DELIVERFAIL": "failed",
    "BADMAIL": "failed",
    "MODERATORREJECT": "failed",
    "MODERATIONEXPIRE": "failed",
    "DEFER": "deferred",
    "SUBMITDEFER": "deferred",
    "POISONMESSAGE": "held",
    "DROP": "discarded",
    "THROTTLE": "discarded",
    "SUPPRESSED": "discarded",
    # The mailbox has the message already; this copy is thrown away without a word.
    "DUPLICATEDELIVER": "discarded",
}
_ARRIVALS = frozenset({"RECEIVE", "SUBMIT", "CLIENTSUBMISSION", "INITMESSAGECREATED"})
_REPLACED = frozenset({"EXPAND", "REDIRECT", "RESOLVE"})

_STATUSES: Mapping[str, HandOverOutcome] = {
    "delivered": "delivered",
    "deliver": "delivered",
    "filteredasspam": "delivered",
    "send": "relayed",
    "expanded": "expanded",
    "expand": "expanded",
    "resolved": "expanded",
    "failed": "failed",
    "fail": "failed",
    "pending": "deferred",
    "defer": "deferred",
    "quarantined": "held",
    "drop": "discarded",
}


class ExchangeReader:
    """A log reader (`retour.ingest.logs.reader.LogReader`) for all of them."""

    def __init__(self, context: LogContext) -> None:
        self._context = context
        self._columns: tuple[str, ...] = ()
        self._delimiter = ","
        self._begun = ""

    def read(self, line: str) -> Sequence[Observation] | None:
        """Read one line; see `LogReader.read`. A quoted value may go on in the next."""
        if self._begun:
            line = line if self._is_row(line) else f"{self._begun}\n{line}"
            self._begun = ""
        elif line.startswith("#"):
            return self._read_comment(line)
        if len(line) > _LINE_MAX:
            return None
        if line.count('"') % 2:
            self._begun = line
            return _NOTHING
        if not line.strip():
            return _NOTHING
        if not self._columns:
            return self._read_header(line)
        values = _split_row(line, self._delimiter)
        if len(values) < 2:
            return None
        row = {
            name: value.strip()
            for name, value in zip(self._columns, values, strict=False)
            if value.strip()
        }
        at_us = self._read_time(row)
        return None if at_us is None else _read_row(at_us, row, self._context.system)

    def save(self) -> Mapping[str, Any]:
        """Return the columns' names and a row that is not complete yet."""
        return {"columns": self._columns, "delimiter": self._delimiter, "begun": self._begun}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `save` returned."""
        self._columns = tuple(state.get("columns", ()))
        self._delimiter = state.get("delimiter", ",")
        self._begun = state.get("begun", "")

    def _is_row(self, line: str) -> bool:
        """Tell whether a line is a row by itself: what was begun before it had a stray quote."""
        values = _split_row(line, self._delimiter)
        if not self._columns or len(values) != len(self._columns):
            return False
        return self._read_time(dict(zip(self._columns, values, strict=True))) is not None

    def _read_comment(self, line: str) -> Sequence[Observation]:
        name, _, fields = line.partition(":")
        if name.strip().lower() == "#fields":
            self._set_columns(fields)
        return _NOTHING

    def _read_header(self, line: str) -> Sequence[Observation] | None:
        self._set_columns(line)
        if is_trace(self._columns):
            return _NOTHING
        self._columns = ()
        return None

    def _set_columns(self, line: str) -> None:
        self._delimiter = max(",;\t", key=line.count)
        names = _split_row(line.strip(), self._delimiter)
        self._columns = tuple(_SPECIAL.sub("", name.lower()) for name in names)

    def _read_time(self, row: Mapping[str, str]) -> int | None:
        text = next((row[name] for name in _TIMES if name in row), "")
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            form = next((form for shape, form in _LOCAL_TIMES if shape.match(text)), None)
            if form is None:
                return None
            try:
                at = datetime.strptime(text, form)
            except ValueError:
                return None
        try:
            at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
        except OverflowError:  # outside of the calendar once it is in UTC
            return None
        return int(at.replace(microsecond=0).timestamp()) * 1_000_000 + at.microsecond


# The module refuses cells over 128 kB; one row names every recipient of its message.
csv.field_size_limit(_LINE_MAX)


def _split_row(line: str, delimiter: str) -> list[str]:
    """Return the cells of a row, none where it is no row."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # a line end where none may be
        return []


def is_trace(columns: Sequence[str]) -> bool:
    """Tell whether these are the columns of a tracking log or a trace.

    Args:
        columns: names in lower case without punctuation.
    """
    names = set(columns)
    timed = not names.isdisjoint(_TIMES)
    return (
        timed
        and "messageid" in names
        and not names.isdisjoint({"eventid", "recipientstatus", "status"})
    )


def _read_row(at_us: int, row: Mapping[str, str], system: str) -> Sequence[Observation]:
    if "eventid" in row:
        return _read_event(at_us, row, system)
    return _read_summary(at_us, row)


def _read_event(at_us: int, row: Mapping[str, str], system: str) -> Sequence[Observation]:
    event = row["eventid"].upper()
    queue_id = row.get("networkmessageid") or row.get("internalmessageid")
    if not queue_id:
        return _NOTHING
    # In a SEND row the "client" is the server that sends, and the "server" the one that takes.
    host = row.get("clienthostname" if event == "SEND" else "serverhostname", "")
    system = host or system
    if event in _ARRIVALS or event == "DSN":
        return (_build_arrival(at_us, row, system, queue_id, is_report=event == "DSN"),)
    if event in _REPLACED and (group := row.get("relatedrecipientaddress")):
        members = row.get("recipientaddress")
        known = _name(at_us, row, system, queue_id)
        said = f"{event}: {members}"
        return known, HandOver(at_us, system, queue_id, group, outcome="expanded", reply=said)
    if event not in _ENDS:
        return _NOTHING
    return (
        _name(at_us, row, system, queue_id),
        *_build_hand_overs(at_us, row, system, queue_id, event),
    )


def _build_arrival(
    at_us: int, row: Mapping[str, str], system: str, queue_id: str, *, is_report: bool
) -> Arrival:
    size, count = row.get("totalbytes", ""), row.get("recipientcount", "")
    through_smtp = row.get("source", "SMTP").upper() == "SMTP"
    return Arrival(
        at_us,
        system,
        queue_id,
        row.get("messageid"),
        "" if is_report else _sender(row),
        row.get("clienthostname") if through_smtp else None,
        row.get("clientip") if through_smtp else None,
        protocol=row.get("source"),
        size_bytes=read_figure(size),
        recipient_count=read_figure(count, COUNT_MAX),
        subject=row.get("messagesubject"),
        recipients=_split(row.get("recipientaddress", "")),
        report_about=row.get("reference") if is_report else None,
    )


def _name(at_us: int, row: Mapping[str, str], system: str, queue_id: str) -> Arrival:
    """Say which message it is: the server's rows about its arrival may lie in another file."""
    return Arrival(
        at_us,
        system,
        queue_id,
        row.get("messageid"),
        _sender(row),
        subject=row.get("messagesubject"),
    )


def _sender(row: Mapping[str, str]) -> str | None:
    sender = row.get("returnpath") or row.get("senderaddress")
    return "" if sender == "<>" else sender


def _build_hand_overs(
    at_us: int, row: Mapping[str, str], system: str, queue_id: str, event: str
) -> Sequence[HandOver]:
    recipients = _split(row.get("recipientaddress", ""))
    replies = (
        row.get("recipientstatus", "").split(";")
        if len(recipients) > 1
        else [row.get("recipientstatus", "")]
    )
    sends = event == "SEND"
    observations = []
    for n, recipient in enumerate(recipients):
        reply = replies[n].strip() if n < len(replies) else ""
        if event not in ("DELIVER", "SEND") and not reply:
            reply = f"{event} {row.get('sourcecontext', '')}".strip()
        if event == "DUPLICATEDELIVER":
            reply = f"{event} {reply}".strip() if not reply.startswith(event) else reply
        observations.append(
            HandOver(
                at_us,
                system,
                queue_id,
                recipient,
                None,
                _ENDS[event],
                row.get("serverhostname"),
                row.get("serverip") if sends else None,
                find_status(reply),
                reply or None,
            )
        )
    return observations


def _read_summary(at_us: int, row: Mapping[str, str]) -> Sequence[Observation]:
    """Read a row of a trace: one message with its recipients' ends, or one recipient."""
    queue_id = row.get("networkmessageid") or row.get("messagetraceid")
    if not queue_id:
        return _NOTHING
    recipients = tuple(_ends(row))
    size = row.get("totalbytes") or row.get("size") or ""
    arrival = Arrival(
        at_us,
        _CLOUD,
        queue_id,
        row.get("messageid"),
        "" if row.get("senderaddress") == "<>" else row.get("senderaddress"),
        peer_address=row.get("originalclientip") or row.get("fromip"),
        size_bytes=read_figure(size),
        subject=row.get("messagesubject") or row.get("subject"),
        recipients=tuple(address for address, _, _ in recipients),
    )
    return arrival, *(
        HandOver(
            at_us, _CLOUD, queue_id, address, outcome=outcome, address=row.get("toip"), reply=said
        )
        for address, outcome, said in recipients
        if outcome is not None
    )


def _ends(row: Mapping[str, str]) -> list[tuple[str, HandOverOutcome | None, str]]:
    """Return each recipient with what became of it, and the words for that."""
    if address := row.get("recipientaddress"):
        said = row.get("status", "")
        return [(address, _STATUSES.get(said.replace(" ", "").lower()), said)]
    ends: list[tuple[str, HandOverOutcome | None, str]] = []
    for part in row.get("recipientstatus", "").split(";"):
        address, _, said = part.strip().partition("##")
        events = [_STATUSES.get(event.strip().lower()) for event in said.split(",")]
        if address:
            ends.append((address, next(filter(None, reversed(events)), None), said))
    return ends


def _split(addresses: str) -> tuple[str, ...]:
    return tuple(address.strip() for address in addresses.split(";") if address.strip())

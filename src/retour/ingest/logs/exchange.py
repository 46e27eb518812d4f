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
from retour.ingest.logs.memory import remember
from retour.ingest.logs.reader import LogContext
from retour.ingest.logs.replies import find_status
from retour.model.trail import Arrival, HandOver, HandOverOutcome, Link, Observation

_NOTHING: Sequence[Observation] = ()
_LINE_MAX = 1_000_000
"""Characters of a row. A row names every recipient, and Exchange takes thousands in one message."""
_SPECIAL = re.compile(r"[^a-z0-9]")
_CLOUD = "microsoft365"
_RENAMED_MAX = 100

_TIMES = (
    "datetimeutc",
    "datetime",
    "origintimestamputc",
    "origintimestamp",
    "receivedutc",
    "received",
    "dateutc",
    "timestamp",
)
# What Export-Csv makes of a time in the regions of the world. Where the day and the month could
# be either, a clock of twelve hours is American, and so is the month in front.
_LOCAL_TIME = re.compile(
    r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4}),? "
    r"(\d{1,2})[:.](\d\d)(?:[:.](\d\d))?(?: ?([AaPp])\.?[Mm]\.?)?$"
)
# Names of one thing in exports of different commands.
_SYNONYMS: Mapping[str, str] = {
    "sender": "senderaddress",
    "recipient": "recipientaddress",
    "recipients": "recipientaddress",
    "sizebytes": "size",
}

# What became of a recipient, by the event.
_ENDS: Mapping[str, HandOverOutcome] = {
    "DELIVER": "delivered",
    "SEND": "relayed",
    "SENDEXTERNAL": "relayed",
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
    # This copy is thrown away without a word, because the mailbox has the message already.
    "DUPLICATEDELIVER": "delivered",
}
_SENDS = frozenset({"SEND", "SENDEXTERNAL"})
_ARRIVALS = frozenset({"RECEIVE", "SUBMIT", "CLIENTSUBMISSION", "INITMESSAGECREATED"})
_REPLACED = frozenset({"EXPAND", "REDIRECT", "RESOLVE"})
# One address for one; of a group each member is another.
_RENAMED = frozenset({"REDIRECT", "RESOLVE"})
_REPLY = re.compile(r"\[(?:\{[^{}]*\};?)*\]|[^;]+")
_REPLY_FIELD = re.compile(r"\{(\w+)=([^{}]*)\}")

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
    "quarantine": "held",
    "sendexternal": "relayed",
    "drop": "discarded",
}


class ExchangeReader:
    """A log reader (`retour.ingest.logs.reader.LogReader`) for all of them."""

    def __init__(self, context: LogContext) -> None:
        self._context = context
        self._columns: tuple[str, ...] = ()
        self._delimiter = ","
        self._begun = ""
        # By message: the addresses that others were replaced by, with those they stand for.
        self._renamed: dict[str, dict[str, str]] = {}

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
        return None if at_us is None else self._read_row(at_us, row)

    def save(self) -> Mapping[str, Any]:
        """Return the columns' names, a row that is not complete yet, and who was renamed."""
        return {
            "columns": self._columns,
            "delimiter": self._delimiter,
            "begun": self._begun,
            "renamed": self._renamed,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `save` returned."""
        self._columns = tuple(state.get("columns", ()))
        self._delimiter = state.get("delimiter", ",")
        self._begun = state.get("begun", "")
        self._renamed = {key: dict(names) for key, names in state.get("renamed", {}).items()}

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
        plain = (_SPECIAL.sub("", name.lower()) for name in names)
        self._columns = tuple(_SYNONYMS.get(name, name) for name in plain)

    def _read_time(self, row: Mapping[str, str]) -> int | None:
        text = next((row[name] for name in _TIMES if name in row), "")
        at = _read_moment(text)
        if at is None:
            return None
        try:
            at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
        except OverflowError:  # outside of the calendar once it is in UTC
            return None
        return int(at.replace(microsecond=0).timestamp()) * 1_000_000 + at.microsecond

    def _read_row(self, at_us: int, row: Mapping[str, str]) -> Sequence[Observation]:
        return self._read_event(at_us, row) if "eventid" in row else _read_summary(at_us, row)

    def _read_event(self, at_us: int, row: Mapping[str, str]) -> Sequence[Observation]:
        event = row["eventid"].upper()
        queue_id = row.get("networkmessageid") or row.get("internalmessageid")
        if not queue_id:
            return _NOTHING
        names = ["serverhostname", "clienthostname"]
        if _is_sending(event, row):  # the "client" is then this server, and the "server" the next
            names.reverse()
        system = next((row[name] for name in names if name in row), self._context.system)
        if event in _ARRIVALS or event == "DSN":
            return (_build_arrival(at_us, row, system, queue_id, is_report=event == "DSN"),)
        if event == "TRANSFER":
            return _read_transfer(at_us, row, system, queue_id)
        if event in _REPLACED and (former := row.get("relatedrecipientaddress")):
            return self._replace(at_us, row, system, queue_id, former)
        if event not in _ENDS:
            return _NOTHING
        originals = self._renamed.get(queue_id, {})
        return (
            _name(at_us, row, system, queue_id),
            *_build_hand_overs(at_us, row, system, queue_id, event, originals),
        )

    def _replace(
        self, at_us: int, row: Mapping[str, str], system: str, queue_id: str, former: str
    ) -> Sequence[Observation]:
        """Read that an address was replaced by another, or a group by its members."""
        event, members = row["eventid"].upper(), row.get("recipientaddress", "")
        known = _name(at_us, row, system, queue_id)
        if event in _RENAMED and members:
            names = self._renamed.get(queue_id, {})
            if len(names) < _RENAMED_MAX:
                names[members.lower()] = names.get(former.lower(), former)
            remember(self._renamed, queue_id, names)
        said = f"{event}: {members}"
        return known, HandOver(at_us, system, queue_id, former, outcome="expanded", reply=said)


def _read_moment(text: str) -> datetime | None:
    """Read a time as ISO 8601 writes it, or as one of the world's regions does."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        found = _LOCAL_TIME.match(text)
    if not found:
        return None
    first, separator, second, third, hour, minute, seconds, half = found.groups()
    numbers = int(first), int(second), int(third)
    if len(first) == 4:
        year, month, day = numbers
    elif separator == "/" and ((half and numbers[0] <= 12) or numbers[1] > 12):
        month, day, year = numbers
    else:
        day, month, year = numbers
    hours = int(hour) % 12 + (12 if half in "Pp" else 0) if half else int(hour)
    try:
        return datetime(year, month, day, hours, int(minute), int(seconds or 0))
    except ValueError:
        return None


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


def _is_sending(event: str, row: Mapping[str, str]) -> bool:
    """Tell whether a row is about a connection that this server opened."""
    connector = row.get("connectorid", "")
    if event in ("FAIL", "DEFER") and row.get("source", "").upper() == "SMTP":
        return bool(connector) and "\\" not in connector  # one that receives is SERVER\name
    return event in _SENDS


def _read_transfer(
    at_us: int, row: Mapping[str, str], system: str, queue_id: str
) -> Sequence[Observation]:
    """Read that some recipients go on in a copy of their own, under another internal id."""
    arrival = _build_arrival(at_us, row, system, queue_id, is_report=False)
    former = row.get("reference", "")
    if "networkmessageid" in row or not former.isdecimal():
        return (arrival,)
    return arrival, Link(at_us, system, former, queue_id, "forwarded")


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


def _split_replies(status: str, count: int) -> list[str]:
    """Split ``recipient-status`` into one reply a recipient; braces keep semicolons together."""
    return _REPLY.findall(status) if count > 1 else [status]


def _read_reply(status: str) -> tuple[str, str | None]:
    """Return the words of ``[{LED=550 …};{FQDN=host};…]`` and the host that said them."""
    fields = dict(_REPLY_FIELD.findall(status))
    if "LED" not in fields:
        return status.strip(), None
    return fields["LED"].strip(), fields.get("FQDN") or None


def _build_hand_overs(
    at_us: int,
    row: Mapping[str, str],
    system: str,
    queue_id: str,
    event: str,
    originals: Mapping[str, str],
) -> Sequence[HandOver]:
    recipients = _split(row.get("recipientaddress", ""))
    replies = _split_replies(row.get("recipientstatus", ""), len(recipients))
    sends = event in _SENDS
    observations = []
    for n, recipient in enumerate(recipients):
        reply, host = _read_reply(replies[n]) if n < len(replies) else ("", None)
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
                originals.get(recipient.lower()),
                _ENDS[event],
                host or row.get("serverhostname"),
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

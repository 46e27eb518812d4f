"""Sessions of a capture as lines for people: findings first, then the dialogue with its times.

Lines are made once; plain text prints them as they are, the terminal in colours.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from retour.model.capture import CaptureSummary, Finding, Moment, Session, Transfer, Turn
from retour.rendering.foreign import fold_line, show_controls
from retour.rendering.layout import wrap
from retour.rendering.quantity import say_size
from retour.rendering.wording import Wording

Role = Literal["title", "alarm", "finding", "proof", "fact", "client", "server", "missing", "rule"]
_ALARMS = frozenset(
    (
        "client-left-before-reply",
        "sent-again",
        "server-left-before-reply",
        "no-reply",
        "connection-refused",
        "connection-unanswered",
        "tls-failed",
    )
)
_SIGNS = {"client": "C:", "server": "S:"}
_RECIPIENTS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One line, or one that is broken to the width of the page.

    Attributes:
        role: what it is; a terminal colours by it.
        first: what stands before its first line.
        text: its words.
    """

    role: Role
    first: str
    text: str


def describe_session(
    session: Session, findings: Sequence[Finding], number: int, wording: Wording
) -> Iterator[Line]:
    """Write one session.

    Args:
        session: the session.
        findings: what was found about it, what weighs most first.
        number: its number in the capture, from 1.
        wording: the language.
    """
    pen = _Pen(session, wording)
    yield pen.title(number)
    yield pen.times()
    for finding in findings:
        yield from pen.finding(finding)
    for transfer in session.transfers:
        yield pen.transfer(transfer)
    yield pen.ending()
    if session.turns:
        yield Line("fact", "  ", wording.say("capture", "dialogue"))
    for turn in session.turns:
        yield from pen.turn(turn)
    if session.omitted:
        yield Line("fact", "  ", wording.count(session.omitted, "capture", "omitted"))


def describe_summary(summary: CaptureSummary, wording: Wording) -> Iterator[Line]:
    """Write what was read of a capture, and what could not be."""
    if not summary.sessions:
        yield Line("fact", "", wording.say("capture", "nothing"))
    fields = {
        "packets": wording.count(summary.packets, "capture", "packets"),
        "sessions": wording.count(summary.sessions, "capture", "sessions"),
    }
    if summary.first and summary.last:
        fields |= {"first": stamp(summary.first), "last": stamp(summary.last)}
    yield Line("fact", "", wording.say("capture", "summary", fields=fields))
    for name in ("undecodable", "fragments", "outside"):
        if count := getattr(summary, name):
            yield Line("fact", "", wording.count(count, "capture", "defect", name))
    if summary.defect:
        yield Line("alarm", "", summary.defect)


def say_finding(finding: Finding, wording: Wording) -> str:
    """Return a finding's sentences."""
    keys = ("capture", "finding", finding.name, finding.variant or "text")
    return wording.say(*keys, fields=_make_fields(finding, wording))


def say_proof(what: str, wording: Wording) -> str:
    """Return what a packet proves."""
    return wording.say("capture", "proof", what)


def lay_out(lines: Iterator[Line], width: int) -> Iterator[tuple[Role, str]]:
    """Break lines to a width; no character of them can steer a terminal."""
    for line in lines:
        rest = " " * len(line.first)
        for text in wrap(line.text, width, first=line.first, rest=rest):
            yield line.role, show_controls(text)


def stamp(moment: Moment) -> str:
    """Return a packet's time for people, in UTC, to the microsecond."""
    return f"{moment.at:%Y-%m-%d %H:%M:%S.%f} UTC"


class _Pen:
    """Writes the lines of one session."""

    def __init__(self, session: Session, wording: Wording) -> None:
        self._session = session
        self._wording = wording

    def title(self, number: int) -> Line:
        """Name the two ends."""
        ends = {
            side: f"[{end.address}]:{end.port}"
            if ":" in end.address
            else f"{end.address}:{end.port}"
            for side, end in (("client", self._session.client), ("server", self._session.server))
        }
        text = self._wording.say("capture", "session", fields={"n": str(number), **ends})
        return Line("title", "", text)

    def times(self) -> Line:
        """Say when it was."""
        session = self._session
        lasts = [half.last for half in (session.from_client, session.from_server) if half.last]
        lasted = max((moment.at_us for moment in lasts), default=0) - session.began.at_us
        fields = {
            "began": stamp(session.began),
            "duration": _say_seconds(max(lasted, 0) / 1e6, self._wording),
        }
        return Line("fact", "  ", self._wording.say("capture", "times", fields=fields))

    def finding(self, finding: Finding) -> Iterator[Line]:
        """Write a finding and its packets."""
        is_alarm = finding.name in _ALARMS
        text = say_finding(finding, self._wording)
        yield Line("alarm" if is_alarm else "finding", "  !! " if is_alarm else "  -  ", text)
        for proof in finding.proof:
            packet = self._wording.say("capture", "packet", fields={"n": str(proof.moment.packet)})
            who = self._wording.say("capture", "sides", proof.side)
            what = say_proof(proof.what, self._wording)
            yield Line("proof", f"     {packet:14}{self._clock(proof.moment)}  ", f"{who}: {what}")

    def transfer(self, transfer: Transfer) -> Line:
        """Write a message in one paragraph."""
        say = self._wording.say
        parts = [self._envelope(transfer)]
        size = say_size(self._wording, transfer.size)
        if transfer.size or transfer.end_of_data:
            key = "size" if transfer.is_whole else "partial"
            parts.append(say("capture", "transfer", key, fields={"size": size}))
        if transfer.message_id:
            message_id = fold_line(transfer.message_id, 200)
            parts.append(
                say("capture", "transfer", "message_id", fields={"message_id": message_id})
            )
        parts.append(self._reply(transfer))
        return Line("fact", "  ", "; ".join(filter(None, parts)) + ".")

    def _envelope(self, transfer: Transfer) -> str:
        if transfer.mail_from is None and not transfer.rcpt_to:
            return self._wording.say("capture", "transfer", "unseen")
        shown = [f"<{rcpt.address}>" for rcpt in transfer.rcpt_to[:_RECIPIENTS_SHOWN]]
        recipients = ", ".join(shown)
        if more := len(transfer.rcpt_to) - len(shown):
            fields = {"shown": recipients, "n": str(more)}
            recipients = self._wording.say("names", "more", fields=fields)
        fields = {"mail_from": transfer.mail_from or "", "recipients": recipients or "-"}
        return self._wording.say("capture", "transfer", "envelope", fields=fields)

    def _reply(self, transfer: Transfer) -> str:
        say = self._wording.say
        if transfer.end_of_data is None and transfer.reply is None:
            return say("capture", "transfer", "unsent")
        if transfer.reply is None:
            return say("capture", "transfer", "unanswered")
        since = transfer.end_of_data or transfer.reply.began
        waited = (transfer.reply.began.at_us - since.at_us) / 1e6
        fields = {
            "waited": _say_seconds(max(waited, 0), self._wording),
            "reply": fold_line(transfer.reply.text, 300),
        }
        return say("capture", "transfer", "answered", fields=fields)

    def ending(self) -> Line:
        """Say how it ended."""
        ending = self._session.ending
        fields = {"phase": self._wording.say("capture", "phase", ending.phase)}
        if ending.by:
            fields["By"] = self._wording.say("capture", "Sides", ending.by)
        said = self._wording.say("capture", "ending", ending.how, fields=fields)
        return Line("fact", "  ", self._wording.say("capture", "ended", fields={"ending": said}))

    def turn(self, turn: Turn) -> Iterator[Line]:
        """Write an entry of the dialogue, a reply line by line."""
        lines = turn.text.split("\n")
        if turn.kind not in ("command", "reply", "other"):
            size = say_size(self._wording, turn.size)
            lines = [self._wording.say("capture", "content", turn.kind, fields={"size": size})]
        role: Role = "missing" if turn.kind == "missing" else turn.side
        since = (turn.ended.at_us - self._session.began.at_us) / 1e6
        first = f"  {since:12.6f}  {_SIGNS[turn.side]} "
        for line in lines:
            yield Line(role, first, line)
            first = f"  {'':12}  {_SIGNS[turn.side]} "

    def _clock(self, moment: Moment) -> str:
        at: datetime = moment.at
        return f"{at:%H:%M:%S.%f}"


def _make_fields(finding: Finding, wording: Wording) -> dict[str, str]:
    """Turn a finding's facts into words."""
    fields: dict[str, str] = {}
    for name, value in finding.facts.items():
        if name.endswith("_s"):
            fields[name.removesuffix("_s")] = _say_seconds(float(value), wording)
        elif name.endswith("octets"):
            fields[name] = say_size(wording, int(value))
        elif name == "phase":
            fields[name] = wording.say("capture", "phase", str(value))
        elif name in ("by", "waited_for"):
            fields[name] = wording.say("capture", "sides", str(value))
            fields[name.capitalize()] = wording.say("capture", "Sides", str(value))
        elif name == "answers":
            fields[name] = _say_answered(str(value), wording)
        elif value != "":
            fields[name] = fold_line(str(value), 500)
    return fields


def _say_answered(verb: str, wording: Wording) -> str:
    known = wording.say("capture", "answers", verb or "nothing")
    return known or wording.say("capture", "answers", "other", fields={"verb": verb})


def _say_seconds(seconds: float, wording: Wording) -> str:
    """Return a duration to the millisecond: what people compare with time-outs."""
    number = f"{seconds:.3f}".replace(".", wording.say("units", "decimal"))
    return wording.say("capture", "seconds", fields={"n": number})

"""SMTP sessions to findings: each with the packets that prove it.

Rule: a finding is a fact about packets. What a capture cannot show (its beginning, its end, one
direction, what is encrypted) never counts as proof that something did not happen.
"""

from collections import OrderedDict
from collections.abc import Iterator

from retour.model.capture import Finding, Moment, Proof, Session, Side, Transfer, Turn

SLOW_S = 10.0
"""From so many seconds on a reply counts as slow."""
SILENT_US = 30_000_000
"""No acknowledgement for so long: TCP confirms within half a second (RFC 9293 §3.8.6.3)."""
_REMEMBERED_MAX = 10_000
_REJECTIONS_MAX = 20
_REJECTABLE = frozenset(
    ("greeting", "HELO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "BDAT", "end-of-data")
)
_UNSPOKEN = frozenset(("connect", "tls", "quit", "unknown"))

Facts = dict[str, str | int | float]


class Findings:
    """Judges sessions in the order in which they came, so that a repetition is known as one."""

    def __init__(self, *, slow_s: float = SLOW_S) -> None:
        """Begin with nothing remembered.

        Args:
            slow_s: seconds from which on a reply counts as slow.
        """
        self._slow_us = round(slow_s * 1e6)
        # Messages that the server answered to nobody, by Message-ID; bounded.
        self._left: OrderedDict[str, tuple[frozenset[str], Moment, Transfer]] = OrderedDict()

    def judge(self, session: Session) -> tuple[Finding, ...]:
        """Find what is worth knowing about a session, what weighs most first."""
        left = [
            (transfer, finding)
            for transfer in session.transfers
            if (finding := _find_left(session, transfer))
        ]
        found = [finding for _, finding in left]
        found += _find_left_sealed(session, self._slow_us)
        found += self._find_repeated(session)
        for transfer, finding in left:
            self._remember(transfer, finding)
        if not left:
            found += _find_unanswered(session)
            found += _find_broken(session)
        found += _find_unconnected(session)
        found += _find_rejected(session)
        found += self._find_slow(session)
        found += _find_hidden(session)
        return (*found, *_find_uncaptured(session))

    def _remember(self, transfer: Transfer, finding: Finding) -> None:
        """Keep a message whose client does not know its fate."""
        if transfer.message_id:
            recipients = frozenset(rcpt.address.lower() for rcpt in transfer.rcpt_to)
            moment = finding.proof[-1].moment
            self._left[transfer.message_id] = recipients, moment, transfer
            if len(self._left) > _REMEMBERED_MAX:
                self._left.popitem(last=False)

    def _find_repeated(self, session: Session) -> Iterator[Finding]:
        """Find messages that are sent again because the reply before had met nobody."""
        for transfer in session.transfers:
            before = self._left.get(transfer.message_id or "")
            if before is None or transfer.end_of_data is None:
                continue
            recipients, left, first = before
            again = sorted(recipients & {rcpt.address.lower() for rcpt in transfer.rcpt_to})
            if not again:
                continue
            twice = _is_positive(first.reply) and _is_positive(transfer.reply)
            proof = [Proof("left", "client", left)]
            proof.append(Proof("end-of-data", "client", transfer.end_of_data))
            yield Finding(
                "sent-again",
                "twice" if twice else "again",
                {
                    "message_id": transfer.message_id or "",
                    "recipients": ", ".join(again),
                    "queue_ids": " / ".join(filter(None, (first.queue_id, transfer.queue_id))),
                },
                _in_order(proof),
            )

    def _find_slow(self, session: Session) -> Iterator[Finding]:
        """Find replies that took long."""
        for turn in session.turns:
            if turn.due and turn.waited_us is not None and turn.waited_us >= self._slow_us:
                facts: Facts = {"answers": turn.answers or "", "waited_s": turn.waited_us / 1e6}
                proof = [
                    Proof("due", _find_sender(session, turn.due), turn.due),
                    Proof("reply", "server", turn.began),
                ]
                yield Finding("slow-reply", "", facts, _in_order(proof))


def _find_left(session: Session, transfer: Transfer) -> Finding | None:
    """Find out whether the client was gone when the server answered its message.

    An early FIN proves nothing: some clients close their direction together with a pipelined QUIT
    and still read every reply. A RST does, or silence, where the reply was never acknowledged.
    """
    end, reply, client = transfer.end_of_data, transfer.reply, session.from_client
    if end is None or not client.packets:
        return None
    proof = [Proof("end-of-data", "client", end)]
    if client.fin and client.fin > end and not (reply and client.fin > reply.ended):
        proof.append(Proof("fin", "client", client.fin))
    if reply is None:
        if not client.reset or client.reset < end or session.ending.phase != "end-of-data":
            return None
        proof.append(Proof("reset", "client", client.reset))
        return _make_left("unanswered", transfer, proof)
    if session.from_server.acknowledged >= reply.end:
        return None
    proof.append(Proof("reply", "server", reply.began))
    if client.reset and client.reset > end:
        proof.append(Proof("reset", "client", client.reset))
    elif (
        client.last
        and client.last < reply.began
        and session.watched_until.at_us - reply.ended.at_us >= SILENT_US
    ):
        proof.append(Proof("last", "client", client.last))
    else:
        return None
    return _make_left("taken" if _is_positive(reply) else "refused", transfer, proof)


def _find_left_sealed(session: Session, slow_us: int) -> Iterator[Finding]:
    """Find out the same where encryption hides the words: only after a long wait.

    Without one it says nothing: many clients close before the server's close_notify.
    """
    client, server = session.from_client, session.from_server
    last = session.turns[-1] if session.turns else None
    asked = session.turns[-2] if len(session.turns) > 1 else None
    if not (last and asked and last.kind == asked.kind == "tls" and last.side == "server"):
        return
    waited = last.began.at_us - asked.ended.at_us
    if waited < slow_us or not client.reset or server.acknowledged > last.end - last.size:
        return
    if not client.fin or not asked.ended <= client.fin <= last.began:
        return
    proof = (
        Proof("due", "client", asked.ended),
        Proof("fin", "client", client.fin),
        Proof("reply", "server", last.began),
        Proof("reset", "client", client.reset),
    )
    facts = {"waited_s": waited / 1e6}
    yield Finding("client-left-before-reply", "encrypted", facts, _in_order([*proof]))


def _make_left(variant: str, transfer: Transfer, proof: list[Proof]) -> Finding:
    """Write the finding."""
    facts: Facts = {}
    if transfer.reply:
        facts["reply"] = transfer.reply.text
        if transfer.end_of_data:
            facts["waited_s"] = (transfer.reply.began.at_us - transfer.end_of_data.at_us) / 1e6
    if transfer.queue_id:
        facts["queue_id"] = transfer.queue_id
    return Finding("client-left-before-reply", variant, facts, _in_order(proof))


def _find_unanswered(session: Session) -> Iterator[Finding]:
    """Find replies that never came: the server left, or it kept silent until the end."""
    ending = session.ending
    if ending.due != "server" or ending.phase in _UNSPOKEN or not session.from_server.packets:
        return
    asked = next((turn for turn in reversed(session.turns) if turn.side == "client"), None)
    began = asked.ended if asked else session.began
    proof = [Proof("due", "client", began), Proof(ending.how, ending.by or "client", ending.moment)]
    facts = {"phase": ending.phase, "waited_s": (ending.moment.at_us - began.at_us) / 1e6}
    if ending.how == "silence":
        facts["waited_s"] = (session.watched_until.at_us - began.at_us) / 1e6
        yield Finding("no-reply", "silence", facts, _in_order(proof[:1]))
    elif ending.how in ("fin", "reset") and ending.by == "server":
        yield Finding("server-left-before-reply", ending.how, facts, _in_order(proof))
    elif ending.how in ("fin", "reset"):
        yield Finding("no-reply", ending.how, facts, _in_order(proof))


def _find_broken(session: Session) -> Iterator[Finding]:
    """Find connections that broke in the middle, though no reply was due."""
    ending = session.ending
    if ending.due != "client" or ending.by is None or ending.phase in _UNSPOKEN:
        return
    facts: Facts = {"phase": ending.phase, "by": ending.by}
    if ending.how == "reset":
        proof = (Proof("reset", ending.by, ending.moment),)
        yield Finding("connection-reset", "", facts, proof)
    elif ending.how == "silence":
        facts["silent_s"] = (session.watched_until.at_us - ending.moment.at_us) / 1e6
        yield Finding("went-silent", "", facts, (Proof("last", ending.by, ending.moment),))


def _find_unconnected(session: Session) -> Iterator[Finding]:
    """Find attempts to connect that led to nothing."""
    ending, client = session.ending, session.from_client
    if ending.how == "refused":
        proof = [Proof("syn", "client", session.began), Proof("reset", "server", ending.moment)]
        yield Finding("connection-refused", "", {}, _in_order(proof))
    elif ending.how == "unanswered" and client.packets > 1:
        waited = (session.watched_until.at_us - session.began.at_us) / 1e6
        facts = {"attempts": client.packets, "waited_s": waited}
        proof = [Proof("syn", "client", session.began), Proof("syn", "client", ending.moment)]
        yield Finding("connection-unanswered", "", facts, _in_order(proof))


def _find_rejected(session: Session) -> Iterator[Finding]:
    """Find what the server refused, for good or for now."""
    rejections = [
        turn
        for turn in session.turns
        if turn.kind == "reply"
        and turn.text[:1] in "45"
        and (turn.answers in _REJECTABLE or turn.answers is None)
    ]
    for turn in rejections[:_REJECTIONS_MAX]:
        facts = {"answers": turn.answers or "", "reply": turn.text}
        variant = "for-now" if turn.text[:1] == "4" else "for-good"
        yield Finding("rejected", variant, facts, (Proof("reply", "server", turn.began),))


def _find_hidden(session: Session) -> Iterator[Finding]:
    """Find where encryption hides the rest, or failed."""
    tls = session.tls
    if tls is None or tls.began is None:
        return
    if tls.alert:
        side, name, moment = tls.alert
        proof = (Proof("alert", side, moment),)
        yield Finding("tls-failed", "", {"by": side, "alert": name}, proof)
    facts: Facts = {
        "client_octets": tls.client_octets,
        "server_octets": tls.server_octets,
    }
    proof_of_wait = [Proof("tls", "client", tls.began)]
    if tls.waited_for and tls.waited_from:
        facts |= {"longest_wait_s": tls.longest_wait_us / 1e6, "waited_for": tls.waited_for}
        other: Side = "server" if tls.waited_for == "client" else "client"
        proof_of_wait.append(Proof("due", other, tls.waited_from))
    variant = "implicit" if tls.implicit else "starttls"
    yield Finding("tls-hides", variant, facts, _in_order(proof_of_wait))


def _find_uncaptured(session: Session) -> Iterator[Finding]:
    """Find what the capture itself lacks."""
    client, server = session.from_client, session.from_server
    if session.ending.how in ("refused", "unanswered"):
        return
    if not client.packets or not server.packets:
        seen: Side = "server" if server.packets else "client"
        yield Finding("one-sided", seen, {}, (Proof("first", seen, session.began),))
        return
    if session.cut_packets:
        facts = {"packets": session.cut_packets}
        yield Finding("cut-capture", "packets", facts, (Proof("first", "client", session.began),))
    hole = next((turn for turn in session.turns if turn.kind == "missing"), None)
    if hole and not session.cut_packets:
        facts = {"octets": client.missing + server.missing}
        yield Finding("cut-capture", "missing", facts, (Proof("hole", hole.side, hole.began),))
    if not session.has_start:
        yield Finding("cut-capture", "start", {}, (Proof("first", "client", session.began),))
    if session.ending.how == "open":
        yield Finding("cut-capture", "end", {}, (Proof("last", "client", session.ending.moment),))


def _find_sender(session: Session, moment: Moment) -> Side:
    """Tell whose packet it was: the server's own, where a reply follows another or a SYN."""
    own = {turn.ended for turn in session.turns if turn.side == "server"}
    return "server" if moment in own or moment == session.from_server.first else "client"


def _is_positive(reply: Turn | None) -> bool:
    return reply is not None and reply.text[:1] == "2"


def _in_order(proof: list[Proof]) -> tuple[Proof, ...]:
    return tuple(sorted(proof, key=lambda one: (one.moment, one.what)))

"""A capture as JSON: one object a file, written session by session; see docs/pcap.md."""

from collections.abc import Iterable, Iterator, Sequence

from retour.model.capture import (
    CaptureSummary,
    Ending,
    Endpoint,
    Finding,
    Moment,
    Session,
    Stream,
    Tls,
    Transfer,
    Turn,
)
from retour.rendering.capture import say_finding, say_proof
from retour.rendering.json import JsonObject, to_line
from retour.rendering.wording import Wording

SCHEMA = "retour-pcap/1"
"""Name and version of the contract."""


def write_capture(
    source: str, sessions: Iterable[JsonObject], summarise: "Iterable[JsonObject]"
) -> Iterator[str]:
    """Write a capture's object piece by piece, so that a long one is never held whole.

    Args:
        source: the path as given; ``-`` for standard input.
        sessions: objects of :func:`session_to_dict`.
        summarise: yields the one object of :func:`summary_to_dict` (or of an error) once the
            sessions are through.
    """
    yield to_line({"schema": SCHEMA, "source": source})[:-1] + ', "sessions": ['
    before = ""
    for session in sessions:
        yield before + to_line(session)
        before = ", "
    yield "]"
    for summary in summarise:
        yield ", " + to_line(summary)[1:]
    yield "\n"


def session_to_dict(session: Session, findings: Sequence[Finding], wording: Wording) -> JsonObject:
    """Return the JSON object of one session."""
    return {
        "client": _endpoint(session.client),
        "server": _endpoint(session.server),
        "began": _time(session.began),
        "has_start": session.has_start,
        "helo": session.helo,
        "findings": [_finding(finding, wording) for finding in findings],
        "ending": _ending(session.ending),
        "messages": [_transfer(transfer) for transfer in session.transfers],
        "tls": _tls(session.tls) if session.tls else None,
        "dialogue": [_turn(turn) for turn in session.turns],
        "omitted": session.omitted,
        "from_client": _stream(session.from_client),
        "from_server": _stream(session.from_server),
        "cut_packets": session.cut_packets,
    }


def summary_to_dict(summary: CaptureSummary, error: str | None) -> JsonObject:
    """Return what stands behind the sessions: what was read, and why no more."""
    found: JsonObject = {
        "packets": summary.packets,
        "octets": summary.octets,
        "first": _time(summary.first),
        "last": _time(summary.last),
        "other": summary.other,
        "fragments": summary.fragments,
        "undecodable": summary.undecodable,
        "outside": summary.outside,
        "defect": summary.defect,
    }
    return found if error is None else {**found, "error": error}


def _finding(finding: Finding, wording: Wording) -> JsonObject:
    return {
        "name": finding.name,
        "variant": finding.variant or None,
        "sentence": say_finding(finding, wording),
        "facts": dict(finding.facts),
        "packets": [
            {
                "packet": proof.moment.packet,
                "at": _time(proof.moment),
                "from": proof.side,
                "what": proof.what,
                "sentence": say_proof(proof.what, wording),
            }
            for proof in finding.proof
        ],
    }


def _turn(turn: Turn) -> JsonObject:
    return {
        "from": turn.side,
        "kind": turn.kind,
        "text": turn.text,
        "size": turn.size,
        "at": _time(turn.began),
        "until": _time(turn.ended),
        "packet": turn.began.packet,
        "code": turn.code,
        "answers": turn.answers,
        "waited": turn.waited_us / 1e6 if turn.waited_us is not None else None,
    }


def _transfer(transfer: Transfer) -> JsonObject:
    reply, end = transfer.reply, transfer.end_of_data
    waited = (reply.began.at_us - end.at_us) / 1e6 if reply and end else None
    return {
        "mail_from": transfer.mail_from,
        "rcpt_to": [
            {"address": rcpt.address, "reply": rcpt.reply.text if rcpt.reply else None}
            for rcpt in transfer.rcpt_to
        ],
        "declared_size": transfer.declared_size,
        "size": transfer.size,
        "is_whole": transfer.is_whole,
        "message_id": transfer.message_id,
        "began": _time(transfer.began),
        "end_of_data": _time(end),
        "replied": _time(reply.began if reply else None),
        "waited": waited,
        "reply": reply.text if reply else None,
        "queue_id": transfer.queue_id,
    }


def _tls(tls: Tls) -> JsonObject:
    alert = None
    if tls.alert:
        side, name, moment = tls.alert
        alert = {"from": side, "alert": name, "at": _time(moment), "packet": moment.packet}
    return {
        "implicit": tls.implicit,
        "began": _time(tls.began),
        "server_name": tls.server_name,
        "version": tls.version,
        "client_octets": tls.client_octets,
        "server_octets": tls.server_octets,
        "longest_wait": tls.longest_wait_us / 1e6 if tls.waited_for else None,
        "waited_for": tls.waited_for,
        "waited_from": _time(tls.waited_from),
        "alert": alert,
    }


def _ending(ending: Ending) -> JsonObject:
    return {
        "how": ending.how,
        "by": ending.by,
        "phase": ending.phase,
        "due": ending.due,
        "at": _time(ending.moment),
        "packet": ending.moment.packet,
    }


def _stream(stream: Stream) -> JsonObject:
    return {
        "packets": stream.packets,
        "octets": stream.octets,
        "missing": stream.missing,
        "repeated": stream.repeated,
        "acknowledged": stream.acknowledged,
        "fin": _time(stream.fin),
        "reset": _time(stream.reset),
    }


def _endpoint(end: Endpoint) -> JsonObject:
    return {"address": end.address, "port": end.port}


def _time(moment: Moment | None) -> str | None:
    """Return RFC 3339 in UTC, always with microseconds."""
    return f"{moment.at.isoformat(timespec='microseconds')[:-6]}Z" if moment else None

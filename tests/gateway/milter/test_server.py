"""The milter on a socket, with miltertest (a client of others) in the mail server's place."""

import contextlib
import resource
import socket
import struct
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from email import message_from_bytes
from email.message import Message
from functools import partial
from typing import Any

import miltertest
import pytest
from lab_postfix import find_port, wait_for
from milter_packets import OWN_BOUNCE_PEER, PEER, field, offer, packet, read_packets
from running_milter import LIMITS, Running, Start
from sample_report import BODY, FIELDS, RAW

from retour.gateway.rewriting import Policy
from retour.service.milter import Place

_POLICY = Policy(domains=("home.test",))
_IDLE = 1_000
_IDLE_MAX_BYTES = 10_000
"""What an idle connection may cost, the client's end of it included."""
ReadLog = Callable[[int], list[dict[str, Any]]]


def _connect(place: Place) -> socket.socket:
    client = socket.socket(socket.AF_UNIX if place.path else socket.AF_INET, socket.SOCK_STREAM)
    client.settimeout(10)
    client.connect(place.path or (place.host, place.port))
    return client


def _raise_file_limit(least: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < least:
        resource.setrlimit(resource.RLIMIT_NOFILE, (least, hard))


def _has_taken(running: Running, count: int) -> bool:
    return len(running.server.connections) == count


@contextlib.contextmanager
def _milter(running: Running) -> Iterator[Any]:
    with _connect(running.place) as sock:
        # No step without a reply: the client waits for one each time.
        client = miltertest.MilterConnection(sock)
        client.optneg_mta(actions=0x1F, protocol=0x10007F)
        yield client


def _send(client: Any, *, is_own: bool = True, to: str = "alice@home.test") -> list[Any]:
    """Send the sample report; return what came for its end."""
    port, address = (0, "127.0.0.1") if is_own else (4711, "192.0.2.7")
    client.send(
        miltertest.SMFIC_CONNECT, hostname="localhost", family="4", port=port, address=address
    )
    client.send_macro(miltertest.SMFIC_MAIL, i="QUEUE1")
    client.send_get(miltertest.SMFIC_MAIL, args=["" if is_own else "<>"])
    client.send(miltertest.SMFIC_RCPT, args=[to if is_own else f"<{to}>"])
    for name, value in FIELDS:
        client.send(miltertest.SMFIC_HEADER, name=name.encode(), value=value.encode())
    answer = client.send_get(miltertest.SMFIC_EOH)
    if answer[0] != miltertest.SMFIR_CONTINUE:
        return [answer]
    client.send(miltertest.SMFIC_BODY, buf=BODY.decode())
    found: list[Any] = client.send_eom()
    return found


def _apply(answers: list[Any]) -> Message:
    """Return the mail that the edits make."""
    fields: list[tuple[str, str] | None] = list(FIELDS)
    body = b""
    for letter, values in answers:
        if letter == miltertest.SMFIR_REPLBODY:
            body += values["buf"].encode()
        elif letter == miltertest.SMFIR_ADDHEADER:
            fields.append((_text(values["name"]), _text(values["value"])))
        elif letter == miltertest.SMFIR_CHGHEADER:
            name = _text(values["name"]).lower()
            places = [n for n, f in enumerate(fields) if f and f[0].lower() == name]
            new = _text(values["value"])
            fields[places[values["index"] - 1]] = (name, new) if new else None
    header = "".join(f"{f[0]}:{f[1]}\n" for f in fields if f).replace("\n", "\r\n")
    return message_from_bytes(header.encode() + b"\r\n" + body)


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def test_an_own_report_is_rewritten(start: Start, read_log: ReadLog) -> None:
    """A client that we did not write gets a new body, and fields that fit it."""
    with _milter(start(_POLICY)) as client:
        answers = _send(client)
    mail = _apply(answers)
    assert mail.get_content_type() == "multipart/report"
    assert mail["Retour-Analysis"]
    assert mail["Message-Id"] == "<1@mail.home.test>"
    status = mail.get_payload(1)
    assert isinstance(status, Message)
    assert status.get_content_type() == "message/delivery-status"
    assert not mail.defects
    [line] = read_log(1)
    assert (line["verdict"], line["queue_id"], line["causes"]) == (
        "rewritten",
        "QUEUE1",
        ["user-unknown"],
    )


def test_a_foreign_report_passes_and_the_log_says_why(start: Start, read_log: ReadLog) -> None:
    """Nobody knows whether we sent what it is about: nothing is edited."""
    with _milter(start(_POLICY)) as client:
        assert [letter for letter, _ in _send(client, is_own=False)] == [miltertest.SMFIR_CONTINUE]
    assert read_log(1)[0]["reason"] == "unverified"


def test_a_report_to_a_program_is_let_go_before_its_body(start: Start, read_log: ReadLog) -> None:
    """The end of the header is answered with ACCEPT."""
    with _milter(start(_POLICY)) as client:
        [(letter, _)] = _send(client, to="list-bounces@home.test")
    assert letter == miltertest.SMFIR_ACCEPT
    assert read_log(1)[0]["reason"] == "program-recipient"


def test_an_ordinary_message_is_let_go_at_mail(start: Start, read_log: ReadLog) -> None:
    """Whatever has a sender costs one answer and no line."""
    with _milter(start(_POLICY)) as client:
        client.send(miltertest.SMFIC_CONNECT, hostname="x", family="4", port=9, address="192.0.2.7")
        letter, _ = client.send_get(miltertest.SMFIC_MAIL, args=["<a@away.test>"])
        assert letter == miltertest.SMFIR_ACCEPT
        letter, _ = client.send_get(miltertest.SMFIC_MAIL, args=["<b@away.test>"])
        assert letter == miltertest.SMFIR_ACCEPT
    assert read_log(0) == []


def test_too_large_a_report_passes(start: Start, read_log: ReadLog) -> None:
    """Above the limit nothing is kept, and nothing changed."""
    with _milter(start(replace(_POLICY, size_max_bytes=len(RAW) - 1))) as client:
        assert [letter for letter, _ in _send(client)] == [miltertest.SMFIR_CONTINUE]
    assert read_log(1)[0]["reason"] == "too-large"


def test_an_error_lets_the_message_pass(start: Start, read_log: ReadLog) -> None:
    """Whatever goes wrong on our side is logged and changes no mail; the next message is read."""

    def fail(*_: object) -> bool | None:
        raise OSError("no database")

    with _milter(start(_POLICY, verify=fail)) as client:
        assert [letter for letter, _ in _send(client, is_own=False)] == [miltertest.SMFIR_CONTINUE]
        client.sock.sendall(packet("K"))  # gets no reply
        assert len(_send(client)) > 1
    first, second = read_log(2)
    assert (first["reason"], first["level"]) == ("error", "error")
    assert "no database" in first["exception"]
    assert second["verdict"] == "rewritten"


def test_a_slow_decision_lets_the_message_pass(start: Start, read_log: ReadLog) -> None:
    """When the time is over the server gets its answer, and the late decision nobody."""
    gate = threading.Event()

    def wait(*_: object) -> bool | None:
        gate.wait(30)
        return True

    limits = replace(LIMITS, decision_timeout_s=0.2)
    with _milter(start(_POLICY, limits=limits, verify=wait)) as client:
        assert [letter for letter, _ in _send(client, is_own=False)] == [miltertest.SMFIR_CONTINUE]
        gate.set()
        client.sock.sendall(packet("K"))  # gets no reply
        client.send(miltertest.SMFIC_CONNECT, hostname="x", family="4", port=9, address="192.0.2.7")
        assert client.send_get(miltertest.SMFIC_MAIL, args=["<a@b>"])[0] == miltertest.SMFIR_ACCEPT
    assert [line["reason"] for line in read_log(1)] == ["timeout"]


def test_overload_lets_messages_pass(start: Start, read_log: ReadLog) -> None:
    """While all threads are busy and many wait, further messages are not decided about."""
    gate = threading.Event()

    def wait(*_: object) -> bool | None:
        gate.wait(60)
        return True

    running = start(_POLICY, verify=wait)
    socks = [_connect(running.place) for _ in range(33)]
    report = (
        offer()
        + PEER
        + packet("M", b"<>\0")
        + packet("R", b"<alice@home.test>\0")
        + b"".join(field(name, value.encode()) for name, value in FIELDS)
        + packet("N")
        + packet("B", BODY)
        + packet("E")
    )
    for sock in socks:
        sock.sendall(report)
    lines = read_log(1)
    assert [line["reason"] for line in lines] == ["overload"]
    gate.set()
    for sock in socks:
        sock.close()


def test_tcp_serves_as_well(start: Start) -> None:
    """The same dialogue over TCP."""
    place = Place("", "127.0.0.1", find_port())
    with _milter(start(_POLICY, place=place)) as client:
        assert len(_send(client)) > 1


_ABUSES = {
    "a gigabyte announced": offer() + struct.pack("!I", 1 << 30) + b"B" * 1000,
    "no octets": struct.pack("!I", 0),
    "text": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "out of order": offer() + packet("E"),
    "a NUL too many": offer() + packet("H", b"a\0b\0"),
    "an unknown command": offer() + packet("!"),
}


@pytest.mark.parametrize("abuse", _ABUSES)
def test_abuse_costs_one_connection_and_one_line(
    start: Start, read_log: ReadLog, abuse: str
) -> None:
    """The connection is closed; others go on, and memory stays."""
    running = start(_POLICY)
    with _milter(running) as client, _connect(running.place) as other:
        other.sendall(_ABUSES[abuse])
        with contextlib.suppress(ConnectionError):
            while other.recv(4096):
                pass
        assert len(_send(client)) > 1
    lines = read_log(2)
    assert [line["event"] for line in lines] == ["connection closed", "report"]
    assert lines[0]["cause"] == "protocol"
    wait_for(lambda: running.server.held_bytes == 0, "the memory")


def test_a_fault_of_ours_ends_one_connection(
    start: Start, read_log: ReadLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mail server goes on without us at once; the log says what it was; others are served."""

    def fail(*_: object) -> bytes:
        raise LookupError("a fault")

    running = start(_POLICY)
    with _milter(running) as client, _connect(running.place) as other:
        with monkeypatch.context() as patch:
            patch.setattr("retour.gateway.milter.session.Session.handle", fail)
            other.sendall(offer())
            with contextlib.suppress(ConnectionError):
                while other.recv(4096):
                    pass
        assert len(_send(client)) > 1
    lines = read_log(2)
    assert [line["event"] for line in lines] == ["fault", "report"]
    assert "a fault" in lines[0]["exception"]


def test_a_fault_after_a_decision_ends_one_connection(
    start: Start, read_log: ReadLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report whose answer fails is not waited for until the mail server's time is over."""

    def fail(*_: object, **__: object) -> None:
        raise LookupError("a fault")

    running = start(_POLICY)
    monkeypatch.setattr("retour.gateway.milter.server.Journal.decided", fail)
    with _milter(running) as client, pytest.raises((ConnectionError, miltertest.MilterError)):
        _send(client)
    assert "a fault" in read_log(1)[0]["exception"]


def test_memory_is_bounded_over_all_connections(start: Start, read_log: ReadLog) -> None:
    """Bodies without end on many connections cost those connections."""
    running = start(
        replace(_POLICY, size_max_bytes=5_000_000),
        limits=replace(LIMITS, memory_max_bytes=2_000_000),
    )
    head = offer() + OWN_BOUNCE_PEER + packet("M", b"\0") + packet("R", b"alice@home.test\0")
    socks = [_connect(running.place) for _ in range(8)]
    for sock in socks:
        with contextlib.suppress(ConnectionError):
            sock.sendall(head + packet("N") + packet("B", b"x" * 60_000) * 10)
    lines = read_log(1)
    assert {line["cause"] for line in lines} == {"overload"}
    # Above by what was read last, until the connection that brought it is gone.
    wait_for(lambda: running.server.held_bytes <= 2_000_000, "the memory")
    for sock in socks:
        sock.close()
    with _milter(running) as client:
        assert len(_send(client)) > 1


def test_a_thousand_idle_connections_harm_nobody(start: Start) -> None:
    """Connections that say nothing, or half a packet: one report in time, memory as it was."""
    _raise_file_limit(2 * _IDLE + 200)  # both ends are here
    running = start(_POLICY)
    with _milter(running) as client:
        assert len(_send(client)) > 1  # what is loaded with the first report is not theirs
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        with contextlib.ExitStack() as stack:
            for number in range(1, _IDLE + 1):
                sock = stack.enter_context(_connect(running.place))
                sock.sendall(offer()[:3] if number % 2 else b"")
                if number % 100 == 0:  # the queue of those that wait to be taken is bounded
                    wait_for(partial(_has_taken, running, number), "the connections")
            with _milter(running) as client:
                assert len(_send(client)) > 1
            wait_for(partial(_has_taken, running, _IDLE), "the end of the report's")
            after, _ = tracemalloc.get_traced_memory()
        assert after - before < _IDLE * _IDLE_MAX_BYTES
        assert running.server.held_bytes <= 3 * _IDLE
        wait_for(lambda: not running.server.connections, "the end of the connections")
    finally:
        tracemalloc.stop()


def test_connections_above_the_limit_are_closed(start: Start, read_log: ReadLog) -> None:
    """The mail server goes on without us instead of waiting."""
    running = start(_POLICY, limits=replace(LIMITS, connections_max=1))
    with _connect(running.place) as first, _connect(running.place) as second:
        with contextlib.suppress(ConnectionError):
            assert second.recv(1) == b""
        first.sendall(offer())
        assert first.recv(5)[4:] == b"O"
    assert read_log(1)[0]["cause"] == "overload"


def test_idle_connections_are_closed(
    start: Start, read_log: ReadLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the time set nobody keeps a silent connection."""
    monkeypatch.setattr("retour.gateway.milter.server._SWEEP_S", 0.05)
    running = start(_POLICY, limits=replace(LIMITS, idle_timeout_s=0.1))
    with _connect(running.place) as sock, contextlib.suppress(ConnectionError):
        assert sock.recv(1) == b""
    assert read_log(1)[0]["cause"] == "idle"


def test_stopping_waits_for_the_message_in_work(start: Start) -> None:
    """A message whose decision is under way gets its answer; then the connection is closed."""
    entered, gate = threading.Event(), threading.Event()

    def wait(*_: object) -> bool | None:
        entered.set()
        gate.wait(30)
        return True

    running = start(_POLICY, verify=wait)
    answers: list[Any] = []
    with _milter(running) as client, _connect(running.place) as idle:
        sending = threading.Thread(target=lambda: answers.extend(_send(client, is_own=False)))
        sending.start()
        assert entered.wait(30)
        stopping = threading.Thread(target=running.stop)
        stopping.start()
        assert idle.recv(1) == b""
        gate.set()
        sending.join(30)
        stopping.join(30)
    assert len(answers) > 1


def test_a_server_that_forbids_edits_gets_its_mail_unchanged(
    start: Start, read_log: ReadLog
) -> None:
    """Without leave to edit, a report passes, and the log says so."""
    running = start(_POLICY)
    with _connect(running.place) as sock:
        sock.sendall(
            offer(actions=0)
            + OWN_BOUNCE_PEER
            + packet("M", b"\0")
            + packet("R", b"alice@home.test\0")
            + packet("N")
            + packet("E")
            + packet("Q")
        )
        got = b""
        while piece := sock.recv(4096):
            got += piece
    assert [letter for letter, _ in read_packets(got)] == ["O", "c", "c", "c"]
    assert read_log(1)[0]["reason"] == "server-refuses-edits"


def test_a_unix_socket_in_use_is_not_taken(start: Start) -> None:
    """A second daemon on the same path is told, and the first one goes on."""
    from retour.gateway.milter.listening import ListenError  # noqa: PLC0415

    running = start(_POLICY)
    with pytest.raises(ListenError, match="another process"):
        start(_POLICY, place=running.place)
    with _milter(running) as client:
        assert len(_send(client)) > 1

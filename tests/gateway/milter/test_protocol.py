"""One connection of the milter protocol, byte by byte."""

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from milter_packets import PEER, field, offer, packet, read_packets

from retour.gateway.milter.command import Broken, EndOfMessage, Event, Header, Mail, Quit
from retour.gateway.milter.options import EDITING, Action, Options, Stage, Step
from retour.gateway.milter.protocol import Connection
from retour.gateway.milter.reply import AddHeader, ReplaceBody

_WANTED = Options(
    EDITING | Action.SET_MACROS,
    Step.NO_REPLY_CONNECT | Step.NO_REPLY_RCPT | Step.NO_REPLY_HEADER | Step.LEADING_SPACE,
    ((Stage.MAIL, ("i",)),),
)
_MAIL = packet("M", b"<a@example.com>\0")
_RCPT = packet("R", b"<b@example.com>\0")
_DIALOGUE = [
    offer(),
    packet("D", b"Cj\0mx.example.com\0"),
    PEER,
    packet("H", b"mx.example.net\0"),
    packet("D", b"Mi\x00ABC\0"),
    _MAIL,
    _RCPT,
    _RCPT,
    packet("T"),
    field("Subject", b" x"),
    field("To", b"\tb"),
    packet("N"),
    packet("B", b"a\r\n"),
    packet("B", b"b" * 65_535),
    packet("E"),
    packet("U", b"XYZZY\0"),
    _MAIL,
    packet("A"),
    packet("K"),
    PEER,
    packet("H", b"again.example.net\0"),
    _MAIL,
    packet("Q"),
]


def _play(pieces: list[bytes]) -> tuple[list[Event], bytes]:
    """Feed pieces, answer each event by going on, and return events and answers."""
    connection = Connection(_WANTED)
    events: list[Event] = []
    answers = b""
    for piece in pieces:
        connection.receive(piece)
        while (event := connection.next_event()) is not None:
            events.append(event)
            if isinstance(event, Broken | Quit):
                return events, answers
            answers += connection.proceed()
            if isinstance(event, EndOfMessage):
                assert connection.is_between_messages
    return events, answers


def test_a_dialogue_gives_one_event_a_packet_and_answers_where_due() -> None:
    """Every packet is an event; steps that were negotiated away get no answer."""
    events, answers = _play(_DIALOGUE)
    assert len(events) == len(_DIALOGUE)
    letters = "".join(letter for letter, _ in read_packets(answers))
    # O, H, M, T, N, B, B, E, U, M, then H and M of the next client
    assert letters == "O" + "c" * 11


@given(st.lists(st.integers(0, sum(map(len, _DIALOGUE))), max_size=40))
def test_any_fragmentation_gives_the_same_events(cuts: list[int]) -> None:
    """How the network cuts the bytes makes no difference to events and answers."""
    whole = b"".join(_DIALOGUE)
    edges = [0, *sorted(cuts), len(whole)]
    pieces = [whole[a:b] for a, b in pairwise(edges)]
    assert _play(pieces) == _play(_DIALOGUE)


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=10))
def test_any_bytes_give_the_same_events_however_cut(octets: bytes, cuts: list[int]) -> None:
    """Garbage behind an offer ends in the same events and never raises."""
    whole = offer() + octets
    edges = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    pieces = [whole[a:b] for a, b in pairwise(edges)]
    assert _play(pieces) == _play([whole])


@pytest.mark.parametrize("length", [0, 1_048_578, 1 << 30, (1 << 32) - 1])
def test_a_wrong_length_ends_the_connection_before_anything_is_kept(length: int) -> None:
    """A packet of no octets, or of a gigabyte, is not waited for."""
    connection = Connection(_WANTED)
    connection.receive(offer() + struct.pack("!I", length) + b"B" * 100)
    connection.next_event()
    assert isinstance(connection.next_event(), Broken)
    connection.receive(b"x" * 100_000)
    assert connection.held_bytes == 0
    assert connection.next_event() is None


@pytest.mark.parametrize(
    "packets",
    [
        [PEER],
        [_MAIL],
        [packet("Z")],
        [offer(), offer()],
        [offer(version=1)],
        [offer(), PEER, PEER],
        [offer(), _RCPT],
        [offer(), packet("T")],
        [offer(), field("Subject", b" x")],
        [offer(), packet("B", b"x")],
        [offer(), packet("E")],
        [offer(), _MAIL, _MAIL],
        [offer(), _MAIL, PEER],
        [offer(), _MAIL, packet("H", b"x\0")],
        [offer(), _MAIL, packet("N"), field("Subject", b" x")],
        [offer(), _MAIL, packet("B", b"x"), _RCPT],
        [offer(), _MAIL, packet("E"), packet("E")],
        [packet("A")],
    ],
)
def test_commands_out_of_order_end_the_connection(packets: list[bytes]) -> None:
    """A command at the wrong time is the last event, and says so."""
    events, _ = _play(packets)
    assert len(events) == len(packets)
    assert isinstance(events[-1], Broken)
    assert events[-1].reason


def test_options_are_what_both_sides_know() -> None:
    """An old server gets back no bit that it did not offer, and no list of macros."""
    connection = Connection(_WANTED)
    connection.receive(offer(version=2, actions=0x3F, steps=0x7F))
    connection.next_event()
    assert connection.proceed() == b"\0\0\0\rO\0\0\0\2\0\0\0\x13\0\0\0\0"
    assert connection.may_edit


def test_header_values_are_the_same_with_and_without_leading_space() -> None:
    """Where the server strips the blank behind the colon, it is put back."""
    for steps, sent in ((0x1FFFFF, b" x"), (0x7F, b"x")):
        events, _ = _play([offer(steps=steps), _MAIL, field("Subject", sent)])
        assert events[-1] == Header(b"Subject", b" x")


def _connect(*packets: bytes) -> Connection:
    """Return a connection that has read these packets."""
    connection = Connection(_WANTED)
    connection.receive(offer() + b"".join(packets))
    while (event := connection.next_event()) is not None:
        if not isinstance(event, EndOfMessage):
            connection.proceed()
    return connection


def test_an_accepted_message_may_be_followed_by_the_next() -> None:
    """Behind ACCEPT the server sends the next MAIL, with no command in between."""
    connection = _connect(_MAIL)
    assert connection.accept() == b"\0\0\0\1a"
    connection.receive(_MAIL)
    assert connection.next_event() == Mail("<a@example.com>")


def test_edits_wait_for_the_end_of_the_message() -> None:
    """Edits at another time would be taken for the answer to something else."""
    connection = _connect(_MAIL)
    with pytest.raises(RuntimeError):
        connection.finish([ReplaceBody(b"")])


def test_edits_come_before_the_final_answer() -> None:
    """The answer to the end of a message is edits, then CONTINUE."""
    connection = _connect(_MAIL, packet("E"))
    assert connection.progress() == b"\0\0\0\1p"
    answer = connection.finish([AddHeader(b"X", b" a"), ReplaceBody(b"b\r\n")])
    assert [letter for letter, _ in read_packets(answer)] == ["h", "b", "c"]
    assert connection.progress() == b""


def test_a_server_that_forbids_edits_gets_none() -> None:
    """Without the server's leave no edit is sent: it would end the connection."""
    connection = Connection(_WANTED)
    connection.receive(offer(actions=1) + _MAIL + packet("E"))
    while connection.next_event() is not None:
        if connection.is_between_messages:
            connection.proceed()
    with pytest.raises(RuntimeError):
        connection.finish([ReplaceBody(b"")])
    assert connection.finish(()) == b"\0\0\0\1c"


def test_nothing_is_read_while_an_answer_is_due() -> None:
    """What a server sends before our answer to the end of a message waits."""
    connection = _connect(_MAIL, packet("E"), _MAIL)
    assert connection.next_event() is None
    connection.finish(())
    assert connection.next_event() == Mail("<a@example.com>")

"""Captures that lie, end early or attack: a clear line, what is before it, and bounded memory."""

import gzip
import random
import struct
from collections.abc import Iterator
from contextlib import suppress

import pytest
from captured import (
    OPENING,
    PUSH,
    START_US,
    SYN,
    WHOLE,
    Shot,
    Step,
    converse,
    frame,
    pack,
    read,
    write_block,
    write_pcap,
    write_pcapng,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from retour.ingest.capture import table
from retour.ingest.capture.packet import Segment
from retour.ingest.capture.stream import Connection
from retour.ingest.item import UnreadableError
from retour.model.capture import Moment, Side

FRAMES = [(shot.at_us, frame(shot)) for shot in converse(WHOLE)]
FILES = (
    write_pcap(FRAMES),
    write_pcapng(FRAMES, order=">"),
    gzip.compress(write_pcap(FRAMES), mtime=0),
)


@settings(max_examples=200)
@given(st.sampled_from(FILES), st.floats(0, 1))
def test_file_cut_anywhere_gives_what_is_before(data: bytes, place: float) -> None:
    """Packets in front of the cut are read; a cut inside of one is named."""
    kept = data[: int(len(data) * place)]
    try:
        sessions, summary = read(kept)
    except UnreadableError:
        assert len(kept) < (200 if data is FILES[2] else 60)
        return
    assert summary.packets < len(FRAMES) or kept == data or data is FILES[2]
    assert len(sessions) <= 1
    if data is FILES[0] and (len(kept) - 24) != _measure(summary.packets):
        assert summary.defect == (
            f"The file ends in the middle of a packet. Packets before it: {summary.packets}."
        )


def _measure(packets: int) -> int:
    """Tell the octets that the first packets take in a pcap file."""
    return sum(16 + len(data) for _, data in FRAMES[:packets])


@settings(max_examples=300)
@given(st.sampled_from(FILES[:2]), st.integers(0, 2**32))
def test_damaged_octets_never_stop_the_program(data: bytes, seed: int) -> None:
    """Whatever a few octets are turned into, there is an answer."""
    source = random.Random(seed)
    damaged = bytearray(data)
    for _ in range(source.randrange(1, 30)):
        damaged[source.randrange(4, len(damaged))] = source.randrange(256)
    with suppress(UnreadableError):
        _, summary = read(bytes(damaged))
        assert summary.packets or summary.defect


@settings(max_examples=200)
@given(st.binary(max_size=400), st.sampled_from([0, 1, 12, 101, 108, 113, 228, 229, 276, 999]))
def test_any_octets_as_a_packet_are_counted(junk: bytes, link_type: int) -> None:
    """What is no TCP segment is counted as something."""
    _, summary = read(write_pcap([(START_US, junk)], link_type=link_type))
    assert summary.packets == 1
    assert summary.defect is None


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(st.sampled_from(["client", "server"]), st.binary(min_size=1, max_size=80)),
        max_size=12,
    )
)
def test_any_words_on_both_sides_are_a_dialogue(said: list[tuple[Side, bytes]]) -> None:
    """No octets on port 25 raise, and none are lost."""
    (session,), _ = read(pack(converse(said)))
    assert session.from_client.octets + session.from_server.octets == sum(
        len(data) for _, data in said
    )


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "It is no capture"),
        (b"From ann@example.org", "It is no capture"),
        (b"\x1f\x8b\x08\x00 not gzip at all", "It is compressed, but damaged"),
    ],
)
def test_what_is_no_capture_is_told(data: bytes, sentence: str) -> None:
    """One sentence, no session."""
    with pytest.raises(UnreadableError, match=sentence):
        read(data)


LIES = {
    "packet of 4 GB": (
        write_pcap(FRAMES) + struct.pack("<IIII", 0, 0, 0xFFFFFFFF, 60),
        "claims a packet of 4294967295 bytes",
    ),
    "block of 4 GB": (
        write_pcapng(FRAMES) + struct.pack("<II", 6, 0xFFFFFFF0),
        "claims a block of 4294967280 bytes",
    ),
    "block of no bytes": (
        write_pcapng(FRAMES) + struct.pack("<II", 6, 0),
        "claims a block of 0 bytes",
    ),
    "packet longer than its block": (
        write_pcapng(FRAMES) + write_block(6, struct.pack("<IIIII", 0, 0, 0, 999, 999) + b"x"),
        "claims a packet of 999 bytes",
    ),
    "unknown interface": (
        write_pcapng(FRAMES) + write_block(6, struct.pack("<IIIII", 7, 0, 0, 1, 1) + b"x"),
        "an interface that it does not describe",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_lying_lengths_end_the_reading_with_a_sentence(lie: str) -> None:
    """Nothing is allocated for a claim, and what was before it is there."""
    data, sentence = LIES[lie]
    sessions, summary = read(data)
    assert len(sessions) == 1
    assert summary.defect
    assert sentence in summary.defect


def test_fragments_are_counted() -> None:
    """The first fragment's words are read, what the others held is missing."""
    shots = converse(WHOLE)
    whole = frame(shots[3])
    first = bytearray(whole)
    first[20] |= 0x20  # more fragments
    second = bytearray(whole)
    second[20:22] = b"\x00\x20"
    frames = [(shots[3].at_us, bytes(first)), (shots[3].at_us, bytes(second))]
    frames = FRAMES[:3] + frames + FRAMES[4:]
    _, summary = read(write_pcap(frames))
    assert summary.fragments == 2


def test_half_open_connections_are_bounded_and_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of SYNs is given out as it comes; a real session in the middle survives it."""
    monkeypatch.setattr(table, "WEIGHT_MAX", 100 * table.FLOW_WEIGHT)
    sessions = table.SessionTable(frozenset((25,)))
    most = given_out = 0
    for number in range(5_000):
        source = (struct.pack(">I", number), 1024)
        moment = Moment(START_US + number, number + 1)
        syn = Segment(moment, source, (b"\x01\x01\x01\x01", 25), 9, None, SYN, b"", 0)
        given_out += sum(1 for _ in sessions.add(syn))
        most = max(most, len(sessions._flows))
    assert most <= 101
    assert given_out + sum(1 for _ in sessions.flush(Moment(START_US + 9999, 5001))) == 5_000


class _Deaf:
    """Counts what it is told."""

    def __init__(self) -> None:
        self.octets = self.lost = 0

    def feed(self, _side: Side, data: bytes, _moment: Moment) -> None:
        self.octets += len(data)

    def lose(self, _side: Side, size: int, _moment: Moment) -> None:
        self.lost += size

    def close(self, _side: Side, _moment: Moment) -> None:
        """Nothing to count."""


def games(source: random.Random) -> Iterator[tuple[Side, Segment]]:
    """Yield segments with sequence numbers all over the place, acknowledging anything."""
    ends = ((b"\1\1\1\1", 9), (b"\2\2\2\2", 25))
    for number in range(4_000):
        side: Side = "client" if source.random() < 0.5 else "server"
        data = bytes(source.randrange(1400))
        seq, ack = source.randrange(2**32), source.randrange(2**32)
        if source.random() < 0.5:
            seq = source.randrange(1 << 20)
        moment = Moment(START_US + number * source.randrange(1000), number)
        flags = source.choice((PUSH, PUSH | 16, 16, 1, 17))
        yield side, Segment(moment, *ends, seq, ack if flags & 16 else None, flags, data, len(data))


def test_sequence_number_games_hold_no_memory() -> None:
    """Windows of a gigabyte full of holes: what waits stays bounded, and all of it comes out."""
    listener = _Deaf()
    connection = Connection(listener)
    most = 0
    for side, segment in games(random.Random(7)):
        connection.add(side, segment)
        most = max(most, connection.weight)
    connection.flush(Moment(START_US * 2, 9999))
    assert most < 6 << 20
    assert connection.weight == 0
    assert listener.octets


def test_endless_lines_and_replies_are_bounded() -> None:
    """Megabytes without a line end, and thousands of lines, keep little and count the rest."""
    replies: list[Step] = [("server", b"250-" + b"z" * 900 + b"\r\n")] * 2_000
    turns: list[Step] = [("client", b"NOOP\r\n"), ("server", b"250 Ok\r\n")]
    steps: list[Step] = [*OPENING[:3], ("client", b"NOOP " + b"x" * 60_000)]
    steps += [("client", b"y" * 60_000) for _ in range(20)]
    steps += [("client", b"\r\n"), *replies, ("server", b"250 z\r\n"), *turns * 2_500]
    (session,), _ = read(pack(converse(steps)))
    assert sum(len(turn.text) for turn in session.turns) < 1 << 20
    assert session.omitted > 1_000
    assert session.turns[3].size == 60_005 + 20 * 60_000 + 2


def test_shots_far_outside_of_the_window_are_left_out() -> None:
    """A segment that no TCP would take changes nothing."""
    shots = converse(WHOLE)
    stray = Shot(shots[5].at_us, "client", PUSH | 16, (shots[5].seq + 2**31 - 5) % 2**32, 0, b"x")
    sessions, summary = read(pack([*shots[:6], stray, *shots[6:]]))
    assert len(sessions[0].turns) == 15
    assert summary.outside == 1

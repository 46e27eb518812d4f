"""Packets to dialogues: however they were cut, shuffled, repeated or wrapped, the same is read."""

import itertools
import random

import pytest
from captured import (
    ACK,
    CLIENT_PORT,
    FIN,
    LINKS,
    MESSAGE,
    OPENING,
    PUSH,
    RST,
    SYN,
    TAKEN,
    WHOLE,
    Shot,
    Step,
    converse,
    frame,
    outline,
    pack,
    read,
    restamp,
    write_pcap,
    write_pcapng,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from retour.model.capture import Session

CHUNKED: tuple[Step, ...] = (
    *OPENING[:3],
    (
        "client",
        b"MAIL FROM:<>\r\nRCPT TO:<bob@example.net>\r\nBDAT 20\r\n"
        + MESSAGE[:20]
        + b"BDAT %d LAST\r\n" % (len(MESSAGE) - 20)
        + MESSAGE[20:],
    ),
    ("server", b"250 Ok\r\n250 Ok\r\n250 20 octets\r\n"),
    ("server", TAKEN),
    ("client", b"QUIT\r\n"),
    ("server", b"221 Bye\r\n"),
    ("server", FIN),
    ("client", FIN),
)
LEFT: tuple[Step, ...] = (*OPENING, ("client", MESSAGE + b".\r\n"), ("client", FIN))
SCRIPTS = (WHOLE, CHUNKED, LEFT)


def read_one(data: bytes) -> Session:
    """Read the only session of a capture."""
    (session,), _ = read(data)
    return session


def test_dialogue_envelope_and_times_are_read() -> None:
    """Every turn, the envelope, the sizes, the queue id and who ended it are there."""
    session = read_one(pack(converse(WHOLE)))
    assert outline(session) == [
        ("server", "reply", "220 mx.example.net ESMTP", 26, "greeting"),
        ("client", "command", "EHLO client.example.org", 25, None),
        ("server", "reply", "250-mx.example.net\n250-PIPELINING\n250 CHUNKING", 50, "EHLO"),
        ("client", "command", "MAIL FROM:<ann@example.org> SIZE=70", 37, None),
        ("client", "command", "RCPT TO:<bob@example.net>", 27, None),
        ("client", "command", "RCPT TO:<no@example.net>", 26, None),
        ("client", "command", "DATA", 6, None),
        ("server", "reply", "250 2.1.0 Ok", 14, "MAIL"),
        ("server", "reply", "250 2.1.5 Ok", 14, "RCPT"),
        ("server", "reply", "550 5.1.1 <no@example.net>: unknown", 37, "RCPT"),
        ("server", "reply", "354 Go on", 11, "DATA"),
        ("client", "message", "", len(MESSAGE) - 1, None),
        ("server", "reply", "250 2.0.0 Ok: queued as 4D43D300222", 37, "end-of-data"),
        ("client", "command", "QUIT", 6, None),
        ("server", "reply", "221 2.0.0 Bye", 15, "QUIT"),
    ]
    (transfer,) = session.transfers
    assert (transfer.mail_from, transfer.declared_size) == ("ann@example.org", 70)
    assert [(to.address, to.reply and to.reply.code) for to in transfer.rcpt_to] == [
        ("bob@example.net", 250),
        ("no@example.net", 550),
    ]
    assert (transfer.message_id, transfer.queue_id) == ("<1@example.org>", "4D43D300222")
    assert transfer.end_of_data
    assert transfer.reply
    assert transfer.reply.waited_us == transfer.reply.began.at_us - transfer.end_of_data.at_us
    ending = session.ending
    assert (ending.how, ending.by, ending.phase, ending.due) == ("fin", "server", "quit", None)


def test_chunks_make_one_message() -> None:
    """BDAT: the chunks add up, each has its reply, and the last one's decides (RFC 3030)."""
    session = read_one(pack(converse(CHUNKED)))
    (transfer,) = session.transfers
    assert (transfer.mail_from, transfer.size) == ("", len(MESSAGE))
    assert transfer.queue_id == "4D43D300222"
    replies = [turn.answers for turn in session.turns if turn.kind == "reply"]
    assert replies[-3:] == ["BDAT", "end-of-data", "QUIT"]


@settings(max_examples=150)
@given(st.sampled_from(SCRIPTS), st.integers(0, 2**32), st.integers(0, 2**32 - 1))
def test_any_cut_order_and_repetition_gives_the_same_dialogue(
    script: tuple[Step, ...], seed: int, isn: int
) -> None:
    """Segments cut anywhere, in any order, some twice, some joined anew: nothing changes."""
    source = random.Random(seed)
    plain = read_one(pack(converse(script)))
    shots = converse(script, cuts=source, isn=(isn, source.randrange(2**32)))
    shots += source.choices(shots, k=source.randrange(10))
    shots += overlap(shots, source)
    source.shuffle(shots)
    session = read_one(pack(restamp(shots)))
    assert outline(session) == outline(plain)
    assert session.from_client.missing == session.from_server.missing == 0
    assert session.client.port == CLIENT_PORT
    assert [
        (one.mail_from, one.size, one.message_id, one.queue_id) for one in session.transfers
    ] == [(one.mail_from, one.size, one.message_id, one.queue_id) for one in plain.transfers]


def overlap(shots: list[Shot], source: random.Random) -> list[Shot]:
    """Send again what two neighbouring segments of one side said, shifted by some octets."""
    found = []
    speaking = [shot for shot in shots if shot.data and not shot.flags & (SYN | FIN | RST)]
    for first, second in itertools.pairwise(speaking):
        follows = (first.seq + len(first.data)) % 2**32 == second.seq
        if first.side == second.side and follows and source.random() < 0.3:
            cut = source.randrange(len(first.data))
            data = first.data[cut:] + second.data
            seq = (first.seq + cut) % 2**32
            found.append(Shot(second.at_us, first.side, PUSH | ACK, seq, second.ack, data))
    return found


@pytest.mark.parametrize("v6", [False, True])
@pytest.mark.parametrize("link", LINKS)
def test_every_link_and_address_family_is_read(link: str, v6: bool) -> None:
    """Ethernet with and without VLAN tags, Linux cooked v1 and v2, raw IP; IPv4 and IPv6."""
    frames = [(shot.at_us, frame(shot, link=link, v6=v6)) for shot in converse(WHOLE)]
    session = read_one(write_pcap(frames, link_type=LINKS[link]))
    assert outline(session) == outline(read_one(pack(converse(WHOLE))))
    assert session.server.address == ("::2" if v6 else "0.0.0.2")


@pytest.mark.parametrize("order", ["<", ">"])
def test_every_file_format_is_read(order: str) -> None:
    """Classic pcap in micro- and nanoseconds and pcapng with two clocks, in both byte orders."""
    shots = converse(WHOLE)
    frames = [(shot.at_us, frame(shot)) for shot in shots]
    for data in (
        write_pcap(frames, order=order),
        write_pcap(frames, order=order, nano=True),
        write_pcapng(frames, order=order),
    ):
        session = read_one(data)
        assert session == read_one(pack(shots))


def test_session_on_another_port_is_known_by_its_words() -> None:
    """A greeting and EHLO are enough; what speaks otherwise is left out."""
    shots = converse(WHOLE)
    data = write_pcap([(shot.at_us, frame(shot, port=10_025)) for shot in shots])
    assert read_one(data).server.port == 10_025
    steps: tuple[Step, ...] = (("server", b"220 ftp ready\r\n"), ("client", b"USER ann\r\n"))
    shots = converse(steps)
    assert read(write_pcap([(s.at_us, frame(s, port=21)) for s in shots]))[0] == []


def test_log_in_is_not_shown() -> None:
    """Neither the words of AUTH nor what follows on 334."""
    steps: tuple[Step, ...] = (
        *OPENING[:3],
        ("client", b"AUTH PLAIN AGFubgBzZWNyZXQ=\r\n"),
        ("server", b"535 5.7.8 no\r\n"),
        ("client", b"AUTH LOGIN\r\n"),
        ("server", b"334 VXNlcm5hbWU6\r\n"),
        ("client", b"YW5u\r\n"),
        ("server", b"334 UGFzc3dvcmQ6\r\n"),
        ("client", b"c2VjcmV0\r\n"),
        ("server", b"235 2.7.0 yes\r\n"),
        ("client", b"NOOP\r\n"),
    )
    said = [(turn.kind, turn.text) for turn in read_one(pack(converse(steps))).turns[3:]]
    assert said == [
        ("command", "AUTH PLAIN ***"),
        ("reply", "535 5.7.8 no"),
        ("command", "AUTH LOGIN"),
        ("reply", "334 VXNlcm5hbWU6"),
        ("secret", ""),
        ("reply", "334 UGFzc3dvcmQ6"),
        ("secret", ""),
        ("reply", "235 2.7.0 yes"),
        ("command", "NOOP"),
    ]


def test_packet_that_the_capture_lost_is_a_hole() -> None:
    """The rest of the session is read, and the hole has its size."""
    shots = [shot for shot in converse(WHOLE) if not shot.data.startswith(b"EHLO")]
    session = read_one(pack(shots))
    assert ("client", "missing", "", 25, None) in outline(session)
    assert session.from_client.missing == 25
    assert session.transfers[0].queue_id == "4D43D300222"


def test_hole_in_the_content_makes_its_size_a_lower_bound() -> None:
    """The message is marked, and its reply is still known."""
    content = MESSAGE + b"x" * 5000 + b"\r\n.\r\n"
    steps: list[Step] = [*OPENING, ("client", content[:40]), ("client", content[40:3000])]
    steps += [("client", content[3000:]), ("server", TAKEN)]
    shots = [shot for shot in converse(steps) if shot.data != content[40:3000]]
    (transfer,) = read_one(pack(shots)).transfers
    assert not transfer.is_whole
    assert transfer.size < len(MESSAGE) + 5000
    assert transfer.queue_id == "4D43D300222"


@pytest.mark.parametrize("seen", ["client", "server"])
def test_one_direction_alone_is_read(seen: str) -> None:
    """A capture of one direction gives that one's words."""
    session = read_one(pack(shot for shot in converse(WHOLE) if shot.side == seen))
    assert {turn.side for turn in session.turns if turn.kind != "missing"} == {seen}
    texts = [turn.text for turn in session.turns if turn.kind in ("command", "reply")]
    assert texts[-1] == ("QUIT" if seen == "client" else "221 2.0.0 Bye")
    if seen == "client":
        assert session.transfers[0].size == len(MESSAGE) - 1


def test_capture_that_begins_in_the_middle_is_read_from_there() -> None:
    """Replies are not given to commands that they do not answer."""
    shots = converse(WHOLE)
    session = read_one(pack(shots[9:]))
    assert not session.has_start
    assert outline(session)[0][2].startswith("MAIL FROM")
    assert outline(session)[4] == ("server", "reply", "250 2.1.0 Ok", 14, "MAIL")


def test_same_ports_again_are_another_session() -> None:
    """A client that takes the same port anew is not mixed with the session before."""
    later = converse(WHOLE, start_us=1_700_000_000_500_000, isn=(77, 99))
    sessions, _ = read(pack([*converse(WHOLE), *later]))
    assert [len(session.turns) for session in sessions] == [15, 15]


def test_snap_length_leaves_what_is_in_front_of_it() -> None:
    """Of packets cut at 100 octets the beginning is read; the rest is missing."""
    frames = [(shot.at_us, frame(shot)) for shot in converse(WHOLE)]
    session = read_one(write_pcap(frames, snap=100))
    assert session.cut_packets
    assert session.from_client.missing
    assert outline(session)[0][2] == "220 mx.example.net ESMTP"

"""What sessions prove, and what they do not."""

import json
from pathlib import Path

import pytest
from captured import (
    CLOSING,
    FIN,
    MESSAGE,
    OPENING,
    RST,
    START_US,
    SYN,
    TAKEN,
    WHOLE,
    Shot,
    Step,
    converse,
    pack,
    read,
)

from retour.ingest.capture import Capture
from retour.model.capture import Finding, Session
from retour.trail.findings import Findings

CONTENT: Step = ("client", MESSAGE + b".\r\n")
LATER = Shot(START_US + 200_000_000, "client", SYN, 5, 0)
"""A packet of another connection: the capture goes on long after the session."""


def judge(shots: list[Shot]) -> list[Finding]:
    """Return the findings of a capture's first session."""
    sessions, _ = read(pack(shots))
    return list(Findings().judge(sessions[0]))


def name(findings: list[Finding]) -> list[tuple[str, str]]:
    """Return findings by name and variant."""
    return [(finding.name, finding.variant) for finding in findings]


def test_ordinary_session_has_only_its_refusals() -> None:
    """Nothing is made up; the recipient that was refused is named."""
    found = judge(converse(WHOLE))
    assert name(found) == [("rejected", "for-good")]
    assert found[0].facts["reply"] == "550 5.1.1 <no@example.net>: unknown"


def test_reset_in_answer_to_the_reply_is_a_client_that_left() -> None:
    """FIN at its time-out, the reply later, RST: the packets are the proof."""
    shots = converse([*OPENING, CONTENT, ("client", FIN, 20_000_000), ("server", TAKEN, 8_000_000)])
    shots.pop()  # the client's kernel acknowledges nothing any more
    shots += converse([*OPENING, CONTENT, ("client", RST, 28_010_000)])[-1:]
    found = judge(shots)
    assert name(found)[0] == ("client-left-before-reply", "taken")
    assert [proof.what for proof in found[0].proof] == ["end-of-data", "fin", "reply", "reset"]
    assert found[0].facts["queue_id"] == "4D43D300222"
    times = [proof.moment.at_us for proof in found[0].proof]
    assert times == sorted(times)


def test_silence_in_answer_to_the_reply_is_a_client_that_left() -> None:
    """A reply that nobody acknowledges for half a minute was not taken."""
    shots = converse([*OPENING, CONTENT, ("server", TAKEN, 20_000_000)])
    assert name(judge([*shots[:-1], LATER]))[0] == ("client-left-before-reply", "taken")
    assert "client-left-before-reply" not in dict(name(judge([*shots, LATER])))


def test_reply_at_the_very_end_of_a_capture_proves_nothing() -> None:
    """The acknowledgement may have come a moment later."""
    shots = converse([*OPENING, CONTENT, ("server", TAKEN)])
    assert "client-left-before-reply" not in dict(name(judge(shots[:-1])))


def test_half_close_with_a_pipelined_quit_is_no_sign() -> None:
    """A client that closes its direction with QUIT and reads on is there (Exim does so)."""
    steps: list[Step] = [
        *OPENING,
        ("client", MESSAGE + b".\r\nQUIT\r\n"),
        ("client", FIN),
        ("server", TAKEN + b"221 Bye\r\n", 12_000_000),
        ("server", FIN),
    ]
    found = judge([*converse(steps), LATER])
    assert name(found) == [("rejected", "for-good"), ("slow-reply", "")]


def test_reset_after_quit_is_no_finding() -> None:
    """Many clients do not wait for the last packets."""
    steps: list[Step] = [
        *OPENING,
        CONTENT,
        ("server", TAKEN),
        ("client", b"QUIT\r\n"),
        ("client", RST),
    ]
    assert name(judge(converse(steps))) == [("rejected", "for-good")]


def test_client_that_breaks_off_while_it_waits() -> None:
    """RST before any reply: the fate of the message is open."""
    found = judge(converse([*OPENING, CONTENT, ("client", RST, 5_000_000)]))
    assert name(found)[0] == ("client-left-before-reply", "unanswered")


@pytest.mark.parametrize(("flag", "variant"), [(FIN, "fin"), (RST, "reset")])
def test_server_that_leaves_before_its_reply(flag: int, variant: str) -> None:
    """The message has no answer, and the server ended it."""
    found = judge(converse([*OPENING, CONTENT, ("server", flag, 1_000_000)]))
    assert name(found)[0] == ("server-left-before-reply", variant)


def test_server_that_never_answers() -> None:
    """Silence counts once the capture went on long enough."""
    shots = converse([*OPENING, CONTENT])
    assert name(judge([*shots, LATER]))[0] == ("no-reply", "silence")
    assert "no-reply" not in dict(name(judge(shots)))


def test_client_that_closes_without_a_reply() -> None:
    """A FIN alone: no reply came, and no more than that is said."""
    found = judge([*converse([*OPENING, CONTENT, ("client", FIN, 30_000_000)]), LATER])
    assert name(found)[0] == ("no-reply", "fin")
    assert "client-left-before-reply" not in dict(name(found))


def test_message_sent_again_after_the_client_had_left() -> None:
    """The second transmission is tied to the first, in another session."""
    shots = converse([*OPENING, CONTENT, ("server", TAKEN, 20_000_000)])[:-1]
    again = converse(WHOLE, start_us=START_US + 60_000_000, isn=(5, 6))
    sessions, _ = read(pack([*shots, *again]))
    judging = Findings()
    first, second = (judging.judge(session) for session in sessions)
    assert first[0].name == "client-left-before-reply"
    assert name(list(second))[0] == ("sent-again", "twice")
    assert second[0].facts["recipients"] == "bob@example.net, no@example.net"


def test_attempts_to_connect() -> None:
    """RST to a SYN, and SYNs that nothing answers."""
    syn = Shot(START_US, "client", SYN, 7, 0)
    refusal = Shot(START_US + 100, "server", RST | 16, 0, 8)
    assert name(judge([syn, refusal])) == [("connection-refused", "")]
    retries = [Shot(START_US + n * 1_000_000, "client", SYN, 7, 0) for n in (0, 1, 3)]
    assert name(judge(retries)) == [("connection-unanswered", "")]
    assert judge([syn]) == []


def test_one_direction_concludes_nothing() -> None:
    """What was not captured is no silence."""
    shots = converse([*OPENING, CONTENT, ("server", TAKEN), *CLOSING])
    for side in ("client", "server"):
        found = judge([*(shot for shot in shots if shot.side == side), LATER])
        expected = {"one-sided", "rejected"} if side == "server" else {"one-sided"}
        assert set(dict(name(found))) == expected


def test_incomplete_captures_say_so() -> None:
    """A late beginning, an early end, a lost packet."""
    shots = converse(WHOLE)
    assert ("cut-capture", "start") in name(judge(shots[9:]))
    assert ("cut-capture", "end") in name(judge(shots[:12]))
    lost = [shot for shot in shots if not shot.data.startswith(b"EHLO")]
    assert ("cut-capture", "missing") in name(judge(lost))


@pytest.mark.parametrize(
    ("capture", "count"),
    [
        ("retry-cou", 1),
        ("retry-pfx", 1),
        ("retry-snd", 1),
        ("forward-duplicate", 0),
        ("list-duplicate", 0),
        ("loop-forward", 0),
        ("loop-stripped", 0),
        ("no-message-id", 0),
        ("recipient-split", 0),
        ("same-id-different", 0),
        ("sent-twice", 0),
    ],
)
def test_real_captures_hold_to_the_gateway_s_truth(shared: Path, capture: str, count: int) -> None:
    """Envelope, HELO, size, end of data and queue id of each arrival; and who had left."""
    sessions = read_sessions(shared / "lab" / "pcaps" / f"{capture}.pcap")
    judging = Findings()
    found = [finding for session in sessions for finding in judging.judge(session)]
    assert sum(finding.name == "client-left-before-reply" for finding in found) == count
    assert sum(finding.name == "sent-again" for finding in found) == count
    transfers = {
        transfer.queue_id: (session, transfer)
        for session in sessions
        for transfer in session.transfers
    }
    for truth_file in sorted((shared / "lab" / "flagship" / capture).glob("[0-9]*.json")):
        truth = json.loads(truth_file.read_text())
        session, transfer = transfers[truth["queue_id"]]
        assert transfer.mail_from == truth["mail"][0].strip("<>")
        assert [to.address for to in transfer.rcpt_to] == [
            to[0].strip("<>") for to in truth["rcpt"]
        ]
        assert session.helo == truth["helo"]
        assert session.client.port == truth["peer"]["port"]
        assert transfer.size == len(truth_file.with_suffix(".eml").read_bytes())
        assert transfer.end_of_data
        moved = transfer.end_of_data.at_us / 1e6 - truth["times"]["end_of_data"]
        assert abs(moved) < 0.05


def read_sessions(path: Path) -> list[Session]:
    """Read a capture file."""
    with path.open("rb") as stream:
        return list(Capture(stream).sessions())

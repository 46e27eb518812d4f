"""What the sessions of a capture say of copies."""

from io import BufferedReader, BytesIO

import pytest
from captured import CLOSING, FIN, MESSAGE, OPENING, TAKEN, WHOLE, Step, converse, frame, write_pcap

from retour.ingest.capture import Capture
from retour.model.trail import Arrival, Observation, Refusal, Remark
from retour.trail.findings import SLOW_S, Findings
from retour.trail.session import observe

BODY: Step = ("client", MESSAGE + b".\r\n")


def read(steps: tuple[Step, ...]) -> list[Observation]:
    """Read what one session says."""
    capture = write_pcap([(shot.at_us, frame(shot)) for shot in converse(steps)])
    judge = Findings(slow_s=SLOW_S).judge
    sessions = Capture(BufferedReader(BytesIO(capture))).sessions()
    return [said for session in sessions for said in observe(session, judge(session))]


def test_a_taken_message_is_an_arrival_under_the_name_in_the_reply() -> None:
    """The server is called as it greets, which is how its log calls it; refused ones are apart."""
    arrival, refusal = read(WHOLE)
    assert isinstance(arrival, Arrival)
    assert arrival[1:5] == ("mx.example.net", "4D43D300222", "<1@example.org>", "ann@example.org")
    assert arrival.recipients == ("bob@example.net",)
    assert arrival.helo == "client.example.org"
    assert isinstance(refusal, Refusal)
    assert (refusal.phase, refusal.recipient, refusal.status) == ("rcpt", "no@example.net", "5.1.1")


@pytest.mark.parametrize(
    ("steps", "phase", "code"),
    [
        ((*OPENING, BODY, ("server", b"554 5.7.1 No\r\n"), *CLOSING), "end-of-data", "5.7.1"),
        ((*OPENING, ("client", MESSAGE), ("client", FIN), ("server", FIN)), "data", None),
    ],
)
def test_content_that_is_not_taken_is_no_arrival(
    steps: tuple[Step, ...], phase: str, code: str | None
) -> None:
    """It was refused, or the client broke off before its end."""
    found = [one for one in read(steps) if isinstance(one, Refusal) and one.phase != "rcpt"]
    assert [(one.phase, one.status, one.message_id) for one in found] == [
        (phase, code, "<1@example.org>")
    ]
    assert not [one for one in read(steps) if isinstance(one, Arrival)]


def test_a_client_that_left_is_remarked_on_the_copy() -> None:
    """The message was taken and the sender does not know: that belongs to the copy."""
    steps: tuple[Step, ...] = (*OPENING, BODY, ("client", 4, 20_000_000), ("server", TAKEN, 10**7))
    names = [one.name for one in read(steps) if isinstance(one, Remark)]
    assert "client-left-before-reply" in names


def test_a_message_without_a_reply_in_the_capture_has_a_name_of_its_own() -> None:
    """Whether it was taken is not known; it is found by its Message-ID, twice as once."""
    steps: tuple[Step, ...] = (*OPENING, BODY, ("server", FIN, 10**6), ("client", FIN))
    found = [one for one in read(steps) if isinstance(one, Arrival)]
    assert [(one.queue_id[0], one.message_id) for one in found] == [("~", "<1@example.org>")]
    assert read(steps) == read(steps)


def test_what_is_encrypted_says_nothing_of_copies() -> None:
    """No message can be seen behind STARTTLS."""
    hello: tuple[Step, ...] = (
        *OPENING[:3],
        ("client", b"STARTTLS\r\n"),
        ("server", b"220 Go ahead\r\n"),
        ("client", b"\x16\x03\x01\x00\x05hello"),
        ("server", b"\x16\x03\x03\x00\x05hello"),
        ("client", FIN),
    )
    assert read(hello) == []

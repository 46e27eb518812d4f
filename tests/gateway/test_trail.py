"""The trail beside the mail flow: recording, and verifying reports."""

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest
from lab_postfix import wait_for
from sample_report import RAW

import retour
from retour.gateway.journal import Journal
from retour.gateway.recording import Recorder, Sighting
from retour.gateway.trail import Trail
from retour.model.story import Query
from retour.store import StoreError, open_store

_SENT = Sighting(
    at_us=1_790_000_000_000_000,
    system="mail.home.test",
    queue_id="529642221DF",
    mail_from="alice@home.test",
    recipients=("unknown@away.test",),
    peer_name="client.home.test",
    peer_address="192.0.2.9",
    helo="client",
    tls="TLSv1.3",
    size_bytes=362,
    header=b"Message-ID: <original@home.test>\r\nSubject: Gr\xc3\xbc\xc3\x9fe\r\n\r\n",
    body=None,
    answer_us=120,
)


def test_a_message_that_passed_is_found_in_the_trail(tmp_path: Path) -> None:
    """Envelope, peer and the names that logs use are kept."""
    place = str(tmp_path / "trail.sqlite3")
    Trail(place, Journal()).write([_SENT])
    with open_store(place) as store:
        [copy] = store.find(Query(message_id="<original@home.test>"))
    assert (copy.system, copy.queue_id) == ("mail.home.test", "529642221DF")
    assert (copy.mail_from, copy.recipients) == ("alice@home.test", ("unknown@away.test",))
    assert (copy.peer_address, copy.helo, copy.tls) == ("192.0.2.9", "client", "TLSv1.3")
    assert copy.subject == "Gr\u00fc\u00dfe"


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ((b"", b""), True),
        ((b"<original@home.test>", b"<other@home.test>"), None),
        ((b"<original@home.test>", b"<original@"), None),
        ((b"Message-ID: <original@home.test>\r\n", b""), None),
        ((b"rfc822; unknown@away.test", b"rfc822; nobody@away.test"), None),
    ],
)
def test_a_report_is_verified_by_what_we_sent(
    tmp_path: Path, change: tuple[bytes, bytes], answer: bool | None
) -> None:
    """The whole Message-ID and the recipients have to be those of a message of ours."""
    trail = Trail(str(tmp_path / "trail.sqlite3"), Journal())
    trail.write([_SENT])
    assert trail.verify(retour.explain(RAW.replace(*change))) is answer


_TAGGED = "prvs=0123abcdef=alice@home.test"
_BARE = RAW.replace(b"Message-ID: <original@home.test>\r\n", b"")


@pytest.mark.parametrize(
    ("sender", "raw", "recipient", "answer"),
    [
        (_TAGGED, _BARE, _TAGGED, True),
        (_TAGGED, _BARE, "prvs=0123ffffff=alice@home.test", None),
        (_TAGGED, _BARE.replace(b"unknown@", b"nobody@"), _TAGGED, None),
        ("news+unknown=away.test@home.test", _BARE, "news+unknown=away.test@home.test", True),
        ("alice@home.test", _BARE, "alice@home.test", None),
    ],
)
def test_a_report_is_verified_by_the_return_path_that_a_message_bore(
    tmp_path: Path, sender: str, raw: bytes, recipient: str, answer: bool | None
) -> None:
    """Only whoever got the message knows its mark; an address without one proves nothing."""
    trail = Trail(str(tmp_path / "trail.sqlite3"), Journal())
    trail.write([replace(_SENT, mail_from=sender)])
    assert trail.verify(retour.explain(raw), (recipient,)) is answer


def test_a_report_that_is_quicker_than_the_recorder_is_verified(tmp_path: Path) -> None:
    """What a worker took a moment ago is not written yet; the report of it is looked up again."""
    trail = Trail(str(tmp_path / "trail.sqlite3"), Journal())
    trail.verify(retour.explain(RAW))  # opens the database, as the mail before has
    now = format_datetime(datetime.now(UTC)).encode()
    raw = RAW.replace(b"Tue, 24 Nov 2026 09:02:14 +0000 (UTC)", now)
    recorder = Recorder(trail.write, Journal())
    recorder.add(_SENT)
    assert trail.verify(retour.explain(raw)) is True
    recorder.close(5)


def test_a_report_of_ours_proves_nothing(tmp_path: Path) -> None:
    """A message with a null sender was sent by nobody who could get a report about it."""
    trail = Trail(str(tmp_path / "trail.sqlite3"), Journal())
    trail.write([replace(_SENT, mail_from="")])
    assert trail.verify(retour.explain(RAW)) is None


def test_a_trail_that_is_away_says_so(tmp_path: Path) -> None:
    """Whoever asks gets the one error that stands for it, and may ask again later."""
    folder = tmp_path / "later"
    folder.touch()
    trail = Trail(str(folder / "trail.sqlite3"), Journal())
    with pytest.raises(StoreError):
        trail.verify(retour.explain(RAW))
    folder.unlink()
    assert trail.verify(retour.explain(RAW)) is None


def test_recording_waits_for_a_trail_that_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch that could not be written is written again."""
    monkeypatch.setattr("retour.gateway.recording._PAUSE_S", 0.01)
    written: list[Sighting] = []
    failures = iter((StoreError("away."), StoreError("away.")))

    def write(sightings: Sequence[Sighting]) -> None:
        for failure in failures:
            raise failure
        written.extend(sightings)

    recorder = Recorder(write, Journal())
    recorder.add(_SENT)
    wait_for(lambda: written == [_SENT], "the message")
    recorder.close(5)


def test_recording_never_waits_for_a_trail_that_hangs(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Where the queue is full, messages are counted and forgotten."""
    monkeypatch.setattr("retour.gateway.recording._QUEUE_MAX", 3)
    gate, entered = threading.Event(), threading.Event()

    def write(_: Sequence[Sighting]) -> None:
        entered.set()
        gate.wait(30)

    recorder = Recorder(write, Journal())
    recorder.add(_SENT)
    assert entered.wait(30)
    for _ in range(5):
        recorder.add(_SENT)
    gate.set()
    recorder.close(5)
    assert capfd.readouterr().err.count("queue-full") == 2


def test_closing_writes_what_is_there() -> None:
    """A daemon that stops leaves nothing in its queue."""
    written: list[Sighting] = []
    recorder = Recorder(written.extend, Journal())
    for _ in range(1_200):
        recorder.add(_SENT)
    recorder.close(10)
    assert len(written) == 1_200


def test_header_answer_time_and_a_body_that_was_read_are_kept(tmp_path: Path) -> None:
    """The header block stands as it came; of a body the hash is enough, unless bodies are kept."""
    place = str(tmp_path / "trail.sqlite3")
    Trail(place, Journal()).write([replace(_SENT, body=b"Hi\r\n")])
    with open_store(place) as store:
        story = store.read_named("529642221DF")
    assert story is not None
    [copy] = story.copies
    assert copy.header_block == _SENT.header.removesuffix(b"\r\n\r\n")
    assert copy.body_sha256 == hashlib.sha256(b"Hi\r\n").hexdigest()
    assert (copy.has_body, copy.answer_us) == (False, 120)


def test_a_report_that_passed_is_known_as_one(tmp_path: Path) -> None:
    """What a report says of the original is found by the original's Message-ID."""
    header, _, body = RAW.partition(b"\r\n\r\n")
    place = str(tmp_path / "trail.sqlite3")
    Trail(place, Journal()).write(
        [replace(_SENT, mail_from="", header=header + b"\r\n\r\n", body=body)]
    )
    with open_store(place) as store:
        [claim] = store.read_claims_about("<original@home.test>")
    assert (claim.recipient, claim.cause) == ("unknown@away.test", "user-unknown")


def test_a_report_is_weighed_without_the_trail_where_that_is_away() -> None:
    """The mail alone still gives an answer; only the proof is missing."""
    analysis = retour.explain(RAW)
    assert Trail("/proc/nowhere/x", Journal()).weigh(analysis) == analysis

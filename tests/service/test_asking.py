"""Asking a trail whether a message was delivered, as a helpdesk asks."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from retour.model.trail import Arrival, End, HandOver, Observation
from retour.service.trail import answer, look_up_name
from retour.store import Store, open_store

OLD, NEW = (
    int(datetime(2025, 11, 2, 10, tzinfo=UTC).timestamp()) * 1_000_000,
    int(datetime(2026, 3, 2, 10, tzinfo=UTC).timestamp()) * 1_000_000,
)
ID = "4D5E6F7A8B"


def _pass_on(
    at_us: int, queue_id: str, message_id: str, failure: str | None = None
) -> Iterator[Observation]:
    yield Arrival(at_us, "mx", queue_id, message_id, "a@example.com")
    yield HandOver(
        at_us,
        "mx",
        queue_id,
        "b@example.org",
        outcome="failed" if failure else "delivered",
        reply=failure,
    )
    yield End(at_us, "mx", queue_id)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A trail in which one queue id comes twice, months apart."""
    with open_store(str(tmp_path / "trail.sqlite3")) as trail:
        trail.write(
            [
                *_pass_on(OLD, ID, "<old@example.com>", "user unknown"),
                *_pass_on(NEW, ID, "<new@example.com>"),
                *_pass_on(NEW, "4fPq0S1Xk2z3Jn", "<other.1@example.com>"),
                *_pass_on(NEW, "4fPq0S9Xk2z3Jn", "<other.2@example.com>"),
            ]
        )
        yield trail


@pytest.mark.parametrize(
    ("asked", "message_id"),
    [
        ("<old@example.com>", "<old@example.com>"),
        ("old@example.com", "<old@example.com>"),
        ("Message-ID: <old@example.com>", "<old@example.com>"),
        (ID, "<new@example.com>"),
        (ID.lower(), "<new@example.com>"),
        (f"250 2.0.0 Ok: queued as {ID}".partition("Ok: ")[2], "<new@example.com>"),
        ("old@exam", "<old@example.com>"),
        ("4fPq0S1X", "<other.1@example.com>"),
        ("4fPq0S", None),
        ("other.", None),
        ("old", None),
        ("nobody@example.com", "<nobody@example.com>"),
    ],
)
def test_a_message_is_found_as_a_helpdesk_names_it(
    store: Store, asked: str, message_id: str | None
) -> None:
    """With or without what stands around a name; its beginning where only one begins so."""
    [found] = answer(store, [asked])
    assert found.message_id == message_id
    assert bool(found.deliveries) == (message_id is not None and "nobody" not in asked)


def test_strangers_find_nothing_by_the_beginning_of_a_name(store: Store) -> None:
    """Who may only ask for what they know cannot try out names."""
    assert look_up_name(store, "old@exam")[0] is None


def test_a_report_is_about_the_message_that_bore_its_queue_id_then(
    store: Store, tmp_path: Path
) -> None:
    """A queue id that came back does not make a lost message a delivered one."""
    path = tmp_path / "bounce.eml"
    path.write_text(
        "From: MAILER-DAEMON@mx.example.org\nTo: a@example.com\n"
        "Subject: Undelivered Mail Returned to Sender\n"
        "Date: Sun, 02 Nov 2025 10:00:02 +0000\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\n<b@example.org>: unknown user\n\n"
        "--b\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; mx.example.org\nX-Postfix-Queue-ID: {ID}\n\n"
        "Final-Recipient: rfc822; b@example.org\nAction: failed\nStatus: 5.1.1\n\n--b--\n"
    )
    [found] = answer(store, [str(path)])
    assert found.message_id == "<old@example.com>"
    assert [one.outcome for one in found.deliveries] == ["not-delivered"]

"""A trail for the pages: some days of mail, with everything that the overview counts."""

import random
import time
from pathlib import Path

from retour.model.trail import Arrival, End, HandOver, Observation
from retour.service.statistics import count
from retour.store import open_store

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
REPLIES = (
    "550 5.1.1 user unknown",
    "452 4.2.2 mailbox full",
    "550 5.7.1 Message rejected due to content",
    "connect to mx.example.net[192.0.2.1]:25: Connection timed out",
)
LONG_SUBJECT = "Überlänge " * 200
TURNING_SUBJECT = "مرحبا \u202etxt.exe عومر"
"""Right-to-left letters, and an override that would turn what follows."""


def make_trail(folder: Path) -> str:
    """Make a trail that ends now; return its place."""
    url = str(folder / "trail.sqlite3")
    fill_trail(url)
    return url


def fill_trail(url: str) -> None:
    """Fill a trail that ends now."""
    now = int(time.time()) * SECOND
    with open_store(url) as store:
        store.write([*_make_traffic(now), *_make_twins(now), *_make_way(now)])
        count(store)


def make_long_way(folder: Path, hops: int) -> str:
    """Make a trail that knows one message, which many systems passed on."""
    url = str(folder / "long.sqlite3")
    now = int(time.time()) * SECOND
    lines: list[Observation] = []
    for n in range(hops):
        at = now - DAY + n * SECOND
        lines += _pass_on(
            at, f"hop{n}.example.com", f"H{n:05}", "<hops@example.com>", f"H{n + 1:05}"
        )
    with open_store(url) as store:
        store.write(lines)
    return url


def _make_traffic(now: int) -> list[Observation]:
    """Make three hundred mails within three days: one in three goes wrong."""
    chance = random.Random(1)
    lines: list[Observation] = []
    for n in range(300):
        at = now - HOUR - n * 10 * 60 * SECOND
        outcome = ("relayed", "relayed", "relayed", "relayed", "failed", "deferred")[n % 6]
        reply = "250 2.0.0 ok" if outcome == "relayed" else chance.choice(REPLIES)
        lines += [
            Arrival(
                at, "mx.example.com", f"Q{n:05}", f"<{n}@example.com>", "ann@example.com",
                "client.example", "192.0.2.7", size_bytes=1000, subject=f"Hello {n}",
            ),
            HandOver(
                at + SECOND, "mx.example.com", f"Q{n:05}", f"u{n % 40}@dest{n % 12}.example.net",
                None, outcome, "mx.dest.example", "192.0.2.9", reply[4:9], reply, None, 900,  # type: ignore[arg-type]
                100 * (n % 50),
            ),
        ]  # fmt: skip
    return lines


def _make_twins(now: int) -> list[Observation]:
    """Make one message that one system took twice."""
    return [
        Arrival(
            now - 3 * HOUR + n * 60 * SECOND, "mx.example.com", f"D{n}", "<twin@example.com>",
            "ann@example.com", f"client{n}.example", f"192.0.2.{n}",
        )
        for n in range(2)
    ]  # fmt: skip


def _make_way(now: int) -> list[Observation]:
    """Make one message that passed two systems, waited, and failed."""
    at, name = now - 5 * HOUR, "<way@example.com>"
    lines = _pass_on(at, "a.example.com", "L1", name, "L2", subject=LONG_SUBJECT)
    at += 500 * SECOND
    lines.append(Arrival(at, "b.example.com", "L2", name, "ann@example.com", "a.example.com",
                         subject=TURNING_SUBJECT))  # fmt: skip
    for wait, outcome, reply in (
        (1, "deferred", "452 4.2.2 mailbox full"),
        (3900, "failed", "552 5.2.2 mailbox full"),
    ):
        lines.append(
            HandOver(
                at + wait * SECOND,
                "b.example.com",
                "L2",
                "bob@example.net",
                None,
                outcome,  # type: ignore[arg-type]
                "mx.example.net",
                "192.0.2.3",
                reply[4:9],
                reply,
            )
        )
    lines.append(End(at + 3901 * SECOND, "b.example.com", "L2"))
    return lines


def _pass_on(
    at: int, system: str, queue_id: str, message_id: str, next_id: str, subject: str = "Hello"
) -> list[Observation]:
    return [
        Arrival(at, system, queue_id, message_id, "ann@example.com", "p", subject=subject),
        HandOver(
            at + SECOND // 2, system, queue_id, "עומר@example.net", None, "relayed",
            "next.example.com", "192.0.2.1", "2.0.0", f"250 2.0.0 Ok: queued as {next_id}", None,
            500, 20, next_id,
        ),
    ]  # fmt: skip

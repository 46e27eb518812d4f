"""How long a search in a trail takes, and how that grows: ``python -m benchmarks trail``.

A trail is filled with made-up hand-overs through the same code as a log. Times are wall clock,
since what a database's server does is part of the answer.
"""

import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path

from retour.model.story import Query
from retour.model.trail import Arrival, End, HandOver, Observation
from retour.store import Store, open_store

SMALL = (100_000,)
LARGE = (100_000, 1_000_000, 10_000_000)
MEDIAN_MS = 20.0
P95_MS = 100.0

_BATCH = 8_000
_ASKED = 100
_DAYS = 60
_ANSWERS = 7
"""Every so many-th subject begins with "Re:", so of ten million more than a million."""
_START_US = 1_767_225_600_000_000  # 2026-01-01
_DAY_US = 86_400_000_000


class Traffic:
    """Made-up mails: few senders and words are frequent, most are rare."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.step_us = _DAYS * _DAY_US // count
        self._senders = _Skewed(min(200_000, count // 20), 1)
        self._recipients = _Skewed(min(1_000_000, count // 5), 2)
        self._words = _Skewed(20_000, 3)

    def message(self, n: int) -> tuple[str, str, str, str]:
        """Return Message-ID, sender, recipient and subject of the n-th mail."""
        chance = random.Random(n)
        sender, recipient = self._senders.draw(chance), self._recipients.draw(chance)
        words = " ".join(f"w{self._words.draw(chance)}" for _ in range(5))
        if n % _ANSWERS == 0:
            words = f"Re: {words}"
        return (
            f"<{chance.getrandbits(64):016x}.{n}@mail{sender % 331}.example.com>",
            f"first{sender}.last{sender % 977}@dom{sender % 997}.example.com",
            f"name{recipient}@dest{recipient % 4999}.example.net",
            words,
        )

    def at(self, n: int) -> int:
        """Return when it arrives."""
        return _START_US + n * self.step_us

    def lines(self) -> Iterator[Observation]:
        """Yield what a log would say of all of them."""
        for n in range(self.count):
            at_us, queue_id = self.at(n), f"{n:012X}"
            message_id, sender, recipient, subject = self.message(n)
            peer = n % 5003
            yield Arrival(
                at_us, f"mx{n % 3}", queue_id, message_id, sender, f"c{peer}.example.org",
                f"198.51.{peer % 100}.{peer % 250}", None, "ESMTPS", "TLSv1.3", 4000 + n % 9999, 1,
                subject,
            )  # fmt: skip
            next_id = f"{n * 7:012X}"
            outcome, status, reply = _end(n, next_id)
            yield HandOver(
                at_us + 800_000, f"mx{n % 3}", queue_id, recipient, None, outcome,
                f"mx.dest{n % 4999}.example.net", f"203.0.113.{n % 250}", status, reply,
                "TLSv1.3", 800, 20, next_id if outcome == "relayed" else None,
            )  # fmt: skip
            yield End(at_us + 900_000, f"mx{n % 3}", queue_id)


def _end(n: int, next_id: str) -> tuple[str, str, str]:
    """Return outcome, status and reply of the n-th mail's hand-over: one in thirty fails."""
    if n % 10_000 == 5_000:
        return "failed", "5.7.1", "550 5.7.1 Message rejected due to content"
    if n % 50 == 0:
        return "failed", "5.1.1", "550 5.1.1 user unknown"
    if n % 97 == 0:
        return "deferred", "4.2.2", "452 4.2.2 mailbox full"
    if n % 50_000 == 3:
        return "expired", "4.4.1", "connect to mx.example.net[192.0.2.1]:25: Connection timed out"
    return "relayed", "2.0.0", f"250 2.0.0 Ok: queued as {next_id}"


class _Skewed:
    """Numbers of which the first are drawn far more often (Zipf's law with exponent 0.7)."""

    def __init__(self, size: int, seed: int) -> None:
        numbers = list(range(1, max(size, 2)))
        random.Random(seed).shuffle(numbers)
        self._numbers = numbers
        self._weights = list(accumulate(1 / rank**0.7 for rank in range(1, len(numbers) + 1)))

    def draw(self, chance: random.Random) -> int:
        return chance.choices(self._numbers, cum_weights=self._weights)[0]


def list_questions(traffic: Traffic) -> dict[str, Callable[[random.Random], Query]]:
    """List the kinds of search that are measured; each asks for a mail that is there."""

    def day(n: int) -> tuple[int, int]:
        return traffic.at(n) - _DAY_US // 2, traffic.at(n) + _DAY_US // 2

    def pick(chance: random.Random) -> tuple[int, tuple[str, str, str, str]]:
        n = chance.randrange(traffic.count)
        return n, traffic.message(n)

    def by_message(chance: random.Random) -> Query:
        return Query(message_id=pick(chance)[1][0])

    def by_sender(chance: random.Random) -> Query:
        n, (_, sender, _, _) = pick(chance)
        since, until = day(n)
        return Query(from_=sender, since_us=since, until_us=until)

    def by_recipient(chance: random.Random) -> Query:
        n, (_, _, recipient, _) = pick(chance)
        since, until = day(n)
        return Query(to=recipient, since_us=since, until_us=until)

    def by_words(chance: random.Random) -> Query:
        words = pick(chance)[1][3].split()
        return Query(subject=" ".join(words[:2]))

    def by_word(chance: random.Random) -> Query:
        return Query(subject=pick(chance)[1][3].split()[0])

    def by_domain(chance: random.Random) -> Query:
        n, (_, _, recipient, _) = pick(chance)
        since, until = day(n)
        return Query(to="@" + recipient.partition("@")[2], since_us=since, until_us=until)

    def by_local_part(chance: random.Random) -> Query:
        return Query(from_=pick(chance)[1][1].partition(".")[0])

    return {
        "Message-ID": by_message,
        "sender and time": by_sender,
        "recipient and time": by_recipient,
        "two subject words": by_words,
        "one subject word": by_word,
        "recipient's domain and time": by_domain,
        "part of the sender": by_local_part,
    }


def main(sizes: tuple[int, ...] = SMALL) -> None:
    """Fill trails and print what searches in them take."""
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "trail.sqlite3"
            _measure("SQLite", str(path), size)
            print(f"  file: {path.stat().st_size / size:.0f} bytes a hand-over")
        server = os.environ.get("RETOUR_BENCH_POSTGRES")
        if server:
            _measure("PostgreSQL", server, size)
    if not os.environ.get("RETOUR_BENCH_POSTGRES"):
        print("(PostgreSQL: name an empty database in RETOUR_BENCH_POSTGRES)")
    print(f"(median at most {MEDIAN_MS:.0f} ms, 95th percentile at most {P95_MS:.0f} ms)")


def _measure(name: str, url: str, size: int) -> None:
    """Fill one trail and search it."""
    traffic = Traffic(size)
    with open_store(url) as store:
        used = _fill(store, traffic)
        print(f"{name}, {size:,} hand-overs: {used / size * 1e6:.0f} us of our processor each")
        for question, ask in list_questions(traffic).items():
            _ask(store, question, ask)


def _fill(store: Store, traffic: Traffic) -> float:
    """Write all of the traffic; return seconds of this process, without making it up."""
    batch: list[Observation] = []
    used = 0.0
    for line in traffic.lines():
        batch.append(line)
        if len(batch) >= _BATCH * 3:
            used += _write(store, batch)
            batch = []
    return used + _write(store, batch)


def _write(store: Store, batch: list[Observation]) -> float:
    started = time.process_time()
    store.write(batch)
    return time.process_time() - started


def _ask(store: Store, name: str, ask: Callable[[random.Random], Query]) -> None:
    """Search many times and print how long that took."""
    chance = random.Random(name)
    took = []
    for n in range(_ASKED + 5):
        query = ask(chance)
        started = time.perf_counter()
        found = store.find(query)
        if n >= 5:  # the first ones compile the statements
            took.append((time.perf_counter() - started) * 1000)
        assert found, query
    took.sort()
    print(
        f"  {name:28} median {statistics.median(took):7.1f} ms"
        f"   95th percentile {took[int(len(took) * 0.95)]:7.1f} ms"
    )

"""How long a search in a trail takes, and how that grows: ``python -m benchmarks trail``.

Trails are filled with made-up mails in bulk (:mod:`benchmarks.filling`, which first shows that it
writes what a log's reading writes). Times are wall clock, since what a database's server does is
part of the answer.
"""

import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from benchmarks.filling import check_likeness, fill
from benchmarks.pages import show_page_times
from benchmarks.traffic import DAY_US, Mail, Traffic
from retour.model.story import Query
from retour.store import Store, open_store

SMALL = (100_000,)
LARGE = (100_000, 1_000_000, 10_000_000)
MEDIAN_MS = 20.0
P95_MS = 100.0

_ASKED = 100
_ASKED_BROAD = 20


def list_questions(traffic: Traffic) -> dict[str, Callable[[random.Random], Query]]:
    """List the kinds of search that have to be fast; each asks for a mail that is there."""

    def pick(chance: random.Random) -> Mail:
        return traffic.mail(chance.randrange(traffic.count))

    def by_message(chance: random.Random) -> Query:
        return Query(message_id=pick(chance).message_id)

    def by_sender(chance: random.Random) -> Query:
        mail = pick(chance)
        return _within_a_day(mail, Query(from_=traffic.address(mail.sender_id)))

    def by_recipient(chance: random.Random) -> Query:
        mail = pick(chance)
        return _within_a_day(mail, Query(to=traffic.address(mail.recipient_id)))

    def by_words(chance: random.Random) -> Query:
        return Query(subject=" ".join(pick(chance).subject.split()[-2:]))

    def by_word(chance: random.Random) -> Query:
        return Query(subject=pick(chance).subject.split()[-1])

    return {
        "Message-ID": by_message,
        "sender and time": by_sender,
        "recipient and time": by_recipient,
        "two subject words": by_words,
        "one subject word": by_word,
    }


def list_broad_questions(traffic: Traffic) -> dict[str, Callable[[random.Random], Query]]:
    """List searches that very many mails meet, mixes of such, and pages far behind."""

    def address(chance: random.Random) -> str:
        return traffic.address(traffic.mail(chance.randrange(traffic.count)).sender_id)

    def recipient(chance: random.Random) -> str:
        return traffic.address(traffic.mail(chance.randrange(traffic.count)).recipient_id)

    def peer(chance: random.Random) -> str:
        return traffic.host(traffic.mail(chance.randrange(traffic.count)).peer_id)[0]

    def before(chance: random.Random) -> int:
        return traffic.at(chance.randrange(traffic.count // 2, traffic.count)) << 10

    return {
        "nothing asked, newest": lambda _: Query(),
        "nothing asked, deep page": lambda c: Query(before=before(c)),
        "status: failed": lambda _: Query(status="failed"),
        "status: failed, deep page": lambda c: Query(status="failed", before=before(c)),
        "status: expired (rare)": lambda _: Query(status="expired"),
        "status: 5.": lambda _: Query(status="5."),
        "status: 5.7 (one in 10,000)": lambda _: Query(status="5.7"),
        "status: relayed": lambda _: Query(status="relayed"),
        "status: 4.9 (never)": lambda _: Query(status="4.9"),
        "peer": lambda c: Query(peer=peer(c)),
        "peer's beginning (very many)": lambda _: Query(peer="c1"),
        "peer's domain (all)": lambda _: Query(peer="example.org"),
        "word of one in seven": lambda _: Query(subject="re"),
        "that, deep page": lambda c: Query(subject="re", before=before(c)),
        "that, and failed": lambda _: Query(subject="re", status="failed"),
        "that, and 5.7": lambda _: Query(subject="re", status="5.7"),
        "beginning of a word": lambda _: Query(subject="w199"),
        "beginning of all words": lambda _: Query(subject="w"),
        "part of the sender": lambda c: Query(from_=address(c).partition(".")[0]),
        "sender's domain": lambda c: Query(from_="@" + address(c).partition("@")[2]),
        "recipient's domain": lambda c: Query(to="@" + recipient(c).partition("@")[2]),
        "all senders": lambda _: Query(from_="example.com"),
        "inside of the sender": lambda c: Query(from_="*" + address(c)[3:14]),
        "inside of nobody": lambda _: Query(from_="*nobody-has-this"),
        "sender's domain, failed": lambda c: Query(
            from_="@" + address(c).partition("@")[2], status="failed"
        ),
        "sender's and recipient's domain": lambda c: Query(
            from_="@" + address(c).partition("@")[2], to="@" + recipient(c).partition("@")[2]
        ),
        "all senders, expired": lambda _: Query(from_="example.com", status="expired"),
        "sender, all peers": lambda c: Query(from_=address(c), peer="example.org"),
        "peer, word, failed": lambda c: Query(peer=peer(c), subject="re", status="failed"),
        "queue id's beginning (all)": lambda _: Query(queue_id="0"),
    }


def _within_a_day(mail: Mail, query: Query) -> Query:
    return replace(query, since_us=mail.at_us - DAY_US // 2, until_us=mail.at_us + DAY_US // 2)


def main(sizes: tuple[int, ...] = SMALL) -> None:
    """Fill trails and print what searches in them take."""
    check_likeness()
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "trail.sqlite3"
            _measure("SQLite", str(path), size)
            print(f"  file: {path.stat().st_size / size:.0f} bytes a hand-over")
        server = os.environ.get("RETOUR_BENCH_POSTGRES")
        if server:
            _measure("PostgreSQL", f"{server}{size}", size)
    if not os.environ.get("RETOUR_BENCH_POSTGRES"):
        print(
            "(PostgreSQL: give the beginning of URLs in RETOUR_BENCH_POSTGRES, to which the sizes "
            "are added: empty databases that are there)"
        )
    print(f"(the first five: median at most {MEDIAN_MS:.0f} ms, 95th at most {P95_MS:.0f} ms)")


def _measure(name: str, url: str, size: int) -> None:
    """Fill one trail and search it."""
    traffic = Traffic(size)
    fill(url, traffic)
    print(f"{name}, {size:,} hand-overs")
    show_times(url, traffic)
    show_page_times(url, traffic)


def show_times(url: str, traffic: Traffic) -> None:
    """Search a filled trail and print what that takes."""
    with open_store(url) as store:
        for question, ask in list_questions(traffic).items():
            _ask(store, question, ask, _ASKED)
        for question, ask in list_broad_questions(traffic).items():
            _ask(store, question, ask, _ASKED_BROAD)


def _ask(store: Store, name: str, ask: Callable[[random.Random], Query], times: int) -> None:
    """Search many times and print how long that took."""
    chance = random.Random(name)
    took, used = [], []
    for n in range(times + 2):
        query = ask(chance)
        started, begun = time.perf_counter(), time.process_time()
        found = store.find(query)
        if n >= 2:  # the first ones compile the statements
            used.append((time.process_time() - begun) * 1000)
            took.append((time.perf_counter() - started) * 1000)
    took.sort()
    print(
        f"  {name:30} median {statistics.median(took):7.1f} ms   95th percentile "
        f"{took[int(len(took) * 0.95)]:7.1f} ms   {statistics.median(used):7.1f} ms of our "
        f"processor   {len(found):3} found",
        flush=True,
    )

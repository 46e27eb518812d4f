"""Searches that very many copies meet give the same copies as a look at each of them."""

from dataclasses import replace

import pytest
from postfixlike import SECOND, T0

from retour.model.story import Query
from retour.model.trail import Arrival, HandOver, Observation
from retour.store import Store, conditions, finding

_COUNT = 900


def _make(n: int) -> tuple[Observation, Observation]:
    """Return one message's lines; each of its properties is frequent, their mixes are rare."""
    at, name = T0 + n * 1000 * SECOND, f"Q{n:05d}"
    subject = "Re: yearly report" if n % 2 else "minutes of the meeting"
    peer = f"out{n % 90}.relay.example"
    failed = n % 3 == 0
    return (
        Arrival(at, "mx", name, f"<{n}@x.example>", f"ann{n % 100}@x.example", peer,
                f"192.0.2.{n % 90}", subject=subject),
        HandOver(at + 1, "mx", name, f"bob{n % 7}@y.example", None,
                 "failed" if failed else "relayed", status=f"5.1.{n % 4}" if failed else "2.0.0"),
    )  # fmt: skip


def _all(_: int) -> bool:
    return True


def _none(_: int) -> bool:
    return False


_BROAD = {
    "all by time": (Query(), _all),
    "an outcome": (Query(status="relayed"), lambda n: n % 3 > 0),
    "an outcome of several codes": (Query(status="failed"), lambda n: n % 3 == 0),
    "a class of codes": (Query(status="5."), lambda n: n % 3 == 0),
    "one code": (Query(status="5.1.3"), lambda n: n % 3 == 0 and n % 4 == 3),
    "a code that never came": (Query(status="4.9"), _none),
    "a sender's part": (Query(from_="ann"), _all),
    "many senders' part": (Query(from_="ann1"), lambda n: str(n % 100)[0] == "1"),
    "inside of words": (Query(from_="*nn2"), lambda n: str(n % 100)[0] == "2"),
    "a peer's part": (Query(peer="out1"), lambda n: str(n % 90)[0] == "1"),
    "all peers": (Query(peer="relay.example"), _all),
    "a peer's address": (Query(peer="192.0.2.7"), lambda n: str(n % 90)[0] == "7"),
    "a queue id's beginning": (Query(queue_id="Q00"), _all),
    "a word": (Query(subject="report"), lambda n: n % 2 == 1),
    "a word's beginning": (Query(subject="minu"), lambda n: n % 2 == 0),
    "two words' beginnings": (Query(subject="minu MEET"), lambda n: n % 2 == 0),
    "beginnings of which one is nobody's": (Query(subject="minu meetz"), _none),
    "a beginning and inside of words": (
        Query(subject="minu", from_="*nn2"),
        lambda n: n % 2 == 0 and str(n % 100)[0] == "2",
    ),
    "a beginning and inside of all": (Query(subject="minu", from_="*nn"), lambda n: n % 2 == 0),
    "a beginning and a rare end": (
        Query(subject="yea", status="5.1.3"),
        lambda n: n % 2 == 1 and n % 3 == 0 and n % 4 == 3,
    ),
    "a Message-ID": (Query(message_id="<77@x.example>"), lambda n: n == 77),
    "a Message-ID's beginning": (Query(message_id="77"), lambda n: str(n).startswith("77")),
    "inside of a Message-ID": (Query(message_id="*7@x.example>"), lambda n: n % 10 == 7),
    "a mix": (
        Query(subject="report", status="failed", peer="out"),
        lambda n: n % 2 == 1 and n % 3 == 0,
    ),
    "a mix that is rare": (
        Query(from_="ann", to="bob3@y.example", status="5.1.1", peer="out1", subject="re"),
        lambda n: n % 7 == 3 and n % 3 == 0 and n % 4 == 1 and str(n % 90)[0] == "1" and n % 2 == 1,
    ),
}


@pytest.mark.parametrize(("merged", "names"), [(None, 2_000), (1, 2_000), (None, 20)])
def test_every_way_of_searching_finds_the_same(
    store: Store, monkeypatch: pytest.MonkeyPatch, merged: int | None, names: int
) -> None:
    """By merged ranges, by sorting, by walking, in small steps and pages: newest first, all."""
    store.write([line for n in range(_COUNT) for line in _make(n)])
    monkeypatch.setattr(finding, "_COUNTED", 16)
    monkeypatch.setattr(finding, "_COUNTED_RARE", (24, 48))
    monkeypatch.setattr(finding, "_SAMPLE", 32)
    monkeypatch.setattr(finding, "_FIRST_STEP", 8)
    monkeypatch.setattr(finding, "_WALKED", 60)
    monkeypatch.setattr(conditions, "_FEW", 16)
    monkeypatch.setattr(conditions, "NAMES_MAX", names)
    monkeypatch.setattr(conditions, "WORDS_MAX", 2 * names)
    if merged is not None:
        monkeypatch.setattr(type(store._dialect), "merged_max", merged, raising=False)
    for name, (query, holds) in _BROAD.items():
        expected = [f"Q{n:05d}" for n in reversed(range(_COUNT)) if holds(n)]
        assert _read_pages(store, query) == expected, name


def _read_pages(store: Store, query: Query) -> list[str | None]:
    """Read all pages of a search."""
    read: list[str | None] = []
    page = store.find(replace(query, limit=70))
    while page:
        read += [copy.queue_id for copy in page]
        page = store.find(replace(query, limit=70, before=page[-1].copy_id))
    return read

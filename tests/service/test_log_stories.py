"""Logs as mail systems write them, and what a trail must conclude: one small story a case.

The cases lie in ``stories/*.txt``. Each begins with ``=== title``, then come the lines of one log
or of several (``--- name`` begins the next; the name's ending means nothing), then what must be
known, one sentence a line behind ``>``:

- ``> ASKED ADDRESS OUTCOME [host=… queue=… at=HH:MM:SS final=… to=…] ["words of the reply"]``: one
  answer of ``trail delivered ASKED``; all the answers for one ``ASKED`` must be named;
- ``> ASKED nobody``: the trail knows nothing of it;
- ``> refused [to=… from=… phase=… peer=… address=… helo=…] ["words"]``: one refusal; where one is
  named, all must be, in the order of time;
- ``> arrived QUEUE-ID [message_id=… mail_from=… peer_name=… tls=… …]``: what is known of a copy;
- ``> unknown N``: lines of no known form (none, where nothing is said);
- ``> format NAME``: of the first log.
"""

import os
import shlex
import shutil
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from retour.model.story import Copy, Delivery, Query
from retour.service.ingestion import Intake, Intent, ingest
from retour.service.trail import answer
from retour.store import Store, open_store

_STORIES = Path(__file__).parent / "stories"
_WRITTEN = datetime(2026, 3, 31, tzinfo=UTC).timestamp()
_NAMES = {"queue": "queue_id", "final": "final_recipient", "to": "handed_to"}


@dataclass(slots=True)
class Case:
    """One story.

    Attributes:
        logs: by name, their lines.
        sentences: what must be known.
    """

    logs: dict[str, list[str]] = field(default_factory=dict)
    sentences: list[list[str]] = field(default_factory=list)


def _read_cases() -> Iterator[tuple[str, Case]]:
    """Read all the stories, each under its file and title."""
    for path in sorted(_STORIES.glob("*.txt")):
        case, log = Case(), "log"
        for line in path.read_text("utf-8").splitlines():
            if line.startswith("=== "):
                case, log = Case(), "log"
                yield f"{path.stem}: {line[4:]}", case
            elif line.startswith("--- "):
                log = line[4:]
            elif line.startswith("> "):
                case.sentences.append(shlex.split(line[2:]))
            elif line.strip():
                case.logs.setdefault(log, []).append(line)


CASES = dict(list(_read_cases()))


@pytest.fixture(scope="module")
def empty_trail(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trail with nothing in it, to be copied."""
    path = tmp_path_factory.mktemp("empty") / "trail.sqlite3"
    with open_store(str(path)):
        pass
    return path


@pytest.mark.parametrize("title", CASES)
def test_a_trail_concludes_what_happened(title: str, tmp_path: Path, empty_trail: Path) -> None:
    """Every sentence of a story comes out, from its log lines alone."""
    case = CASES[title]
    place = tmp_path / "trail.sqlite3"
    shutil.copy(empty_trail, place)
    paths = []
    for name, lines in case.logs.items():
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", "utf-8")
        os.utime(path, (_WRITTEN, _WRITTEN))
        paths.append(str(path))
    with open_store(str(place)) as store:
        intakes = list(ingest(paths, store, Intent(UTC, "gate")))
        wrong = list(_compare(case, store, intakes))
    assert not wrong, "\n".join(wrong)


def _compare(case: Case, store: Store, intakes: list[Intake]) -> Iterator[str]:
    """Yield what comes out otherwise than a story says."""
    unknown = sum(intake.unknown for intake in intakes)
    wanted = "0"
    answers: dict[str, list[list[str]]] = defaultdict(list)
    refusals: list[list[str]] = []
    for asked, *rest in case.sentences:
        if asked == "unknown":
            wanted = rest[0]
        elif asked == "format":
            if intakes[0].format != rest[0]:
                yield f"the format is {intakes[0].format}, not {rest[0]}"
        elif asked == "refused":
            refusals.append(rest)
        elif asked == "arrived":
            yield from _compare_arrival(store, *rest)
        else:
            answers[asked].append(rest)
    if str(unknown) != wanted:
        yield f"{unknown} lines are of no known form"
    for asked, expected in answers.items():
        yield from _compare_answers(store, asked, expected)
    if refusals:
        yield from _compare_refusals(store, refusals)


def _compare_arrival(store: Store, queue_id: str, *expected: str) -> Iterator[str]:
    copies = store.find(Query(queue_id=queue_id))
    if len(copies) != 1:
        yield f"{queue_id}: {len(copies)} copies"
    for copy in copies:
        yield from _compare_fields(queue_id, copy, expected)


def _compare_answers(store: Store, asked: str, expected: list[list[str]]) -> Iterator[str]:
    [found] = answer(store, [asked])
    by_address = {one.address.lower(): one for one in found.deliveries}
    if expected == [["nobody"]]:
        expected = []
    for address, outcome, *rest in expected:
        one = by_address.pop(address.lower(), None)
        if one is None:
            yield f"{asked} {address}: no answer"
            continue
        if one.outcome != outcome:
            yield f"{asked} {address}: {one}, not {outcome}"
        yield from _compare_fields(f"{asked} {address}", one, rest)
    for one in by_address.values():
        yield f"{asked}: {one}, which nobody expects"


def _compare_refusals(store: Store, expected: list[list[str]]) -> Iterator[str]:
    copies = sorted(store.find(Query()), key=lambda copy: copy.copy_id)
    refusals = [
        {**refusal._asdict(), "address": refusal.peer_address, "peer": refusal.peer_name}
        for copy in copies
        for refusal in (_complete(copy, n) for n in range(len(copy.refusals)))
    ]
    if len(refusals) != len(expected):
        yield f"{len(refusals)} refusals: {refusals}"
    for refusal, wanted in zip(refusals, expected, strict=False):
        for part in wanted:
            name, marked, value = part.partition("=")
            name = {"from": "mail_from", "to": "recipient"}.get(name, name)
            if not marked or name not in refusal:
                if part not in (refusal["reply"] or ""):
                    yield f"refused: {part!r} is not in {refusal['reply']!r}"
            elif (str(refusal[name]) if refusal[name] is not None else "-") != value:
                yield f"refused: {name} is {refusal[name]!r}, not {value!r}"


def _complete(copy: Copy, n: int):  # type: ignore[no-untyped-def]
    """Return a refusal with what its copy knows of who tried."""
    return copy.refusals[n]._replace(
        mail_from=copy.mail_from,
        peer_name=copy.peer_name,
        peer_address=copy.peer_address,
        helo=copy.helo,
    )


def _compare_fields(what: str, one: Copy | Delivery, expected: Sequence[str]) -> Iterator[str]:
    """Compare the fields that are named; words without a name are part of the reply."""
    for part in expected:
        name, marked, value = part.partition("=")
        name = _NAMES.get(name, name)
        if name == "at" and marked:
            at_us = getattr(one, "at_us", None)
            at = datetime.fromtimestamp((at_us or 0) / 1e6, UTC)
            known = at.strftime("%Y-%m-%dT%H:%M:%S" if "T" in value else "%H:%M:%S")
        elif marked and name.isidentifier() and hasattr(one, name):
            known = getattr(one, name)
            known = "-" if known is None else str(known)
        else:
            reply = getattr(one, "reply", None) or ""
            if part not in reply:
                yield f"{what}: {part!r} is not in {reply!r}"
            continue
        if known != value:
            yield f"{what}: {name} is {known!r}, not {value!r}"

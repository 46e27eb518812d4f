"""Arrivals that a trail knows, compared: with each other, and with mails."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC
from pathlib import Path

import pytest
from scenes import (
    APART,
    B1,
    B2,
    DELTA,
    FAN_OUT,
    GOLF,
    LOOP,
    RETRY,
    SCANNED,
    SENDER,
    SPLIT,
    arrived,
    logs,
    sent,
)

from retour.model.vocabulary import Verdict
from retour.rendering.comparison import build_comparison_document
from retour.rendering.comparison_text import render_comparison_text
from retour.service.comparison import Compared, ComparisonError, compare_copies
from retour.service.copies import find_copies, list_repetitions
from retour.service.ingestion import Intent, ingest
from retour.store import Store, open_store

MAIL = b"""\
Received: from out.alpha.example by mx.golf.example (Postfix) with ESMTP id B0000000002
\tfor <bob@golf.example>; Sun, 1 Mar 2026 10:04:00 +0000
Received: from ws by out.alpha.example (Postfix) with ESMTP id A0000000001
\tfor <bob@golf.example>; Sun, 1 Mar 2026 10:00:00 +0000
Message-ID: <m@x>
Date: Sun, 1 Mar 2026 09:59:59 +0000
From: a@alpha.example
Subject: Hello

The text.
"""


@pytest.fixture
def trail(tmp_path: Path) -> Iterator[Store]:
    """Open an empty trail."""
    with closing(open_store(str(tmp_path / "trail.sqlite3"))) as store:
        yield store


def fill(store: Store, folder: Path, log: str, *mails: bytes) -> None:
    """Read a log and mails into a trail."""
    paths = [folder / "mail.log", *(folder / f"{n}.eml" for n in range(len(mails)))]
    for path, content in zip(paths, (log.encode(), *mails), strict=True):
        path.write_bytes(content)
    intent = Intent(UTC, "gate")
    intakes = list(ingest([str(path) for path in paths], store, intent))
    assert not [intake for intake in intakes if intake.error or intake.unknown]


def judge(store: Store, *names: str) -> Compared:
    return compare_copies(names, find=lambda name: find_copies(store, name))


@pytest.mark.parametrize(
    ("log", "verdict"),
    [
        (RETRY, "retry"),
        (SPLIT, "split"),
        (FAN_OUT, "fan-out"),
        (LOOP, "loop"),
        (APART, "unclear"),
    ],
)
def test_log_lines_alone_tell_what_copies_are(
    trail: Store, tmp_path: Path, log: str, verdict: Verdict
) -> None:
    """The copies' ways through the trail stand for stamps; what shares no station is open."""
    fill(trail, tmp_path, log)
    assert judge(trail, B1, B2).comparison.verdict == verdict
    assert judge(trail, B2, B1).comparison.verdict == verdict
    of_message = judge(trail, "<m@x>")
    assert of_message.comparison.verdict == verdict
    assert sorted(of_message.sources) == [B1, B2]
    assert {copy.extent for copy in of_message.copies} == {"log"}


@pytest.mark.parametrize("log", [LOOP, FAN_OUT, RETRY])
def test_systems_that_all_call_themselves_mx_are_told_apart(
    trail: Store, tmp_path: Path, log: str
) -> None:
    """A host's whole name is what the systems beside it call it."""
    fill(trail, tmp_path, log)
    verdict = judge(trail, B1, B2).comparison.verdict
    with closing(open_store(str(tmp_path / "short.sqlite3"))) as short:
        name = re.compile(r"(?<=\+00:00 )\S+")
        fill(short, tmp_path, name.sub("mx", log.replace("out.alpha", "mx.alpha")))
        assert judge(short, B1, B2).comparison.verdict == verdict


def test_a_copy_and_its_later_stage_are_no_two_arrivals(trail: Store, tmp_path: Path) -> None:
    """What a scanner gave back, or the next system took, is the same copy and no loop."""
    fill(trail, tmp_path, SCANNED)
    found = judge(trail, B1, B2).comparison.pairs[0]
    assert (found.verdict, found.reasons[0].key) == ("unclear", "same-copy-later")


def test_what_is_not_kept_speaks_for_nothing(trail: Store, tmp_path: Path) -> None:
    """A mail beside log lines is not another message for its subject, its date and its text."""
    fill(trail, tmp_path, RETRY)
    path = tmp_path / "copy.eml"
    path.write_bytes(MAIL)
    found = judge(trail, B1, str(path))
    assert found.comparison.verdict == "retry"
    assert [copy.extent for copy in found.copies] == ["log", "mail"]
    path.write_bytes(MAIL.replace(b"Received", b"X-Removed"))
    assert judge(trail, B1, str(path)).comparison.verdict == "unclear"
    path.write_bytes(MAIL.replace(b"<m@x>", b"<other@x>"))
    assert judge(trail, B1, str(path)).comparison.verdict == "distinct"


def test_a_stored_mail_brings_its_header(trail: Store, tmp_path: Path) -> None:
    """The header is kept, the body is not: texts cannot be compared, and that is said."""
    fill(trail, tmp_path, RETRY, MAIL)
    found = judge(trail, B1, B2)
    assert [copy.extent for copy in found.copies] == ["log", "header"]
    assert found.copies[1].subject == "Hello"
    assert found.comparison.verdict == "retry"
    document = build_comparison_document(found.comparison, found.copies, found.sources)
    text = render_comparison_text(document)
    assert "log lines only" in text
    assert "no body is kept" in text


def test_an_attempt_that_had_ended_brought_nothing_later(trail: Store, tmp_path: Path) -> None:
    """What comes from the same host after its only attempt is none of that copy's hand-overs."""
    fill(trail, tmp_path, logs(SENDER, sent(0, as_=B1), arrived(B1, 0), arrived(B2, 4)))
    assert judge(trail, B1, B2).comparison.verdict == "unclear"


def test_a_name_that_nothing_has_is_one_sentence(trail: Store) -> None:
    """Neither a file nor in the trail."""
    with pytest.raises(ComparisonError, match=r"^nothing\.eml: There is no such file"):
        judge(trail, "nothing.eml", "also-nothing")


def test_real_logs_never_contradict_what_really_happened(tmp_path: Path, shared: Path) -> None:
    """Logs of every host of a scene give the scene's verdict, or leave it open; never another."""
    for folder in sorted((shared / "lab" / "flagship").glob("*/")):
        with closing(open_store(str(tmp_path / f"{folder.name}.sqlite3"))) as store:
            list(ingest(list(map(str, folder.glob("log-*.txt"))), store, Intent(UTC, "mx")))
            for pair in json.loads((folder / "pairs.json").read_bytes())["pairs"]:
                names = [
                    json.loads((folder / f"{pair[side]}.json").read_bytes())["queue_id"]
                    for side in ("a", "b")
                ]
                right = {pair["verdict"], *pair["also"]}
                # One Message-ID, two submissions: only header and text tell them apart.
                accepted = right | ({"unclear"} if pair["verdict"] == "distinct" else set())
                verdict = judge(store, *names).comparison.verdict
                assert verdict in accepted, (folder.name, names)


ALL = {RETRY: "retry", SPLIT: "split", FAN_OUT: "fan-out", LOOP: "loop", APART: "unclear"}


def fill_with_all(trail: Store, folder: Path) -> None:
    """Read every scene into one trail, each with a Message-ID and queue ids of its own."""
    for n, log in enumerate((*ALL, SCANNED)):
        own = re.sub(r"\b([A-E])0(\d{9})\b", rf"\g<1>{n}\2", log)
        fill(trail, folder, own.replace("<m@x>", f"<{n}@x>"))


def test_every_message_that_arrived_twice_is_judged(trail: Store, tmp_path: Path) -> None:
    """What a scanner gave back did not arrive twice; all others have their verdict and sender."""
    fill_with_all(trail, tmp_path)
    found = {one.message_id: one for one in list_repetitions(trail, 0, None)}
    assert {key: one.verdict for key, one in found.items()} == {
        f"<{n}@x>": verdict for n, verdict in enumerate(ALL.values())
    }
    assert found["<0@x>"].senders == ("alpha.example",)
    assert found["<3@x>"].senders == ("alpha.example", "delta.example")
    assert [copy.queue_id for copy in found["<0@x>"].arrivals] == ["B0000000001", "B0000000002"]
    only = list_repetitions(trail, 0, None, ["loop", "split"])
    assert {one.message_id for one in only} == {"<1@x>", "<3@x>"}


def test_a_loop_of_hundreds_of_arrivals_is_judged_by_its_first(
    trail: Store, tmp_path: Path
) -> None:
    """The verdict needs no pair of all of them, and the answer says that there are more."""
    rounds = [arrived("B0000000000", 0, onward=(DELTA, "D0000000000"))]
    for n in range(1, 60):
        id_, there = f"B{n:010X}", f"D{n - 1:010X}"
        rounds.append(arrived(there, n - 1, host=DELTA, peer=GOLF, onward=(GOLF, id_)))
        rounds.append(arrived(id_, n, peer=DELTA, onward=(DELTA, f"D{n:010X}")))
    fill(trail, tmp_path, logs(*rounds))
    [found] = list_repetitions(trail, 0, None)
    assert (found.verdict, len(found.arrivals), found.is_cut) == ("loop", 60, True)
    assert len(found.verdicts) == 66

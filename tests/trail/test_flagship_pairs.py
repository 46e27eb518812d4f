"""Duplicates and loops as a real gateway saw them, and variants of them."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from retour.ingest.envelope import parse_envelope
from retour.model.copies import Copy
from retour.model.vocabulary import Verdict
from retour.trail.compare import compare
from retour.trail.copy import read_copy

# From the mails alone, a split cannot be told from a retry.
WITHOUT_ENVELOPE = {"split": {"retry", "unclear"}}
FOOTER = b"\r\n-- \r\nThis message is confidential.\r\n"


class Pair(NamedTuple):
    """Two arrivals and what may be said of them."""

    folder: Path
    a: str
    b: str
    verdict: Verdict
    accepted: frozenset[str]

    def read(self, name: str) -> tuple[bytes, bytes]:
        """Return an arrival's mail and envelope."""
        folder = self.folder
        return (folder / f"{name}.eml").read_bytes(), (folder / f"{name}.json").read_bytes()


def list_pairs(shared: Path) -> Iterator[Pair]:
    for path in sorted((shared / "lab" / "flagship").glob("*/pairs.json")):
        for found in json.loads(path.read_bytes())["pairs"]:
            verdict = found["verdict"]
            yield Pair(
                path.parent, found["a"], found["b"], verdict, frozenset([verdict, *found["also"]])
            )


def read(mail: bytes, envelope: bytes | None) -> Copy:
    return read_copy(mail, parse_envelope(envelope) if envelope else None)


def without_envelopes(pair: Pair) -> frozenset[str]:
    return frozenset(WITHOUT_ENVELOPE.get(pair.verdict, pair.accepted))


def rename(raw: bytes) -> bytes:
    """Give all systems other names, one of them under a suffix of two labels."""
    raw = raw.replace(b"mx.alpha.test", b"out7.mail.alpha.co.uk").replace(b".test", b".example")
    return raw.replace(b"mx.", b"gw3.")


def encode(raw: bytes) -> bytes:
    head, _, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    return head + b"\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(body)


def tag(raw: bytes) -> bytes:
    return raw.replace(b"\nSubject: ", b"\nSubject: [EXT] ") + FOOTER


def test_every_pair_is_right_with_envelopes(shared: Path) -> None:
    """What the gateway itself knows decides every pair, in either order."""
    for pair in list_pairs(shared):
        copies = [read(*pair.read(pair.a)), read(*pair.read(pair.b))]
        for order in (copies, copies[::-1]):
            assert compare(order).verdict in pair.accepted, pair


def test_every_pair_is_right_without_envelopes(shared: Path) -> None:
    """The mails alone decide every pair but the split."""
    for pair in list_pairs(shared):
        copies = [read(pair.read(name)[0], None) for name in (pair.a, pair.b)]
        for order in (copies, copies[::-1]):
            assert compare(order).verdict in without_envelopes(pair), pair


def test_our_own_record_makes_a_loop_of_removed_traces(shared: Path) -> None:
    """Where all traces are removed, the record of handing it on is the proof; else it is open."""
    (pair,) = (p for p in list_pairs(shared) if p.folder.name == "loop-stripped")
    known = [read(*pair.read(name)) for name in (pair.a, pair.b)]
    (found,) = compare(known).pairs
    assert found.verdict == "loop"
    assert found.reasons[0].key == "came-back-from-next-host"
    unknown = [read(pair.read(name)[0], None) for name in (pair.a, pair.b)]
    assert compare(unknown).verdict == "unclear"


def test_every_pair_is_right_from_the_mailboxes(shared: Path) -> None:
    """Two mails that somebody exports from a mailbox tell the same, the split among them."""
    tried = 0
    for pair in list_pairs(shared):
        paths = [pair.folder / f"delivered-{name}.eml" for name in (pair.a, pair.b)]
        if all(path.is_file() for path in paths):
            tried += 1
            copies = [read_copy(path.read_bytes()) for path in paths]
            assert compare(copies).verdict == pair.verdict, pair
    assert tried


@pytest.mark.parametrize("with_envelope", [True, False])
@pytest.mark.parametrize("change", [rename, encode, tag])
def test_variants_of_the_pairs_are_right(shared: Path, change: object, with_envelope: bool) -> None:
    """Other hosts on both sides, another encoding or a disclaimer on the second copy."""
    assert callable(change)
    for pair in list_pairs(shared):
        (mail_a, known_a), (mail_b, known_b) = pair.read(pair.a), pair.read(pair.b)
        mail_b, known_b = change(mail_b), rename(known_b) if change is rename else known_b
        if change is rename:
            mail_a, known_a = rename(mail_a), rename(known_a)
        copies = [
            read(mail_a, known_a if with_envelope else None),
            read(mail_b, known_b if with_envelope else None),
        ]
        accepted = pair.accepted if with_envelope else without_envelopes(pair)
        assert compare(copies).verdict in accepted, pair


def test_body_hash_is_that_of_the_gateway(shared: Path) -> None:
    """The hash is of the body as it stands, so logs of other tools can be searched for it."""
    for path in sorted((shared / "lab" / "flagship").glob("*/01.json")):
        copy = read_copy(path.with_suffix(".eml").read_bytes())
        assert copy.body_sha256 == json.loads(path.read_bytes())["body_sha256"]

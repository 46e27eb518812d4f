"""Real mails, whole, cut and damaged, never raise and always fit the contract.

The normal run takes a sample that is the same every time. ``RETOUR_ROBUSTNESS=full`` takes every
mail, every cut at 500 bytes and 100,000 damaged mails, and prints what it counted (``pytest -s``).
"""

import json
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from mutation import mutate

from retour.analyse import explain
from retour.rendering.json import analysis_to_dict, to_line

FULL = os.environ.get("RETOUR_ROBUSTNESS") == "full"
OWN = Path(__file__).resolve().parent.parent / "fixtures"
CUT_BYTES = 500
# One in so many is taken in the normal run.
MAILS_STEP, CUTS_STEP, VALID_STEP = (1, 1, 5) if FULL else (8, 41, 40)
MUTATIONS = 100_000 if FULL else 400
_NO_MAIL = {".json", ".jsonl", ".md", ".py", ".sh", ".log", ".pcap", ".cf", ".conf", ".toml"}


def _find_mails(shared: Path) -> list[Path]:
    folders = (shared / "corpus", shared / "lab", OWN)
    return sorted(
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in _NO_MAIL and "LICENSES" not in path.parts
    )


@pytest.fixture(scope="module")
def mails(shared: Path) -> list[tuple[str, bytes]]:
    """Bytes by name, the largest left to the full run."""
    found = [(path.name, path.read_bytes()) for path in _find_mails(shared)]
    return [(name, raw) for name, raw in found if FULL or len(raw) < 100_000]


@pytest.fixture(scope="module")
def validator(shared: Path) -> Any:
    """The contract's validator, formats checked."""
    schema = json.loads((shared / "retour-1.schema.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema, format_checker=FormatChecker())


class _Count:
    """What a run has seen."""

    def __init__(self) -> None:
        self.mails = 0
        self.valid = 0
        self.slowest_ms = 0.0
        self.slowest = ""

    def __str__(self) -> str:
        return (
            f"{self.mails} explained, {self.valid} validated, none raised; "
            f"slowest {self.slowest_ms:.0f} ms CPU: {self.slowest}"
        )


def _explain_all(cases: Iterator[tuple[str, bytes]], validator: Any) -> _Count:
    count = _Count()
    for name, raw in cases:
        begin = time.process_time()
        try:
            analysis = explain(raw)
            answer = analysis_to_dict(analysis, source=name, index=0)
        except Exception as error:
            error.add_note(f"{name}: {raw[:2_000]!r}")
            raise
        spent_ms = (time.process_time() - begin) * 1_000
        if spent_ms > count.slowest_ms:
            count.slowest_ms, count.slowest = spent_ms, f"{name} ({len(raw)} bytes)"
        if count.mails % VALID_STEP == 0:
            errors = list(validator.iter_errors(json.loads(to_line(answer))))
            assert not errors, f"{name}: {errors[0].json_path}: {errors[0].message}"
            count.valid += 1
        count.mails += 1
    return count


def test_whole_mails_are_explained(mails: list[tuple[str, bytes]], validator: Any) -> None:
    """Every labelled mail gets an answer that fits the contract."""
    print(_explain_all(iter(mails[::MAILS_STEP]), validator))


def test_cut_mails_are_explained(mails: list[tuple[str, bytes]], validator: Any) -> None:
    """A mail cut anywhere gets an answer."""
    cuts = [
        (f"{name} up to {end}", raw[:end])
        for name, raw in mails
        for end in range(0, min(len(raw), 200_000), CUT_BYTES)
    ]
    print(_explain_all(iter(cuts[::CUTS_STEP]), validator))


def test_damaged_mails_are_explained(mails: list[tuple[str, bytes]], validator: Any) -> None:
    """A mail damaged in any way gets an answer."""
    dice = random.Random(20260301)
    small = [(name, raw) for name, raw in mails if len(raw) < 30_000]

    def damage() -> Iterator[tuple[str, bytes]]:
        for n in range(MUTATIONS):
            name, raw = dice.choice(small)
            yield f"{name}, damage {n}", mutate(raw, dice)

    print(_explain_all(damage(), validator))

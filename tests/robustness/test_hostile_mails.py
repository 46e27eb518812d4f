"""Mails made to hurt get an answer, and a bound that bites is named.

Nothing is timed here, for machines differ; ``pytest -s`` prints the CPU time of each.
"""

import runpy
import time
from pathlib import Path

import pytest
from hostile import MORE_HOSTILE, Builder

from retour.analyse import explain
from retour.rendering.json import analysis_to_dict, to_line

_BENCH = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "hostile.py"))
ALL: dict[str, Builder] = {**_BENCH["HOSTILE"], **MORE_HOSTILE}
SIZE = 1_000_000
# Evil that goes beyond a bound: the answer says which.
BOUNDS = {
    "parts nested in parts": "too-deep",
    "parts nested, one boundary": "too-many-parts",
    "very many parts": "too-many-parts",
    "boundary never found": "no-boundary",
    "very many recipients": "too-many-recipients",
    "very many header fields": "header-cut",
    "header without a body": "header-cut",
    "Received very often": "header-cut",
    "notice in one line": "notice-cut",
    "notice of dash lines": "notice-cut",
    "HTML of angle brackets": "notice-cut",
    "subject of encoded words": "header-cut",
    "original of field names": "header-cut",
    "status of smallest groups": "too-many-recipients",
    "list of many addresses": "too-many-recipients",
    "transcript of many recipients": "too-many-recipients",
    "messages in base64": "encoded-message",
}


@pytest.mark.parametrize("name", ALL)
def test_hostile_mail_gets_an_answer_that_serialises(name: str) -> None:
    """One megabyte of evil gives an answer with its bounds named, and valid JSON text."""
    raw = ALL[name](SIZE)
    begin = time.process_time()
    analysis = explain(raw)
    spent_ms = (time.process_time() - begin) * 1_000
    print(f"{spent_ms:8.1f} ms  {name}")
    line = to_line(analysis_to_dict(analysis, source="-", index=0))
    line.encode()
    kinds = {defect.kind for defect in analysis.report.defects}
    if name in BOUNDS:
        assert BOUNDS[name] in kinds


def test_every_bound_is_asserted_on_a_mail_that_exists() -> None:
    """A name that changed would otherwise drop its assertion."""
    assert set(BOUNDS) <= set(ALL)


@pytest.mark.parametrize("name", ["very many recipients", "status of smallest groups"])
def test_hostile_answer_is_short(name: str) -> None:
    """A bound on recipients keeps the answer readable."""
    assert len(explain(ALL[name](SIZE)).report.recipients) <= 1_000

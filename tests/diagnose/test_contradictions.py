"""Contradictions: found where they are, not invented where they are not."""

import runpy
from pathlib import Path
from typing import Any

import pytest
from claimed import judge, recipient, said

BENCH = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "contradictions.py"))
CASES: list[dict[str, Any]] = BENCH["load_cases"]()


def test_the_contradiction_cases_are_forty_and_forty() -> None:
    """The measure needs both sides in equal number, each case under its own name."""
    assert len(CASES) == len({case["name"] for case in CASES}) == 80
    assert sum(case["flagged"] for case in CASES) == 40


def test_contradictions_are_flagged_and_agreements_left_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """At least 90 % of the contradictions are found, at least 95 % of the rest left alone."""
    result = BENCH["measure"](CASES)
    with capsys.disabled():
        print(f"\ncontradictions: flagged {result.flagged:.1%}, left alone {result.left_alone:.1%}")
    assert result.flagged >= 0.9, result.wrong
    assert result.left_alone >= 0.95, result.wrong


def test_a_contradiction_quotes_both_sides() -> None:
    """Whoever reads it can find both claims in the mail."""
    found = judge(recipient(said("550 4.4.7 QUEUE.Expired; message expired")))
    (clash,) = found.contradictions
    assert (clash.claim, clash.against) == ("4.4.7", "550")
    assert clash.kind == "never-with-later-status"


def test_prose_in_a_notice_does_not_contradict_a_reply() -> None:
    """A footer that speaks of viruses is no claim about this failure."""
    footer = said("This message was scanned by an antivirus product", "reporter", "text/9")
    found = judge(recipient(said("550 5.1.1 User unknown"), footer))
    assert found.contradictions == ()

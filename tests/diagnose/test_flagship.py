"""The case that started it all: "not found", said over a loop that is none."""

from pathlib import Path

import pytest

from retour.analyse import explain
from retour.model.diagnosis import Diagnosis

TWINS = Path(__file__).parents[1] / "fixtures" / "flagship"
EXAMPLES = Path(__file__).parents[2] / "examples"


def explain_twin(name: str) -> Diagnosis:
    """Return the diagnosis of a twin's one recipient."""
    (diagnosis,) = explain((TWINS / f"{name}.eml").read_bytes()).diagnoses
    assert diagnosis is not None
    return diagnosis


@pytest.mark.parametrize(
    ("name", "cause", "outcome", "actor", "low", "high"),
    [
        ("second-copy-list", "duplicate-refused", "probably-delivered", "nobody", 0.61, 0.95),
        ("second-copy-said", "duplicate-refused", "probably-delivered", "nobody", 0.9, 1.0),
        ("no-sign", "duplicate-refused", "unknown", "nobody", 0.3, 0.6),
        ("true-loop", "routing-loop", "not-delivered", "recipient-admin", 0.9, 1.0),
        ("hop-count", "routing-loop", "not-delivered", "recipient-admin", 0.9, 1.0),
    ],
)
def test_flagship_twins_tell_second_copies_from_loops(
    name: str, cause: str, outcome: str, actor: str, low: float, high: float
) -> None:
    """Each twin comes out by what can be proved, never by the headline."""
    found = explain_twin(name)
    assert (found.cause, found.outcome, found.actor) == (cause, outcome, actor)
    assert low <= found.confidence <= high


@pytest.mark.parametrize("path", sorted(TWINS.glob("*.eml")), ids=lambda path: path.stem)
def test_the_flagship_headline_and_its_article_are_contradictions(path: Path) -> None:
    """The headline "wasn't found at" and the 5.1.1 article are false, and said to be."""
    found = explain_twin(path.stem)
    claims = " | ".join(c.claim for c in found.contradictions)
    assert "wasn't found at" in claims
    assert "5.1.1" in claims
    assert "user-unknown" not in {found.cause, *(a.cause for a in found.alternatives)}


def test_the_flagship_without_a_sign_names_its_alternatives() -> None:
    """Thin evidence: both other readings are named."""
    found = explain_twin("no-sign")
    assert {a.cause for a in found.alternatives} == {"routing-loop", "misconfigured"}


@pytest.mark.parametrize("name", ["second-copy-list", "no-sign"])
def test_the_flagship_loop_claim_contradicts_the_hops(name: str) -> None:
    """The server speaks of a loop; no server took it twice."""
    found = explain_twin(name)
    assert any(c.kind == "loop-without-circle" for c in found.contradictions)


@pytest.mark.parametrize(
    ("name", "cause", "actor"),
    [
        ("second-copy", "duplicate-refused", "nobody"),
        ("mailbox-full", "mailbox-full", "recipient"),
        ("mistyped-domain", "domain-not-found", "sender"),
    ],
)
def test_the_bundled_examples_come_out_right(name: str, cause: str, actor: str) -> None:
    """What ``make demo`` shows is true."""
    analysis = explain((EXAMPLES / f"{name}.eml").read_bytes())
    (found,) = analysis.diagnoses
    assert found is not None
    assert (analysis.report.kind, found.cause, found.actor) == ("failure", cause, actor)
    assert found.confidence >= 0.75


def test_the_mistyped_example_suggests_the_right_spelling() -> None:
    """The other recipient's domain is one swap away."""
    (found,) = explain((EXAMPLES / "mistyped-domain.eml").read_bytes()).diagnoses
    assert found is not None
    assert found.facts.suggested_address == "karl.winter@example.net"

"""The rules, causes and registries that ship with the package."""

import hashlib
import tomllib
from pathlib import Path

import pytest

from retour.knowledge.audit import audit
from retour.knowledge.load import DATA, load_folder
from retour.knowledge.schema import Knowledge
from retour.wire.reply import parse_reply


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_folder(DATA)


def test_shipped_rules_pass_the_audit(knowledge: Knowledge) -> None:
    """Every rule wins its examples, misses its counter-examples and overlaps only as declared."""
    findings = audit(knowledge, parse_reply)

    assert not findings, "\n" + "\n".join(
        f"{finding.file}: {finding.rule}: {finding.says}" for finding in findings
    )


def test_shipped_causes_are_the_closed_list(knowledge: Knowledge, shared: Path) -> None:
    """Our own list of causes says what the contract's list says."""
    contract = tomllib.loads((shared / "causes.toml").read_text(encoding="utf-8"))

    assert {
        name: (one["says"], one["actor"], one["permanent"]) for name, one in contract.items()
    } == {name: (one.says, one.actor, one.permanent) for name, one in knowledge.causes.items()}


def test_registries_are_as_they_came() -> None:
    """No registry differs from the hash in the manifest, and none is missing from it."""
    folder = DATA / "registries"
    manifest = tomllib.loads((folder / "MANIFEST.toml").read_text(encoding="utf-8"))

    assert {name: one["sha256"] for name, one in manifest.items()} == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.csv")
    }


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        ("5.1.1", "Bad destination mailbox address"),
        ("4.1.1", "Bad destination mailbox address"),
        ("5.4.6", "Routing loop detected"),
        ("5.999.1", None),
        ("nonsense", None),
        ("", None),
    ],
)
def test_status_is_described_in_the_words_of_the_registry(
    knowledge: Knowledge, status: str, meaning: str | None
) -> None:
    """A status is looked up whatever its class; what the registry lacks is None."""
    assert meaning == knowledge.describe_status(status)


@pytest.mark.parametrize(("code", "meaning"), [(556, "Domain does not accept mail"), (599, None)])
def test_reply_code_is_described_in_the_words_of_the_rfc(
    knowledge: Knowledge, code: int, meaning: str | None
) -> None:
    """A reply code is looked up; what the list lacks is None."""
    assert meaning == knowledge.describe_code(code)

"""Every mail gets its answer in its place, whatever happens to its neighbours."""

from pathlib import Path

import pytest

from retour.ingest import RawMail, UnreadableMail
from retour.knowledge.schema import KnowledgeError
from retour.service import explanation
from retour.service.explanation import Explained, Unexplained, explain_paths

MAIL = b"Subject: hello\n\nbody\n"


def test_answers_come_in_the_order_of_the_paths(tmp_path: Path) -> None:
    """A path that cannot be read keeps its place in the row."""
    (tmp_path / "a").write_bytes(MAIL)
    (tmp_path / "c").write_bytes(MAIL)
    paths = [str(tmp_path / name) for name in "abc"]
    found = list(explain_paths(paths))
    assert [item.source for item in found] == paths
    assert [isinstance(item, Explained) for item in found] == [True, False, True]


def test_defect_of_ours_costs_one_answer_and_not_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error that nobody foresaw is told apart from a mail that could not be read."""
    (tmp_path / "a").write_bytes(MAIL)

    def fail(_: bytes) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(explanation, "explain", fail)
    (found,) = explain_paths([str(tmp_path / "a")])
    assert isinstance(found, Unexplained)
    assert found.is_own_fault
    assert "ZeroDivisionError: oops" in found.error


def test_damaged_knowledge_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No other mail would fare better."""
    (tmp_path / "a").write_bytes(MAIL)

    def fail(_: bytes) -> None:
        raise KnowledgeError("rules/x.toml: broken")

    monkeypatch.setattr(explanation, "explain", fail)
    with pytest.raises(KnowledgeError):
        list(explain_paths([str(tmp_path / "a")]))


def test_mail_that_was_cut_says_so_among_its_defects(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bound that bit is named."""
    items: list[RawMail | UnreadableMail] = [RawMail("x", 0, MAIL, skipped=7)]
    monkeypatch.setattr(explanation, "open_sources", lambda _: iter(items))
    (found,) = explain_paths(["x"])
    assert isinstance(found, Explained)
    assert found.size == len(MAIL) + 7
    assert found.analysis.report.defects[-1].kind == "mail-cut"

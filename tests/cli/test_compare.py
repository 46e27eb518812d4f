"""``retour compare`` as a person meets it."""

import json
from pathlib import Path

import pytest
from scenes import B1, B2, LOOP

from retour.cli.main import run

FIRST = b"Received: from a.example by mx.example.org with ESMTP id 4A61C300252; \
Tue, 24 Nov 2026 02:48:10 +0000\n"
REST = b"From: ann@example.org\nTo: bob@example.net, eve@example.net\n\
Date: Tue, 24 Nov 2026 02:48:09 +0000\nMessage-ID: <1@a.example>\nSubject: lunch\n\nat nine\n"


@pytest.fixture
def mails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two copies of one hand-over, an unlike mail, and envelopes."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.eml").write_bytes(FIRST + REST)
    (tmp_path / "b.eml").write_bytes(FIRST + REST)
    (tmp_path / "c.eml").write_bytes(FIRST + REST.replace(b"<1@", b"<2@"))
    for name, address in (("a", "bob"), ("b", "eve")):
        envelope = {"rcpt": [f"<{address}@example.net>"], "queue_id": f"Q{address}0001"}
        (tmp_path / f"{name}.json").write_text(json.dumps(envelope))
    return tmp_path


def read(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def test_envelopes_turn_a_retry_into_a_split(
    mails: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first envelope is the first mail's, the second the second's."""
    assert run(["compare", "a.eml", "b.eml", "--format", "json"]) == 0
    assert read(capsys)["verdict"] == "retry"
    known = ["--envelope", "a.json", "--envelope", str(mails / "b.json")]
    assert run(["compare", "a.eml", "b.eml", *known, "--format", "json"]) == 0
    assert read(capsys)["verdict"] == "split"


def test_three_copies_give_three_pairs(mails: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each with each; the strongest verdict stands for all."""
    assert mails
    assert run(["compare", "a.eml", "b.eml", "c.eml", "--format", "json"]) == 0
    found = read(capsys)
    pairs = found["pairs"]
    assert isinstance(pairs, list)
    assert found["verdict"] == "retry"
    assert [pair["verdict"] for pair in pairs] == ["retry", "distinct", "distinct"]


def test_mails_of_one_mailbox_are_compared(mails: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What an input is, is decided by its content; each mail has its number."""
    line = b"From ann@example.org Tue Nov 24 02:48:10 2026\n"
    (mails / "box").write_bytes(line + FIRST + REST + b"\n" + line + FIRST + REST)
    assert run(["compare", "box", "--format", "json"]) == 0
    copies = read(capsys)["copies"]
    assert isinstance(copies, list)
    assert [copy["source"] for copy in copies] == ["box", "box#2"]


@pytest.mark.parametrize("form", ["text", "terminal"])
def test_people_get_words_and_columns(
    mails: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    """Verdict, reasons and both columns are printed."""
    assert mails
    assert run(["compare", "a.eml", "c.eml", "--format", form]) == 0
    out = capsys.readouterr().out
    assert "distinct" in out
    assert "The Message-IDs differ." in out


def test_the_language_can_be_chosen(mails: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--lang says the comparison in another language."""
    assert mails
    assert run(["compare", "a.eml", "b.eml", "--format", "text", "--lang", "de"]) == 0
    assert "Eine Nachricht, zweimal übergeben" in capsys.readouterr().out


def test_a_page_goes_into_a_file(mails: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--format html writes one whole page in the chosen language."""
    arguments = ["--format", "html", "--lang", "de", "-o", "out.html"]
    assert run(["compare", "a.eml", "b.eml", *arguments]) == 0
    assert capsys.readouterr().out == ""
    page = (mails / "out.html").read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert '<html lang="de"' in page
    assert "Eine Nachricht, zweimal übergeben" in page


def test_output_goes_into_a_file(mails: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With -o nothing is printed."""
    assert run(["compare", "a.eml", "b.eml", "-o", "out.txt"]) == 0
    assert capsys.readouterr().out == ""
    assert "retry" in (mails / "out.txt").read_text()


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["a.eml"], 2, "needs two mails"),
        (["a.eml", "missing.eml"], 1, "missing.eml: It cannot be read"),
        (["a.eml", "b.eml", "--envelope", "missing.json"], 1, "missing.json: It cannot be read"),
        (["a.eml", "b.eml", "--envelope", "a.eml"], 1, "a.eml: It is no JSON"),
        (["a.eml", "b.eml", *["--envelope", "a.json"] * 3], 2, "3 envelopes were given for 2"),
        (["a.eml"] * 101, 2, "At most 100 mails"),
        (["a.eml", "b.eml", "-o", "no/such/folder"], 2, "cannot be written"),
        (["a.eml", "b.eml", "-o", "a.eml"], 2, "is an input"),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(
    mails: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    status: int,
    said: str,
) -> None:
    """A status, one line on standard error, nothing on standard output, nothing lost."""
    assert run(["compare", *arguments]) == status
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.err.count("\n") == 1
    assert printed.out == ""
    assert (mails / "a.eml").read_bytes() == FIRST + REST


def test_ids_of_a_trail_are_compared(mails: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One Message-ID is a whole comparison; what is known of a copy is said."""
    (mails / "mail.log").write_text(LOOP)
    store = ["--store", "trail.sqlite3"]
    assert run(["trail", "ingest", *store, "mail.log"]) == 0
    capsys.readouterr()
    assert run(["compare", "<m@x>", *store, "--format", "json"]) == 0
    found = read(capsys)
    assert found["verdict"] == "loop"
    copies = found["copies"]
    assert isinstance(copies, list)
    assert [(copy["source"], copy["known"]) for copy in copies] == [(B1, "log"), (B2, "log")]
    assert run(["compare", B1, "a.eml", *store, "--format", "json"]) == 0
    assert read(capsys)["verdict"] == "distinct"
    assert run(["compare", B1, B2, *store, "--format", "html", "--lang", "de"]) == 0
    assert "nur Zeilen aus Logs" in capsys.readouterr().out


def test_a_name_without_a_file_and_a_trail_is_said(
    mails: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistyped path is told as such, and no trail is made of it."""
    monkeypatch.setenv("HOME", str(mails))
    monkeypatch.delenv("RETOUR_STORE", raising=False)
    assert run(["compare", "a.eml", "b.elm"]) == 1
    assert "b.elm: " in capsys.readouterr().err
    assert not (mails / ".local").exists()
    (mails / "empty.log").write_text("")
    assert run(["compare", "a.eml", "b.elm", "--store", "trail.sqlite3"]) == 1
    assert "the trail does not know it" in capsys.readouterr().err

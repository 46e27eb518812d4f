"""``retour trail copies`` as a person meets it."""

import json
from pathlib import Path

import pytest
from scenes import FAN_OUT, LOOP, RETRY

from retour.cli.main import run

STORE = ["--store", "trail.sqlite3"]
SINCE = ["--since", "2026-03-01"]


@pytest.fixture
def trail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A trail of three messages that arrived twice."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    for n, log in enumerate((FAN_OUT, RETRY, LOOP)):
        named = log.replace("<m@x>", f"<{n}@x>").replace("00000000", f"000000{n}0")
        (tmp_path / f"{n}.log").write_text(named)
    assert run(["trail", "ingest", *STORE, "0.log", "1.log", "2.log"]) == 0
    capsys.readouterr()


def list_verdicts(capsys: pytest.CaptureFixture[str], *options: str) -> list[str]:
    assert run(["trail", "copies", *STORE, *SINCE, "--format", "json", *options]) == 0
    return [json.loads(line)["verdict"] for line in capsys.readouterr().out.splitlines()]


@pytest.mark.usefixtures("trail")
def test_messages_are_sorted_by_verdict_or_sender(capsys: pytest.CaptureFixture[str]) -> None:
    """The strongest verdict first, or one sending system after the other, or by time."""
    assert list_verdicts(capsys) == ["loop", "retry", "fan-out"]
    assert list_verdicts(capsys, "--sort", "sender")[0] == "retry"
    assert list_verdicts(capsys, "--sort", "time")[0] == "retry"
    assert list_verdicts(capsys, "--verdict", "retry", "--verdict", "split") == ["retry"]
    assert list_verdicts(capsys, "--until", "2026-03-01T10:02") == ["loop", "fan-out"]
    assert list_verdicts(capsys, "--since", "2026-03-01T10:03") == ["retry"]
    assert list_verdicts(capsys, "--limit", "1") == ["retry"]


@pytest.mark.usefixtures("trail")
def test_the_table_counts_by_verdict_and_sender(capsys: pytest.CaptureFixture[str]) -> None:
    """Every row can be taken further by its Message-ID; German speaks German."""
    assert run(["trail", "copies", *STORE, *SINCE, "--limit", "2"]) == 0
    said = capsys.readouterr().out
    assert "loop: 1 (alpha.example + delta.example 1)" in said
    assert "<1@x>" in said
    assert "--until" in said
    assert run(["trail", "copies", *STORE, *SINCE, "--lang", "de"]) == 0
    said = capsys.readouterr().out
    assert "Gebracht von" in said
    assert "Schleife: 1" in said
    assert "--until" not in said


@pytest.mark.usefixtures("trail")
@pytest.mark.parametrize(
    ("variables", "options", "heading"),
    [
        ({"LC_ALL": "de_AT.UTF-8"}, (), "Urteil"),
        ({"LC_ALL": "", "LANG": "de_DE@euro"}, (), "Urteil"),
        ({"LC_ALL": "de_DE.UTF-8"}, ("--lang", "en"), "Verdict"),
        ({"LC_ALL": "C", "LANG": "de_DE.UTF-8"}, (), "Verdict"),
        ({"LC_ALL": "xx_XX"}, (), "Verdict"),
    ],
)
def test_the_machines_language_is_spoken_where_none_is_asked_for(
    variables: dict[str, str],
    options: tuple[str, ...],
    heading: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The first of the variables that is set counts (POSIX), and the option before all."""
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert run(["trail", "copies", *STORE, *SINCE, *options]) == 0
    assert capsys.readouterr().out.startswith(heading)

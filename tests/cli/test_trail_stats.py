"""``retour trail stats`` as a person meets it."""

import json
from pathlib import Path

import pytest

from retour.cli.main import run

STORE = ["--store", "trail.sqlite3"]
SINCE = ["--since", "2026-03-01", "--until", "2026-03-02"]
LOG = """\
Mar  1 10:00:00 mx postfix/smtpd[1]: 4F1AA00000: client=c.example[192.0.2.7]
Mar  1 10:00:00 mx postfix/cleanup[1]: 4F1AA00000: message-id=<a@example.com>
Mar  1 10:00:00 mx postfix/qmgr[1]: 4F1AA00000: from=<ann@example.com>, size=99, nrcpt=1 \
(queue active)
Mar  1 10:00:01 mx postfix/smtp[1]: 4F1AA00000: to=<bob@example.net>, \
relay=mx.example.net[192.0.2.9]:25, delay=0.5, delays=0.2/0/0.1/0.2, dsn=5.1.1, \
status=bounced (host mx.example.net[192.0.2.9] said: 550 5.1.1 <bob@example.net>: user unknown \
(in reply to RCPT TO command))
"""


@pytest.fixture
def trail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A trail of one message that failed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    log = LOG.replace("Mar  1 ", "2026-03-01T").replace(" mx postfix", "+00:00 mx postfix")
    (tmp_path / "mail.log").write_text(log)
    assert run(["trail", "ingest", *STORE, "mail.log"]) == 0
    capsys.readouterr()


@pytest.mark.usefixtures("trail")
def test_numbers_come_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """One object, with the cause that the reply told."""
    assert run(["trail", "stats", *STORE, *SINCE, "--format", "json"]) == 0
    numbers = json.loads(capsys.readouterr().out)
    assert numbers["causes"] == [{"cause": "user-unknown", "n": 1}]
    assert numbers["recipients"] == [{"recipient": "bob@example.net", "n": 1}]
    assert numbers["uncounted_hours"] == 0


@pytest.mark.usefixtures("trail")
def test_numbers_come_as_tables_in_the_language_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Headings of the overview page, a line a name."""
    assert run(["trail", "stats", *STORE, *SINCE, "--lang", "de", "--format", "text"]) == 0
    said = capsys.readouterr().out
    assert "Wer handeln muss" in said
    assert "user-unknown  1" in said


@pytest.mark.usefixtures("trail")
def test_the_mails_behind_a_number_are_found(capsys: pytest.CaptureFixture[str]) -> None:
    """By what the number counts."""
    assert run(["trail", "stats", *STORE, *SINCE, "--format", "json"]) == 0
    capsys.readouterr()
    asked = ["--cause", "user-unknown", "--failed-to", "example.net", "--format", "json"]
    assert run(["trail", "find", *STORE, *asked]) == 0
    assert json.loads(capsys.readouterr().out)["queue_id"] == "4F1AA00000"


@pytest.mark.usefixtures("trail")
@pytest.mark.parametrize(("over", "found"), [("0.1", 1), ("0.2", 0)])
def test_mails_are_found_by_the_time_of_their_checks(
    over: str, found: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Longer than so many seconds, of which there may be parts."""
    asked = ["--check-over", over, "--check-max", "0.5", "--format", "json"]
    assert run(["trail", "find", *STORE, *asked]) == 0
    assert len(capsys.readouterr().out.splitlines()) == found


@pytest.mark.usefixtures("trail")
def test_a_time_that_is_none_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence, and the status of wrong use."""
    assert run(["trail", "find", *STORE, "--check-over", "soon"]) == 2
    assert "'soon' is no number of seconds" in capsys.readouterr().err


@pytest.mark.usefixtures("trail")
def test_an_end_before_the_beginning_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence, and the status of wrong use."""
    assert run(["trail", "stats", *STORE, "--since", "2026-03-02", "--until", "2026-03-01"]) == 2
    assert "--until" in capsys.readouterr().err

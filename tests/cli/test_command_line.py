"""The commands as a person meets them: output, exit status, and never a traceback."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from retour import __version__
from retour.cli.main import run

BOUNCE = b"""\
From: MAILER-DAEMON@mx.example.org
To: ann@example.org
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

<bob@example.net>: host mx.example.net said: 550 5.1.1 user unknown

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; bob@example.net
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.net
Diagnostic-Code: smtp; 550 5.1.1 user unknown

--b--
"""
SEPARATOR = b"From MAILER-DAEMON Sun Mar  1 10:00:00 2026\n"
COMMAND = [sys.executable, "-c", "import sys; from retour.cli.main import run; sys.exit(run())"]


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run with empty settings, whatever the machine has."""
    empty = tmp_path / "retour.toml"
    empty.write_text("")
    monkeypatch.setenv("RETOUR_CONFIG", str(empty))


@pytest.fixture
def bounce(tmp_path: Path) -> str:
    """Write one bounce and give its path."""
    (tmp_path / "bounce.eml").write_bytes(BOUNCE)
    return str(tmp_path / "bounce.eml")


def start(*arguments: str, feed: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    """Run the command as a process of its own."""
    return subprocess.run([*COMMAND, *arguments], input=feed, capture_output=True, check=False)


def test_explain_json_prints_one_object_a_mail(tmp_path: Path, bounce: str) -> None:
    """Mails, mailboxes and errors come as JSON Lines in input order, and the run goes on."""
    (tmp_path / "mbox").write_bytes((SEPARATOR + BOUNCE + b"\n") * 2)
    missing, mbox = str(tmp_path / "missing"), str(tmp_path / "mbox")
    done = start("explain", "--format", "json", bounce, missing, mbox)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(entry["source"], entry["index"]) for entry in found] == [
        (bounce, 0),
        (missing, 0),
        (mbox, 0),
        (mbox, 1),
    ]
    assert found[0]["recipients"][0]["diagnosis"]["cause"] == "user-unknown"
    assert found[1] == {
        "schema": "retour/1",
        "source": missing,
        "index": 0,
        "error": "It cannot be read: no such file or directory.",
    }
    assert done.stderr.decode() == (
        f"retour: {missing}: It cannot be read: no such file or directory.\n"
    )
    assert done.returncode == 1


def test_explain_reads_standard_input(bounce: str) -> None:
    """A dash stands for what comes through the pipe."""
    done = start("explain", "--format", "json", "-", feed=Path(bounce).read_bytes())
    assert json.loads(done.stdout)["source"] == "-"
    assert done.returncode == 0


def test_explain_prints_text_where_no_terminal_is(bounce: str) -> None:
    """A report in a pipe has no colours."""
    done = start("explain", bounce)
    assert b"bob@example.net" in done.stdout
    assert b"\x1b" not in done.stdout
    assert done.returncode == 0


def test_explain_terminal_form_can_be_asked_for(bounce: str) -> None:
    """Colours go into a pipe where somebody wants them there."""
    assert b"\x1b[" in start("explain", "--format", "terminal", bounce).stdout


def test_explain_writes_into_a_file(tmp_path: Path, bounce: str) -> None:
    """Nothing is left for standard output."""
    target = tmp_path / "report.txt"
    done = start("explain", "-o", str(target), "--audience", "sender", bounce)
    assert done.stdout == b""
    assert "bob@example.net" in target.read_text(encoding="utf-8")


def test_explain_never_overwrites_its_input(bounce: str) -> None:
    """An output that is an input under another name is refused."""
    done = start("explain", "-o", os.path.relpath(bounce), bounce)
    assert done.returncode == 2
    assert Path(bounce).read_bytes() == BOUNCE


def test_html_is_one_page(tmp_path: Path, bounce: str) -> None:
    """A page goes to standard output or into a file; two mails need a folder."""
    page = start("explain", "--format", "html", "--lang", "en", bounce)
    assert page.stdout.startswith(b"<!DOCTYPE html>")
    assert page.stdout.count(b"<html") == 1
    target = tmp_path / "report.html"
    done = start("explain", "--format", "html", "--lang", "en", "-o", str(target), bounce)
    assert (done.returncode, target.read_bytes()) == (0, page.stdout)
    target.unlink()
    done = start("explain", "--format", "html", "-o", str(target), bounce, bounce)
    assert done.returncode == 2
    assert b"name a folder" in done.stderr
    assert not target.exists()


@pytest.mark.parametrize(("form", "suffix"), [("html", "html"), ("text", "txt"), ("json", "json")])
def test_folder_gets_one_file_a_mail(tmp_path: Path, bounce: str, form: str, suffix: str) -> None:
    """Names are safe, tell the mail, and no two mails share one, also on systems without case."""
    box, again = tmp_path / "my box; rm -rf ~.mbox", tmp_path / "again"
    box.write_bytes((SEPARATOR + BOUNCE + b"\n") * 2)
    again.mkdir()
    (again / "BOUNCE.eml").write_bytes(BOUNCE)
    reports = tmp_path / "reports"
    inputs = (bounce, str(box), str(again), "-")
    done = start("explain", "--format", form, "-o", f"{reports}/", *inputs, feed=BOUNCE)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    names = ["BOUNCE-2", "bounce", "mail", "my-box-rm-rf", "my-box-rm-rf-2"]
    assert {file.name for file in reports.iterdir()} == {f"{name}.{suffix}" for name in names}
    assert all(b"bob@example.net" in file.read_bytes() for file in reports.iterdir())


def test_folder_of_reports_destroys_no_input(tmp_path: Path) -> None:
    """An input with the name that its report would have keeps its bytes."""
    mail = tmp_path / "bounce.txt"
    mail.write_bytes(BOUNCE)
    assert start("explain", "-o", str(tmp_path), str(mail)).returncode == 0
    assert mail.read_bytes() == BOUNCE
    assert (tmp_path / "bounce-2.txt").is_file()


def test_folder_inside_an_input_is_refused(tmp_path: Path, bounce: str) -> None:
    """Reports would be read as mails."""
    done = start("explain", "-o", f"{tmp_path}/reports/", str(Path(bounce).parent))
    assert done.returncode == 2
    assert b"lies in an input" in done.stderr
    assert not (tmp_path / "reports").exists()


def test_scope_external_holds_in_every_format(bounce: str) -> None:
    """No host and no server's words; the code remains."""
    for form in ("text", "terminal", "html", "json"):
        told = start("explain", "--format", form, "--scope", "external", bounce).stdout
        assert b"mx.example" not in told
        assert b"5.1.1" in told
    told = start("code", "--scope", "external", "550 5.1.1 <bob@inner.example>: unknown").stdout
    assert b"For mail administrators" not in told


def test_code_has_a_page_too() -> None:
    """One reply gives one page; several need another format."""
    assert b"5.4.6" in start("code", "--format", "html", "5.4.6").stdout
    done = start("code", "--format", "html", "-", feed=b"5.4.6\n5.1.1\n")
    assert (done.returncode, done.stdout) == (2, b"")


def test_letterhead_of_the_settings_stands_on_the_page(bounce: str) -> None:
    """An operator's name and contact need no change of code."""
    Path(os.environ["RETOUR_CONFIG"]).write_text(
        '[report]\nname = "Example & Co"\ncontact = "Ask 1234"\naccent = "#004d40"'
    )
    page = start("explain", "--format", "html", bounce).stdout
    assert b"Example &amp; Co" in page
    assert b"Ask 1234" in page
    assert b"color:#004d40" in page


def test_audience_narrows_the_report(bounce: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Settings choose the audience, the option overrules them."""
    Path(os.environ["RETOUR_CONFIG"]).write_text('audience = "sender"')
    assert run(["explain", bounce]) == 0
    sender = capfd.readouterr().out
    assert run(["explain", "--audience", "all", bounce]) == 0
    assert len(sender) < len(capfd.readouterr().out)


def test_several_reports_are_told_apart(tmp_path: Path, bounce: str) -> None:
    """Each report names its mail where there is more than one."""
    (tmp_path / "mbox").write_bytes((SEPARATOR + BOUNCE + b"\n") * 2)
    done = start("explain", bounce, str(tmp_path / "mbox")).stdout.decode()
    titles = [line for line in done.splitlines() if line.startswith("==> ")]
    assert titles == [f"==> {bounce} <==", f"==> {tmp_path / 'mbox'} <==",
                      f"==> {tmp_path / 'mbox'} (2) <=="]  # fmt: skip


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["explain"],
        ["explain", "--format", "pdf", "x"],
        ["nonsense"],
        ["explain", "--config", "/nowhere/retour.toml", "x"],
        ["explain", "-o", "/nowhere/out", "x"],
        ["explain", "--lang", "tlh", "x"],
        ["explain", "--scope", "outside", "x"],
        ["explain", "-o", "/proc/reports/", "x"],
    ],
)
def test_wrong_use_ends_with_status_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong use and wrong settings are told, on standard error only."""
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err


def test_version_is_the_package_version(capsys: pytest.CaptureFixture[str]) -> None:
    """What runs can be named."""
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"retour {__version__}\n"


@pytest.mark.parametrize("command", [[], ["explain"], ["code"]])
def test_help_documents_the_exit_statuses(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The help says what the statuses mean."""
    assert run([*command, "--help"]) == 0
    assert "130" in capsys.readouterr().out


def test_code_answers_every_line_in_its_place() -> None:
    """One reply a line in, one object a line out; odd lines keep theirs."""
    feed = b"550 5.1.1 user unknown\n\n\xff\xfe\rx\n452 4.2.2 mailbox full\n"
    done = start("code", "--format", "json", "-", feed=feed)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == 4
    assert [found[0]["cause"], found[3]["cause"]] == ["user-unknown", "mailbox-full"]
    assert all({"cause", "confidence", "alternatives"} <= set(entry) for entry in found)


def test_code_answers_before_the_next_line_comes() -> None:
    """A program can ask, wait for the answer, and ask again."""
    with subprocess.Popen(
        [*COMMAND, "code", "--format", "json", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(2):
            process.stdin.write(b"550 5.1.1 user unknown\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["cause"] == "user-unknown"
        process.stdin.close()
        assert process.wait() == 0


def test_code_explains_a_bare_code(capfd: pytest.CaptureFixture[str]) -> None:
    """Unquoted words are one reply."""
    assert run(["code", "550", "5.1.1", "user", "unknown"]) == 0
    assert capfd.readouterr().out


def test_rules_explain_names_the_winner_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    """Every rule that speaks has its source and the reason for its place."""
    assert run(["rules", "explain", "550 5.1.1 user unknown"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("1. ")
    assert "user-unknown" in out
    assert "source: " in out


def test_reader_that_goes_away_ends_the_run_silently(tmp_path: Path) -> None:
    """``retour … | head -1`` leaves no traceback."""
    (tmp_path / "mbox").write_bytes((SEPARATOR + BOUNCE + b"\n") * 500)
    with subprocess.Popen(
        [*COMMAND, "explain", "--format", "json", str(tmp_path / "mbox")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == -signal.SIGPIPE


def test_interrupt_is_silent(tmp_path: Path) -> None:
    """Ctrl-C ends a run with status 130 and without a word."""
    with subprocess.Popen(
        [*COMMAND, "code", "--format", "json", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        # Whoever runs the tests in the background of a shell has the signal ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(b"550 5.1.1 user unknown\n")
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
        assert process.stderr.read() == b""


def test_missing_extra_is_one_clear_sentence(
    bounce: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without rich the terminal's form names what to install; HTML without Jinja2 likewise."""
    monkeypatch.setitem(sys.modules, "jinja2", None)
    monkeypatch.delitem(sys.modules, "retour.rendering.html", raising=False)
    monkeypatch.delitem(sys.modules, "retour.cli.page", raising=False)
    assert run(["explain", "--format", "html", bounce]) == 2
    assert "pip install 'retour[html]'" in capsys.readouterr().err
    for name in [name for name in sys.modules if name.partition(".")[0] == "rich"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "retour.rendering.terminal", raising=False)
    monkeypatch.setitem(sys.modules, "rich", None)
    monkeypatch.setitem(sys.modules, "rich.console", None)
    assert run(["explain", "--format", "terminal", bounce]) == 2
    err = capsys.readouterr().err
    assert "pip install 'retour[cli]'" in err
    assert err.count("\n") == 1


def test_path_that_is_no_text_is_printed_all_the_same(tmp_path: Path) -> None:
    """A file name of arbitrary bytes stops no format."""
    path = os.fsencode(tmp_path) + b"/b\xff.eml"
    Path(os.fsdecode(path)).write_bytes(BOUNCE)
    for form in ("json", "text"):
        done = start("explain", "--format", form, os.fsdecode(path), str(tmp_path / "no"))
        assert done.returncode == 1
        assert b"Traceback" not in done.stderr
    assert json.loads(start("explain", "--format", "json", os.fsdecode(path)).stdout)[
        "source"
    ] == os.fsdecode(path)


def test_completion_script_offers_commands_options_and_choices() -> None:
    """The script that bash reads completes from the parser's own words."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not here")
    script = start("completion", "bash").stdout.decode()
    asked = {
        "retour ex": "explain",
        "retour rules ch": "check",
        "retour explain --aud": "--audience",
        "retour explain --format j": "json",
        "retour explain --format h": "html",
        "retour explain --lang e": "en",
        "retour explain --scope ext": "external",
    }
    for line, answer in asked.items():
        words = line.split()
        probe = f'{script}\nCOMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _retour\n' \
            'echo "${COMPREPLY[*]}"'  # fmt: skip
        done = subprocess.run([bash, "-c", probe], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == answer

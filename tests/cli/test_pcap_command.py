"""``retour pcap`` as a person meets it."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from captured import (
    FIN,
    MESSAGE,
    OPENING,
    TAKEN,
    WHOLE,
    Step,
    converse,
    frame,
    pack,
    write_pcap,
)
from jsonschema import Draft202012Validator

from retour.cli.main import run
from retour.model.capture import Closing, FindingName, SessionPhase, TurnKind
from retour.rendering import capture_json
from retour.rendering.catalogues import languages, load_wording
from retour.rendering.wording import split

SCHEMA = json.loads(
    Path(capture_json.__file__).with_name("retour-pcap-1.schema.json").read_text(encoding="utf-8")
)
COMMAND = [sys.executable, "-c", "import sys; from retour.cli.main import run; sys.exit(run())"]
LEFT = (
    converse(
        [
            *OPENING,
            ("client", MESSAGE + b".\r\n"),
            ("client", FIN, 20_000_000),
            ("server", TAKEN, 10**7),
        ]
    )[:-1]
    + converse([*OPENING, ("client", 4, 40_000_000)])[-1:]
)


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run with empty settings, whatever the machine has."""
    (tmp_path / "retour.toml").write_text("")
    monkeypatch.setenv("RETOUR_CONFIG", str(tmp_path / "retour.toml"))


@pytest.fixture
def left(tmp_path: Path) -> str:
    """Write a capture of a client that left, and give its path."""
    (tmp_path / "left.pcap").write_bytes(pack(LEFT))
    return str(tmp_path / "left.pcap")


def start(*arguments: str, feed: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    """Run the command as a process of its own."""
    return subprocess.run(
        [*COMMAND, "pcap", *arguments], input=feed, capture_output=True, check=False
    )


def read_json(capfdbinary: pytest.CaptureFixture[bytes], *arguments: str) -> list[dict[str, Any]]:
    """Run in this process; give the objects that were printed."""
    run(["pcap", "--format", "json", *arguments])
    return [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]


def test_json_is_one_object_a_file(
    capfdbinary: pytest.CaptureFixture[bytes], left: str, tmp_path: Path
) -> None:
    """Captures and what could not be read, one line each, in the order given."""
    missing = str(tmp_path / "missing")
    first, second = read_json(capfdbinary, left, missing)
    Draft202012Validator(SCHEMA).validate(first)
    Draft202012Validator(SCHEMA).validate(second)
    assert [entry["source"] for entry in (first, second)] == [left, missing]
    finding = first["sessions"][0]["findings"][0]
    assert finding["name"] == "client-left-before-reply"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", finding["packets"][0]["at"])
    assert first["sessions"][0]["messages"][0]["queue_id"] == "4D43D300222"
    assert second["error"] == "It cannot be read: no such file or directory."


def test_json_of_real_captures_keeps_the_contract(
    capfdbinary: pytest.CaptureFixture[bytes], shared: Path
) -> None:
    """Every capture of the lab is valid by the schema."""
    paths = sorted(map(str, (shared / "lab" / "pcaps").glob("*.pcap")))
    found = read_json(capfdbinary, *paths)
    assert len(found) == len(paths)
    for capture in found:
        Draft202012Validator(SCHEMA).validate(capture)


def test_schema_names_every_closed_value() -> None:
    """The contract and the code know the same words."""
    parts = SCHEMA["$defs"]
    assert parts["finding"]["properties"]["name"]["enum"] == list(get_args(FindingName))
    assert parts["ending"]["properties"]["phase"]["enum"] == list(get_args(SessionPhase))
    assert parts["ending"]["properties"]["how"]["enum"] == list(get_args(Closing))
    assert parts["turn"]["properties"]["kind"]["enum"] == list(get_args(TurnKind))


def test_text_puts_findings_before_the_dialogue(left: str) -> None:
    """What matters comes first, with the packets that prove it; no colours in a pipe."""
    done = start(left)
    text = done.stdout.decode()
    finding = text.index("!! The client was gone before the reply came.")
    assert finding < text.index("packet ") < text.index("Dialogue") < text.index("C: DATA")
    assert "\x1b" not in text
    assert done.returncode == 0


def test_terminal_form_has_colours(left: str) -> None:
    """It can be asked for in a pipe, too."""
    assert b"\x1b[" in start("--format", "terminal", left).stdout


def test_standard_input_is_read(left: str) -> None:
    """A dash stands for what comes through the pipe."""
    done = start("--format", "json", "-", feed=Path(left).read_bytes())
    assert len(json.loads(done.stdout)["sessions"]) == 1


def test_what_is_no_capture_has_its_sentence(tmp_path: Path, left: str) -> None:
    """The run goes on, and the exit status tells."""
    (tmp_path / "mail.eml").write_bytes(b"Subject: x\n\nhello\n")
    done = start(str(tmp_path / "mail.eml"), left)
    assert done.stderr.decode() == (
        f"retour: {tmp_path}/mail.eml: It is no capture: neither pcap nor pcapng.\n"
    )
    assert b"client was gone" in done.stdout
    assert done.returncode == 1


def test_cut_capture_shows_what_is_before(tmp_path: Path) -> None:
    """Nothing in front of the cut is lost."""
    (tmp_path / "cut.pcap").write_bytes(pack(converse(WHOLE))[:-10])
    done = start(str(tmp_path / "cut.pcap"))
    assert b"QUIT" in done.stdout
    assert b"The file ends in the middle of a packet." in done.stderr
    assert done.returncode == 1


def test_port_option_takes_what_content_cannot_tell(tmp_path: Path) -> None:
    """A server that never greets is only known by its port."""
    shots = converse([("client", b"EHLO x\r\n")])
    data = write_pcap([(shot.at_us, frame(shot, port=26)) for shot in shots])
    (tmp_path / "odd.pcap").write_bytes(data)
    assert b"No SMTP session" in start(str(tmp_path / "odd.pcap")).stdout
    assert b"EHLO x" in start("--port", "26", str(tmp_path / "odd.pcap")).stdout
    assert start("--port", "x", str(tmp_path / "odd.pcap")).returncode == 2


def test_only_findings_leaves_out_plain_sessions(tmp_path: Path, left: str) -> None:
    """On a long capture only what is worth a look; slowness as it is asked for."""
    steps: list[Step] = [
        ("server", b"220 x ESMTP\r\n"),
        ("client", b"QUIT\r\n"),
        ("server", b"221 x\r\n"),
    ]
    shots = converse([*steps, ("client", FIN), ("server", FIN)])
    (tmp_path / "plain.pcap").write_bytes(pack(shots))
    assert b"Session 1" not in start("--only-findings", str(tmp_path / "plain.pcap")).stdout
    assert b"Session 1" in start("--only-findings", left).stdout
    slow = start("--slow", "0.0001", "--only-findings", str(tmp_path / "plain.pcap"))
    assert b"to answer" in slow.stdout


def test_foreign_octets_cannot_steer_a_terminal(tmp_path: Path) -> None:
    """Control characters of either side become visible."""
    steps: list[Step] = [
        ("server", b"220 \x1b]0;x\x07 ESMTP\r\n"),
        ("client", b"EHLO \x1b[31m\r\n"),
    ]
    (tmp_path / "evil.pcap").write_bytes(pack(converse(steps)))
    done = start(str(tmp_path / "evil.pcap"))
    assert b"\x1b" not in done.stdout
    assert b"\x07" not in done.stdout


def test_missing_extra_is_one_sentence(
    left: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without dpkt the person reads what to install."""
    for name in [name for name in sys.modules if name.startswith("retour.ingest.capture")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "retour.service.capture", raising=False)
    monkeypatch.setitem(sys.modules, "dpkt", None)
    assert run(["pcap", left]) == 2
    assert "pip install 'retour[capture]'" in capsys.readouterr().err


FIELDS = {
    "client-left-before-reply": "queue_id waited reply",
    "sent-again": "recipients queue_ids message_id",
    "server-left-before-reply": "waited phase",
    "no-reply": "waited phase",
    "slow-reply": "waited answers",
    "rejected": "answers reply",
    "went-silent": "By by phase silent",
    "connection-refused": "",
    "connection-unanswered": "attempts waited",
    "connection-reset": "By by phase",
    "tls-failed": "By by alert",
    "tls-hides": "client_octets server_octets longest_wait waited_for",
    "one-sided": "",
    "cut-capture": "packets octets",
}
"""What each finding's sentences may name: the facts of ``retour.trail.findings``."""


def write_out(item: object) -> Iterator[str]:
    """Yield every text below a place of the catalogue."""
    if isinstance(item, str):
        yield item
    elif isinstance(item, dict | list):
        for below in item.values() if isinstance(item, dict) else item:
            yield from write_out(below)


@pytest.mark.parametrize(
    "language", [tag for tag in languages() if load_wording(tag).find("capture")]
)
def test_catalogue_can_say_every_finding(language: str) -> None:
    """Every name, phase, ending and proof has a text, and no text names what does not exist."""
    wording, english = load_wording(language), load_wording("en")
    assert set(wording.find("capture", "finding")) == set(get_args(FindingName)) == set(FIELDS)
    assert set(wording.find("capture", "phase")) == set(get_args(SessionPhase))
    assert set(wording.find("capture", "ending")) == set(get_args(Closing))
    assert set(wording.find("capture", "proof")) == set(english.find("capture", "proof"))
    for name, fields in FIELDS.items():
        texts = wording.find("capture", "finding", name)
        assert set(texts) == set(english.find("capture", "finding", name))
        for text in write_out(texts):
            assert {key for _, key in split(text) if key} <= set(fields.split()), text


def test_sessions_go_into_a_trail_that_is_named(
    left: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is printed is the same; the trail then knows the message."""
    trail = str(tmp_path / "trail.sqlite3")
    assert run(["pcap", left, "--lang", "de"]) == 0
    printed = capsys.readouterr().out
    assert "Der Client war gegangen" in printed
    assert run(["pcap", left, "--lang", "de", "--store", trail]) == 0
    assert capsys.readouterr().out == printed
    assert run(["trail", "show", "4D43D300222", "--store", trail]) == 0
    assert "had left before the reply" in " ".join(capsys.readouterr().out.split())

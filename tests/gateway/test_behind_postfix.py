"""``retour milter`` behind a real Postfix."""

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import mailservers
import pytest
from daemon import RETOUR, Daemon
from flufl.bounce import scan_message
from lab_postfix import Postfix, find_fault, wait_for
from sample_report import RAW

from retour.model.story import Query
from retour.store import open_store
from retour.wire.mark import join
from retour.wire.mime import parse_mime

_SETTINGS = """
language = "en"
[milter]
socket = "unix:{folder}/queue/retour/milter.sock"
socket_group = "postfix"
workers = 2
domains = ["home.test"]
decision_timeout_s = 4
stop_timeout_s = 5
"""
_BODY = b"".join(
    [
        b"Gr\xfc\xdfe, \xe2\x82\xac, 8 bits of every kind: ",
        bytes(range(128, 256)),
        b"\r\n.\r\n..two dots\r\n \r\n\r\nFrom here on\r\n",
        b"a long line " * 70,
        b"\r\n\tthe end, with blanks   \r\n",
    ]
)


@pytest.fixture(scope="module")
def postfix() -> Iterator[Postfix]:
    """A Postfix that calls the milter for everything."""
    fault = find_fault()
    mailservers.require(not fault, fault or "")
    # Not below pytest's own folder, through which only the user of the tests gets.
    with tempfile.TemporaryDirectory(prefix="retour-postfix-") as name:
        server = Postfix(Path(name))
        milter = "unix:retour/milter.sock"
        server.set(
            smtpd_milters=milter, non_smtpd_milters=milter, internal_mail_filter_classes="bounce"
        )
        server.start()
        yield server
        server.stop()


Run = Callable[..., Daemon]


@pytest.fixture
def run(postfix: Postfix) -> Iterator[Run]:
    """Run daemons with ``run(**environ)``."""
    daemons: list[Daemon] = []

    def start(**environ: str) -> Daemon:
        settings = _SETTINGS.format(folder=postfix.folder)
        daemons.append(Daemon(postfix.folder, settings, **environ))
        return daemons[-1]

    yield start
    for daemon in daemons:
        daemon.stop()


def _write(name: str, *, sender: str = "alice@home.test", body: bytes = b"Hi there\r\n") -> bytes:
    header = (
        f"From: {sender}\r\nTo: unknown@away.test\r\nSubject: a folded\r\n\tsubject of {name}\r\n"
        f"X-Odd:no blank\r\nDate: Tue, 24 Nov 2026 09:02:14 +0000\r\nMessage-ID: <{name}@home.test>"
    )
    return header.encode() + b"\r\n\r\n" + body


def _provoke(postfix: Postfix, name: str, sender: str = "alice@home.test") -> bytes:
    """Send a mail that the next hop refuses; return the report that arrives for it."""
    postfix.send(sender, ["unknown@away.test"], _write(name, sender=sender))
    return postfix.wait_for_mail(f"<{name}@home.test>".encode())


def _in_lf(mail: bytes) -> bytes:
    return mail.replace(b"\r\n", b"\n")


def _part(mail: bytes, number: int) -> Message:
    part = message_from_bytes(mail).get_payload(number)
    assert isinstance(part, Message)
    return part


def test_postfix_own_report_is_delivered_as_ours(postfix: Postfix, run: Run) -> None:
    """What Postfix writes itself arrives as our mail, with its machine-readable part as it was."""
    daemon = run()
    mail = _provoke(postfix, "own")
    parsed = message_from_bytes(mail)
    assert parsed["Retour-Analysis"]
    assert parsed["From"].endswith("<MAILER-DAEMON@mail.home.test>")
    assert parsed.get_content_type() == "multipart/report"
    assert not any(part.defects for part in parsed.walk())
    joined = join(parse_mime(mail.decode("latin-1"))[0])
    assert joined is not None
    assert joined.is_intact
    for number in (1, 2):
        assert _part(mail, number).as_bytes() == _part(joined.raw, number).as_bytes()
    assert scan_message(parsed) == scan_message(message_from_bytes(joined.raw))
    assert scan_message(parsed) == {b"unknown@away.test"}
    line = json.loads(daemon.wait_for_line('"rewritten"'))
    assert line["queue_id"] in postfix.log.read_text()
    assert (line["kind"], line["causes"], line["own"]) == ("failure", ["user-unknown"], True)


def test_a_foreign_report_nobody_can_verify_passes_byte_for_byte(
    postfix: Postfix, run: Run
) -> None:
    """A forged report gets none of our words; the log says why."""
    daemon = run()
    forged = RAW.replace(b"<1@mail.home.test>", b"<forged@mail.home.test>")
    postfix.send("", ["alice@home.test"], forged)
    mail = postfix.wait_for_mail(b"<forged@mail.home.test>")
    assert mail.endswith(b"\n" + _in_lf(forged))
    assert '"unverified"' in daemon.wait_for_line('"report"')


@pytest.mark.parametrize("with_trail", [False, True])
def test_an_ordinary_message_passes_byte_for_byte(
    postfix: Postfix, run: Run, tmp_path: Path, with_trail: bool
) -> None:
    """Whatever its bytes, recorded or not."""
    run(**({"RETOUR_STORE": str(tmp_path / "trail.sqlite3")} if with_trail else {}))
    sent = _write(f"ordinary{with_trail}", body=_BODY * 30)
    postfix.send("bob@lists.test", ["alice@home.test"], sent)
    mail = postfix.wait_for_mail(f"<ordinary{with_trail}@home.test>".encode())
    assert mail.endswith(b"\n" + _in_lf(sent))


def test_a_report_to_a_list_is_left_to_its_program(postfix: Postfix, run: Run) -> None:
    """A VERP address gets what its program expects."""
    run()
    mail = _provoke(postfix, "verp", "list-bounces+unknown=away.test@lists.test")
    assert b"This is the mail system at host mail.home.test." in mail
    assert b"Retour-Analysis" not in mail


def test_an_outside_sender_learns_nothing_of_our_hosts(postfix: Postfix, run: Run) -> None:
    """Our words for somebody outside name no host."""
    run()
    mail = _provoke(postfix, "outside", "bob@lists.test")
    words = _part(mail, 0).get_payload(0)
    assert isinstance(words, Message)
    text = b""
    for part in words.walk():
        if not part.is_multipart():
            octets = part.get_payload(decode=True)
            assert isinstance(octets, bytes)
            text += octets
    assert b"unknown@away.test" in text
    assert b"127.0.0.1" not in text
    assert b"mail.home.test" not in text


def test_a_report_about_mail_that_the_trail_knows_is_rewritten(
    postfix: Postfix, run: Run, tmp_path: Path
) -> None:
    """Mail that went out through the milter is remembered; the report about it is verified."""
    place = str(tmp_path / "trail.sqlite3")
    daemon = run(RETOUR_STORE=place)
    postfix.send("alice@home.test", ["gone@home.test"], _write("known"))
    postfix.wait_for_mail(b"<known@home.test>")
    # The trail is written behind the mail: a report that is faster would not be verified yet.
    with open_store(place) as store:
        copy = wait_for(lambda: store.find(Query(message_id="<known@home.test>")), "the trail")[0]
    assert (copy.mail_from, copy.recipients) == ("alice@home.test", ("gone@home.test",))
    assert f"{copy.queue_id}: message-id=<known@home.test>" in postfix.log.read_text()
    report = (
        RAW.replace(b"<1@mail.home.test>", b"<verified@mx.away.test>")
        .replace(b"<original@home.test>", b"<known@home.test>")
        .replace(b"unknown@away.test", b"gone@home.test")
    )
    postfix.send("", ["alice@home.test"], report)
    mail = postfix.wait_for_mail(b"<verified@mx.away.test>")
    assert b"Retour-Analysis" in mail
    assert '"verified": true' in daemon.wait_for_line('"rewritten"')


def test_a_second_hop_rewrites_nothing(postfix: Postfix, run: Run) -> None:
    """A report that we have rewritten passes the next Retour as it is."""
    daemon = run()
    mail = _provoke(postfix, "twice")
    again = mail[mail.index(b"\nDate:") + 1 :].replace(b"\n", b"\r\n")
    again = again.replace(b"<twice@home.test>", b"<thrice@home.test>", 1)
    postfix.send("", ["alice@home.test"], again)
    arrived = postfix.wait_for_mail(b"<thrice@home.test>")
    assert arrived.endswith(b"\n" + _in_lf(again))
    assert '"unchanged"' in daemon.wait_for_line('"marked"')


def test_mail_passes_a_stopped_daemon(postfix: Postfix, run: Run) -> None:
    """SIGSTOP: Postfix waits as long as it is told to, then reports and mail go on unchanged."""
    run().tell_all(signal.SIGSTOP)
    mail = _provoke(postfix, "frozen")
    assert b"This is the mail system" in mail
    assert b"Retour-Analysis" not in mail


def test_mail_passes_a_killed_daemon(postfix: Postfix, run: Run) -> None:
    """SIGKILL leaves the socket behind; mail goes on, and a new daemon takes the socket over."""
    run().tell_all(signal.SIGKILL)
    assert b"Retour-Analysis" not in _provoke(postfix, "killed")
    run()
    assert b"Retour-Analysis" in _provoke(postfix, "again")


def test_a_worker_that_dies_is_replaced(postfix: Postfix, run: Run) -> None:
    """The supervisor starts another one, and reports are rewritten as before."""
    daemon = run()
    _provoke(postfix, "before")
    worker = json.loads(daemon.wait_for_line('"rewritten"'))["pid"]
    os.kill(worker, signal.SIGKILL)
    daemon.wait_for_line('"worker died"')
    assert b"Retour-Analysis" in _provoke(postfix, "after")


def test_settings_are_read_again(postfix: Postfix, run: Run) -> None:
    """SIGHUP: wrong settings are named and change nothing, right ones count from then on."""
    daemon = run()
    right = daemon.config.read_text()
    daemon.config.write_text(right.replace("workers = 2", "workers = 0"))
    daemon.tell(signal.SIGHUP)
    assert "milter.workers: must be" in daemon.wait_for_line('"settings not reloaded"')
    assert b'lang=3D"en"' in _provoke(postfix, "english")
    daemon.config.write_text(right + '\n[milter.languages]\n"home.test" = "de"\n')
    daemon.tell(signal.SIGHUP)
    daemon.wait_for_line('"settings reloaded"')
    wait_for(lambda: b'lang=3D"de"' in _provoke(postfix, os.urandom(4).hex()), "German")


def test_the_daemon_ends_well(postfix: Postfix, run: Run) -> None:
    """SIGTERM: status 0, and the socket is gone."""
    daemon = run()
    assert daemon.stop() == 0
    assert not (postfix.folder / "queue/retour/milter.sock").exists()


def _ask_doctor(daemon: Daemon, postfix: Postfix) -> subprocess.CompletedProcess[str]:
    command = [RETOUR, "doctor", "--config", str(daemon.config)]
    return subprocess.run(
        [*command, "--postfix", str(postfix.config)], capture_output=True, text=True, check=False
    )


def test_the_doctor_says_that_all_is_well(postfix: Postfix, run: Run) -> None:
    """A Postfix that calls the daemon, fails open, and may write to the socket."""
    answer = _ask_doctor(run(), postfix)
    assert (answer.returncode, answer.stderr) == (0, ""), answer.stdout
    assert "-- " not in answer.stdout


def test_the_doctor_compares_the_size_limits(postfix: Postfix, run: Run) -> None:
    """A Postfix that takes less than the milter may write would fail what was rewritten."""
    daemon = run()
    postfix.set(message_size_limit="100000")
    try:
        answer = _ask_doctor(daemon, postfix)
    finally:
        postfix.set(message_size_limit="10240000")
    assert answer.returncode == 1
    assert "size_max_bytes = 100000" in answer.stdout

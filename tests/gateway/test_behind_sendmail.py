"""The milter behind a real Sendmail, as docs/howto/sendmail.md sets it up."""

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import mailservers
import pytest
from daemon import Daemon
from lab_postfix import find_port, wait_for
from sample_report import RAW

from retour.gateway.milter.sendmail_doctor import check_sendmail
from retour.model.story import Query
from retour.service.milter import MilterSettings, Place
from retour.store import open_store

_MAIL = (
    b"From: bob@example.test\r\nMessage-ID: <hello@example.test>\r\nSubject: hello\r\n\r\n"
    b"Hi  there \xfc\r\n.dot\r\n"
)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a folder that is short enough for a socket and above which only root may write."""
    mailservers.require(os.geteuid() == 0, "Sendmail can only be run by root")
    path = Path(tempfile.mkdtemp(prefix="retour-sendmail-", dir="/run"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def _howto_line(socket: Path) -> str:
    """Return the line of the howto, with this test's socket."""
    page = Path(__file__).parents[2] / "docs/howto/sendmail.md"
    [line] = [line for line in page.read_text().splitlines() if "INPUT_MAIL_FILTER(" in line]
    return line.strip().replace("/run/retour/milter.sock", str(socket))


def _set_up(folder: Path, port: int) -> str:
    """Write the configuration; return it."""
    (folder / "run").mkdir()
    lines = [
        "FEATURE(`accept_unresolvable_domains')dnl",
        f"DAEMON_OPTIONS(`Port={port}, Addr=127.0.0.1, Name=MTA')dnl",
        _howto_line(folder / "run/milter.sock"),
    ]
    deliver = f"#!/bin/sh\ncat > {folder}/mail/$$\n"
    return mailservers.configure_sendmail(folder, lines, deliver)


_CLIENT = """\
import smtplib, sys, time
for _ in range(100):
    try:
        client = smtplib.SMTP("127.0.0.1", int(sys.argv[1]), "client.test", timeout=60)
        break
    except OSError:
        time.sleep(0.2)
client.sendmail(sys.argv[2], ["sender@example.test"], open(sys.argv[3], "rb").read())
client.quit()
"""


def _send(folder: Path, program: str, port: int, sender: str, mail: bytes) -> None:
    """Run Sendmail as a daemon, and hand it a mail by SMTP."""
    (folder / "content").write_bytes(mail)
    (folder / "client").write_text(_CLIENT)
    serve = f"{program} -C {folder}/test.cf -Am -bD -odi > {folder}/said 2>&1 &"
    talk = f"{sys.executable} {folder}/client {port} '{sender}' {folder}/content; s=$?"
    mailservers.run_private(folder, [serve, "set +e", talk, "kill $!", "exit $s"])


def test_what_arrives_by_smtp_is_rewritten_and_all_else_passes(folder: Path) -> None:
    """A report from outside (here with a banner) is ours afterwards; a message is as it was."""
    program = mailservers.find("sendmail-mta", "usr/libexec/sendmail/sendmail")
    port = find_port()
    text = _set_up(folder, port)
    socket = folder / "run/milter.sock"
    settings = (
        f'language = "en"\n[milter]\nsocket = "unix:{socket}"\nsocket_mode = "0600"\n'
        'domains = ["example.test"]\nunverified = "banner"\n'
        f'[trail]\nstore = "{folder}/trail.sqlite3"\n'
    )
    daemon = Daemon(folder, settings)
    try:
        assert stat.S_ISSOCK(socket.stat().st_mode)
        _send(folder, program, port, "bob@example.test", _MAIL)
        (message,) = mailservers.wait_for(folder / "mail", 1)
        assert message.endswith(_MAIL.partition(b"\r\n\r\n")[2].replace(b"\r\n", b"\n"))
        assert b"Subject: hello\n" in message
        with open_store(f"{folder}/trail.sqlite3") as store:
            query = Query(message_id="<hello@example.test>")
            [copy] = wait_for(lambda: list(store.find(query)), "the trail")
        assert (copy.mail_from, copy.recipients) == ("bob@example.test", ("sender@example.test",))
        assert copy.queue_id
        _send(folder, program, port, "", RAW)
        mails = mailservers.wait_for(folder / "mail", 2)
        [report] = [mail for mail in mails if mail != message]
        assert b"\nRetour-Analysis: " in report
        assert b"Nobody here could verify this notice" in report
        assert '"rewritten"' in daemon.wait_for_line('"report"')
    finally:
        assert daemon.stop() == 0
    milter = MilterSettings(socket=Place(str(socket)), domains=("example.test",))
    assert all(finding.is_well for finding in check_sendmail(text, milter))


def test_mail_passes_while_the_milter_is_away(folder: Path) -> None:
    """The line of the howto has no F=: Sendmail goes on without the milter."""
    program = mailservers.find("sendmail-mta", "usr/libexec/sendmail/sendmail")
    port = find_port()
    _set_up(folder, port)
    _send(folder, program, port, "", RAW)
    (report,) = mailservers.wait_for(folder / "mail", 1)
    assert report.endswith(RAW.partition(b"\r\n\r\n")[2].replace(b"\r\n", b"\n"))

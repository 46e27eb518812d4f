"""``retour milter`` behind a Postfix as administrators have it: what else stands in its flow."""

import json
import smtplib
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import mailservers
import pytest
from daemon import RETOUR, Daemon
from lab_postfix import Postfix, find_fault, find_port, wait_for

from retour.model.story import Copy, Query
from retour.store import open_store

_SETTINGS = """
[milter]
socket = "{place}"
socket_mode = "666"
workers = 1
domains = ["home.test"]
[trail]
store = "{folder}/trail.sqlite3"
bodies_days = 1
"""
_LONG = b"X-Long:" + b"\r\n and on" * 110_000
"""A field of 900 kB, folded."""


@pytest.fixture
def postfix() -> Iterator[Postfix]:
    """A Postfix that calls the milter for everything, until a test says otherwise."""
    fault = find_fault()
    mailservers.require(not fault, fault or "")
    with tempfile.TemporaryDirectory(prefix="retour-postfix-") as name:
        server = Postfix(Path(name))
        use(server, "unix:retour/milter.sock")
        yield server
        server.stop()


Run = Callable[..., Daemon]


@pytest.fixture
def run(postfix: Postfix) -> Iterator[Run]:
    """Run the milter at ``unix:retour/milter.sock`` of that Postfix, or elsewhere."""
    daemons: list[Daemon] = []

    def start(place: str = "", name: str = "milter") -> Daemon:
        folder = postfix.folder / name
        folder.mkdir()
        place = place or f"unix:{postfix.folder}/queue/retour/{name}.sock"
        daemons.append(Daemon(folder, _SETTINGS.format(place=place, folder=folder)))
        return daemons[-1]

    yield start
    for daemon in daemons:
        daemon.stop()


def use(postfix: Postfix, milters: str, **settings: str) -> None:
    """Let a Postfix that does not run yet call these milters, also for its own reports."""
    postfix.set(
        smtpd_milters=milters,
        non_smtpd_milters=milters,
        internal_mail_filter_classes="bounce",
        **settings,
    )


def _write(name: str, body: bytes = b"Hi there\r\n", field: bytes = b"") -> bytes:
    head = (
        f"From: alice@home.test\r\nDate: Tue, 24 Nov 2026 09:02:14 +0000\r\nSubject: {name}\r\n"
        f"Message-ID: <{name}@home.test>\r\n"
    )
    return head.encode() + (field + b"\r\n" if field else b"") + b"\r\n" + body


def _provoke(postfix: Postfix, name: str) -> bytes:
    """Send a mail that the next hop refuses; return the report that arrives for it."""
    postfix.send("alice@home.test", ["unknown@away.test"], _write(name))
    return postfix.wait_for_mail(f"<{name}@home.test>".encode())


def _wait_for_copies(postfix: Postfix, name: str, count: int) -> list[Copy]:
    with open_store(str(postfix.folder / "milter/trail.sqlite3")) as store:

        def look() -> list[Copy] | None:
            found = list(store.find(Query(message_id=f"<{name}@home.test>")))
            return found if len(found) >= count else None

        return wait_for(look, f"{count} copies")


@pytest.mark.parametrize("version", [2, 3, 4, 6])
def test_every_version_of_the_protocol_serves(postfix: Postfix, run: Run, version: int) -> None:
    """Mail is recorded and reports are rewritten, whatever ``milter_protocol`` says."""
    use(postfix, "unix:retour/milter.sock", milter_protocol=str(version))
    run()
    postfix.start()
    assert b"Retour-Analysis" in _provoke(postfix, "old")
    [copy] = _wait_for_copies(postfix, "old", 1)
    assert (copy.mail_from, copy.recipients) == ("alice@home.test", ("unknown@away.test",))
    assert f"{copy.queue_id}: message-id=<old@home.test>" in postfix.log.read_text()


def test_two_milters_in_a_row_rewrite_once(postfix: Postfix, run: Run) -> None:
    """The second one sees what the first one wrote, and lets it be."""
    use(postfix, "unix:retour/milter.sock, unix:retour/second.sock")
    run()
    second = run(name="second")
    postfix.start()
    mail = _provoke(postfix, "row")
    assert mail.count(b"\nRetour-Analysis:") == 1
    assert json.loads(second.wait_for_line('"report"'))["reason"] == "marked"


def test_the_body_of_a_repeated_message_is_read(postfix: Postfix, run: Run) -> None:
    """Of what comes again to the same recipient the body is kept; of the first copy it is not."""
    run()
    postfix.start()
    for body in (b"first\r\n", b"second\r\n"):
        postfix.send("alice@home.test", ["bob@home.test"], _write("again", body))
        postfix.wait_for_mail(body.strip())
    copies = _wait_for_copies(postfix, "again", 2)
    with open_store(str(postfix.folder / "milter/trail.sqlite3")) as store:
        kept = [store.read_raw(copy.copy_id) for copy in copies]
    bodies = [raw.partition(b"\r\n\r\n")[2] if raw else None for raw in kept]
    assert sorted(bodies, key=bool) == [None, b"second\r\n"]


def test_tcp_over_ipv6_serves_as_well(postfix: Postfix, run: Run) -> None:
    """An address in brackets, at our side and at Postfix's."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6")
    port = find_port()
    use(postfix, f"inet:[::1]:{port}", inet_protocols="all")
    run(f"inet:[::1]:{port}")
    postfix.start()
    assert b"Retour-Analysis" in _provoke(postfix, "six")


@pytest.mark.parametrize(
    ("name", "field", "body"),
    [
        ("long", _LONG, b"Hi\r\n"),
        ("nul", b"X-Nul: a\0b", b"NUL \0 and more\0\r\n"),
        ("eight", b"X-Eight: \xe4\xff", b"\xe4\xf6\xfc\xff\r\n"),
        ("empty", b"", b""),
    ],
)
def test_odd_mail_passes_and_is_recorded(
    postfix: Postfix, run: Run, name: str, field: bytes, body: bytes
) -> None:
    """What Postfix takes, it delivers as without us (it cuts some of this itself)."""
    daemon = run()
    postfix.set(header_size_limit="2000000")
    postfix.start()
    mail = _write(name, body, field)
    postfix.send("alice@home.test", ["bob@home.test"], mail)
    with_us = postfix.wait_for_mail(f"<{name}@home.test>".encode())
    assert _wait_for_copies(postfix, name, 1)
    assert "fault" not in daemon.read_log()
    assert "connection closed" not in daemon.read_log()
    daemon.stop()
    postfix.send("alice@home.test", ["without@home.test"], mail)
    without_us = postfix.wait_for_mail(b"Delivered-To: without@home.test")
    assert with_us[with_us.index(b"\nFrom:") :] == without_us[without_us.index(b"\nFrom:") :]


def test_internationalised_addresses_are_recorded(postfix: Postfix, run: Run) -> None:
    """SMTPUTF8: addresses stay as they were given."""
    postfix.set(smtputf8_enable="yes")
    run()
    postfix.start()
    with smtplib.SMTP("127.0.0.1", postfix.port, local_hostname="client.test") as client:
        client.ehlo()
        client.sendmail(
            "jürgen@home.test",
            ["bøb@home.test"],
            "Message-ID: <utf@home.test>\r\nSubject: ü\r\n\r\nHi\r\n".encode(),
            mail_options=["SMTPUTF8", "BODY=8BITMIME"],
        )
    [copy] = _wait_for_copies(postfix, "utf", 1)
    assert (copy.mail_from, copy.recipients) == ("jürgen@home.test", ("bøb@home.test",))


def test_a_content_filter_makes_no_second_message(postfix: Postfix, run: Run) -> None:
    """Mail that a filter hands back comes by twice; it is one way, and no loop."""
    back = find_port()
    master = postfix.config / "master.cf"
    filter_ = f"[127.0.0.1]:{back}"
    lines = [f"127.0.0.1:{back} inet n - n - - smtpd -o content_filter="]
    master.write_text(master.read_text() + "\n".join(lines) + "\n")
    use(postfix, "unix:retour/milter.sock", content_filter=f"smtp:{filter_}")
    run()
    postfix.start()
    postfix.send("alice@home.test", ["bob@home.test"], _write("filtered"))
    postfix.wait_for_mail(b"<filtered@home.test>")
    copies = _wait_for_copies(postfix, "filtered", 2)
    assert len({copy.queue_id for copy in copies}) == 2
    command = [RETOUR, "trail", "copies", "--store", f"{postfix.folder}/milter/trail.sqlite3"]
    said = subprocess.run([*command, "--format", "json"], capture_output=True, check=True)
    assert said.stdout.strip() == b""

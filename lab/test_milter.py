"""Retour in the mail flow of real servers: what it rewrites, what it lets be, how it fails."""

import json
import signal
import subprocess
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import pytest
from flufl.bounce import scan_message

import retour
from lab.host import full_disk
from lab.milter import RETOUR, MilterHost
from lab.scenario import OFFICE, Scenario, list_pairs, name_pair
from lab.world import World
from retour.wire.mark import join
from retour.wire.mime import parse_mime

NOTICES = [pair for pair in list_pairs() if pair[1] == OFFICE and pair[0].expect]
REWRITTEN = [pair for pair in NOTICES if pair[0].rewritten]
LEFT = [pair for pair in NOTICES if not pair[0].rewritten]


def _mail(name: str, sender: str, to: str, body: str = "Hello,\r\nhere I am.\r\n") -> bytes:
    head = f"From: {sender}\r\nTo: {to}\r\nSubject: About {name}\r\nMessage-ID: <{name}@home.test>"
    return f"{head}\r\nDate: Tue, 24 Nov 2026 12:00:00 +0000\r\n\r\n{body}".encode()


def _notice(world: World, scenario: Scenario) -> bytes:
    """Return the mail that came home for a scenario at the office."""
    world.wait_for_end(scenario, OFFICE)
    return world.wait_for_mail(scenario.sender(OFFICE))


def _find(mail: bytes, kind: str) -> list[bytes]:
    parts = message_from_bytes(mail).walk()
    return [part.as_bytes() for part in parts if part.get_content_type() == kind]


@pytest.mark.parametrize("pair", REWRITTEN, ids=name_pair)
def test_what_machines_read_stays(world: World, pair: tuple[Scenario, str]) -> None:
    """A rewritten notice parses, names the same addresses, and holds the server's own parts."""
    mail = _notice(world, pair[0])
    parsed = message_from_bytes(mail)
    assert len(parsed.get_all("Retour-Analysis", [])) == 1, "two hops on the way, one rewrote"
    assert not [part.defects for part in parsed.walk() if part.defects]
    joined = join(parse_mime(mail.replace(b"\r\n", b"\n").decode("latin-1"))[0])
    assert joined is not None
    assert joined.is_intact
    status = _find(joined.raw, "message/delivery-status")
    assert status
    assert status[0] in _find(mail, "message/delivery-status")
    assert scan_message(parsed) == scan_message(message_from_bytes(joined.raw))


@pytest.mark.parametrize("pair", LEFT, ids=name_pair)
def test_what_cannot_be_verified_passes(world: World, pair: tuple[Scenario, str]) -> None:
    """A notice that names none whom we wrote to comes as its server wrote it."""
    mail = _notice(world, pair[0])
    assert b"Retour-Analysis" not in mail


def test_a_forged_notice_passes_byte_for_byte(world: World) -> None:
    """Nobody at the office sent what it is about: it gets none of our words."""
    forged = Path(__file__).with_name("forged.eml").read_bytes().replace(b"\n", b"\r\n")
    world.send(world.office, "", ["fred@office.test"], forged)
    assert world.wait_for_mail("fred@office.test").endswith(b"\r\n" + forged)


def test_a_notice_to_an_outside_sender_names_no_host(world: World) -> None:
    """Who is not of the office learns nothing of its hosts from our words."""
    sender, to = "olga@home.test", "nobody@user-unknown.remote.test"
    world.send(world.office, sender, [to], _mail("outside", sender, to))
    mail = message_from_bytes(world.wait_for_mail(sender))
    assert mail["Retour-Analysis"]
    ours = next(part for part in mail.walk() if part.get_content_type() == "multipart/alternative")
    texts = [part for part in ours.walk() if not part.is_multipart()]
    words = b"".join(bytes(part.get_payload(decode=True)) for part in texts)
    assert b"nobody@" in words
    for inside in (
        b"mx.office.test",
        b"mx.inner.test",
        world.office.address.encode(),
        b"client.home.test",
    ):
        assert inside not in words


def test_a_notice_to_a_program_is_left_alone(world: World) -> None:
    """A VERP return path gets what its program expects."""
    sender, to = (
        "list-bounces+nobody=user-unknown.remote.test@office.test",
        "nobody@user-unknown.remote.test",
    )
    world.send(world.office, sender, [to], _mail("list", "list@office.test", to))
    mail = world.wait_for_mail(sender)
    assert b"Retour-Analysis" not in mail
    assert b"This is the mail system at host mx.office.test." in mail


@pytest.mark.parametrize(
    ("forwarder", "logs"), [("postfix", (OFFICE,)), ("exim", (OFFICE, "exim"))]
)
def test_the_second_copy_is_known_to_have_arrived(
    world: World, tmp_path: Path, forwarder: str, logs: tuple[str, ...]
) -> None:
    """A gateway takes the second copy for a loop: the logs prove that it has the first."""
    pair = next(pair for pair in REWRITTEN if pair[0].name == f"second-copy-by-{forwarder}")
    mail = tmp_path / "notice.eml"
    mail.write_bytes(_notice(world, pair[0]))
    store = str(tmp_path / "trail.sqlite3")
    for host in (world.hosts[name] for name in logs):
        log = ("--zone", "UTC", "--system", host.full_name, str(host.log))
        subprocess.run([RETOUR, "trail", "ingest", "--store", store, *log], check=True)
    command = [RETOUR, "explain", "--store", store, "--format", "json", str(mail)]
    told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    diagnosis = told["recipients"][0]["diagnosis"]
    assert (diagnosis["cause"], diagnosis["outcome"]) == ("duplicate-refused", "delivered")


@pytest.fixture
def spare(world: World) -> Iterator[MilterHost]:
    """A host whose daemon may come to harm."""
    world.spare.start_retour()
    yield world.spare
    world.spare.stop_retour()


def _passes(world: World, name: str) -> None:
    """Hold that a mail and a notice get through the spare host, whatever its daemon does."""
    to, sender = f"{name}@office.test", f"{name}-sender@office.test"
    sent = _mail(name, sender, to)
    world.send(world.spare, sender, [to], sent)
    assert world.wait_for_mail(to).endswith(b"\r\n" + sent)
    gone = "nobody@user-unknown.remote.test"
    world.send(world.spare, sender, [gone], _mail(f"{name}-lost", sender, gone))
    report = retour.explain(world.wait_for_mail(sender)).report
    assert report is not None
    assert [recipient.address for recipient in report.recipients] == [gone]


def test_mail_passes_while_the_daemon_is_stopped(world: World, spare: MilterHost) -> None:
    """It takes connections and never answers: the server goes on without it."""
    spare.signal_retour(signal.SIGSTOP)
    _passes(world, "stopped")


def test_mail_passes_when_the_daemon_was_killed(world: World, spare: MilterHost) -> None:
    """Nobody is there: the server goes on without it."""
    spare.signal_retour(signal.SIGKILL)
    _passes(world, "killed")


def test_mail_passes_when_the_disk_is_full(world: World) -> None:
    """The trail has no room: mail passes, and is rewritten all the same."""
    with full_disk(world.spare.store.parent):
        world.spare.start_retour()
        _passes(world, "full")
        world.spare.stop_retour()

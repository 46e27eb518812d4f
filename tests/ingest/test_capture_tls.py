"""Sessions that turn to encryption: what can still be seen."""

import ssl
from contextlib import suppress

from captured import FIN, OPENING, RST, Step, converse, pack, read

from retour.model.capture import Session
from retour.trail.findings import Findings

STARTTLS: tuple[Step, ...] = (
    *OPENING[:3],
    ("client", b"STARTTLS\r\n"),
    ("server", b"220 2.0.0 Ready\r\n"),
)
ALERT = bytes([21, 3, 3, 0, 2, 2, 70])
SEALED = bytes([23, 3, 3, 0, 40]) + bytes(40)


def say_hello() -> bytes:
    """Return the ClientHello that the standard library sends."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    client = context.wrap_bio(incoming, outgoing, server_hostname="mx.example.net")
    with suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def read_one(steps: list[Step]) -> Session:
    """Read the only session of a capture."""
    (session,), _ = read(pack(converse(steps)))
    return session


def test_starttls_leaves_sizes_times_and_the_server_s_name() -> None:
    """The words end; what was counted is there."""
    hello = say_hello()
    steps: list[Step] = [*STARTTLS, ("client", hello), ("server", SEALED, 12_000_000)]
    session = read_one([*steps, ("client", SEALED), ("client", FIN), ("server", FIN)])
    assert session.tls
    assert session.tls.server_name == "mx.example.net"
    assert not session.tls.implicit
    assert (session.tls.client_octets, session.tls.server_octets) == (
        len(hello) + len(SEALED),
        len(SEALED),
    )
    assert session.tls.waited_for == "server"
    assert session.tls.longest_wait_us >= 12_000_000
    assert [(turn.side, turn.kind) for turn in session.turns[-3:]] == [
        ("client", "tls"),
        ("server", "tls"),
        ("client", "tls"),
    ]
    assert (session.ending.by, session.ending.phase) == ("client", "tls")
    assert [finding.name for finding in Findings().judge(session)] == ["tls-hides"]


def test_encrypted_from_the_beginning_is_told() -> None:
    """Port 465 style: no greeting, and no complaint about the missing one."""
    session = read_one([("client", say_hello()), ("server", SEALED)])
    assert session.tls
    assert session.tls.implicit
    found = [(one.name, one.variant) for one in Findings().judge(session)]
    assert found == [("tls-hides", "implicit"), ("cut-capture", "end")]


def test_alert_in_the_clear_is_a_failed_handshake() -> None:
    """Who sent it, and its name."""
    steps: list[Step] = [*STARTTLS, ("client", say_hello()), ("server", ALERT), ("server", FIN)]
    finding = Findings().judge(read_one(steps))[0]
    assert finding.name == "tls-failed"
    assert finding.facts == {"by": "server", "alert": "protocol_version"}


def test_client_that_left_under_encryption_counts_only_after_a_long_wait() -> None:
    """Closing before the server's close_notify is usual; closing after half a minute is not."""
    for wait_us, expected in ((30_000_000, True), (1_000, False)):
        steps: list[Step] = [*STARTTLS, ("client", say_hello()), ("server", SEALED)]
        steps += [("client", SEALED), ("client", FIN, wait_us), ("server", SEALED), ("client", RST)]
        shots = converse(steps)
        del shots[-2]  # the acknowledgement of the server's last words
        (session,), _ = read(pack(shots))
        found = [(one.name, one.variant) for one in Findings().judge(session)]
        assert (("client-left-before-reply", "encrypted") in found) == expected


def test_refused_starttls_goes_on_in_the_clear() -> None:
    """A 4yz to STARTTLS leaves the dialogue readable."""
    steps: list[Step] = [*OPENING[:3], ("client", b"STARTTLS\r\n"), ("server", b"454 4.7.0 no\r\n")]
    session = read_one([*steps, ("client", b"QUIT\r\n"), ("server", b"221 Bye\r\n")])
    assert session.tls is None
    assert session.turns[-1].answers == "QUIT"
    assert Findings().judge(session)[0].facts["answers"] == "STARTTLS"

"""Packets of a mail server to events."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.gateway.milter.command import (
    Abort,
    Body,
    Connect,
    Data,
    EndOfHeaders,
    EndOfMessage,
    Event,
    Header,
    Helo,
    Macros,
    Mail,
    Negotiate,
    ProtocolError,
    Quit,
    QuitForNext,
    Rcpt,
    Unknown,
    parse_command,
)

_UNDERSTOOD: list[tuple[str, bytes, Event]] = [
    ("O", b"\0\0\0\6\0\0\1\xff\0\x1f\xff\xff", Negotiate(6, 0x1FF, 0x1FFFFF)),
    ("O", b"\0\0\0\2\0\0\0\x3f\0\0\0\x7fmore", Negotiate(2, 0x3F, 0x7F)),
    ("D", b"C", Macros("C", {})),
    ("D", b"Cj\0mx.example.com\0{a}\0\0", Macros("C", {"j": "mx.example.com", "{a}": ""})),
    ("C", b"mx.test\x004\x00\x19192.0.2.1\0", Connect("mx.test", "4", 25, "192.0.2.1")),
    ("C", b"mx.test\x006\x00\x19IPv6:::1\0", Connect("mx.test", "6", 25, "IPv6:::1")),
    ("C", b"localhost\x00L\0\0/run/x\0", Connect("localhost", "L", 0, "/run/x")),
    ("C", b"unknown\x00U", Connect("unknown", "U")),
    ("H", b"mx.test\0", Helo("mx.test")),
    ("H", b"\0", Helo("")),
    ("M", b"<>\0", Mail("<>")),
    ("M", b"\0", Mail("")),
    ("M", b"<a@b>\0SIZE=5\0BODY=8BITMIME\0", Mail("<a@b>", ("SIZE=5", "BODY=8BITMIME"))),
    ("R", b"<\xc3\xa4@b>\0", Rcpt("<ä@b>")),
    ("R", b"<\xe4@b>\0", Rcpt("<\udce4@b>")),
    ("T", b"", Data()),
    ("L", b"Subject\0 a\n b\0", Header(b"Subject", b" a\n b")),
    ("L", b"X\0\0", Header(b"X", b"")),
    ("N", b"", EndOfHeaders()),
    ("B", b"a\0b", Body(b"a\0b")),
    ("E", b"", EndOfMessage()),
    ("E", b"last", EndOfMessage(b"last")),
    ("A", b"", Abort()),
    ("U", b"XYZZY\0", Unknown("XYZZY")),
    ("Q", b"", Quit()),
    ("K", b"", QuitForNext()),
]

_REFUSED = [
    ("O", b"\0\0\0\6"),
    ("D", b""),
    ("D", b"Cj\0"),
    ("D", b"Cj\0x"),
    ("C", b"mx.test"),
    ("C", b"mx.test\0"),
    ("C", b"mx.test\x009\0\x19x\0"),
    ("C", b"mx.test\x004\0"),
    ("C", b"mx.test\x004\0\x19192.0.2.1"),
    ("C", b"mx.test\x004\0\x19192.0.2.1\x00192.0.2.2\x00"),
    ("H", b""),
    ("H", b"a"),
    ("H", b"a\0b\0"),
    ("M", b""),
    ("M", b"<a@b>"),
    ("R", b""),
    ("L", b"Subject\0"),
    ("L", b"Subject\0 a"),
    ("L", b"Subject\0 a\0 b\0"),
    ("L", b"\0 a\0"),
    ("T", b"x"),
    ("N", b"x"),
    ("A", b"x"),
    ("Q", b"x"),
    ("K", b"x"),
    ("U", b""),
    ("Z", b""),
    ("\xff", b""),
]


@pytest.mark.parametrize(("letter", "content", "event"), _UNDERSTOOD)
def test_every_command_is_understood(letter: str, content: bytes, event: Event) -> None:
    """Each command of the protocol gives its event."""
    assert parse_command(ord(letter), content) == event


@pytest.mark.parametrize(("letter", "content"), _REFUSED)
def test_packets_of_another_form_are_refused(letter: str, content: bytes) -> None:
    """A packet with a NUL too many or too few, cut, or unknown, is an error and no guess."""
    with pytest.raises(ProtocolError):
        parse_command(ord(letter), content)


@given(st.characters(max_codepoint=255), st.binary(max_size=60))
def test_no_content_raises_anything_else(letter: str, content: bytes) -> None:
    """Whatever stands in a packet: an event, or the one error that is caught."""
    with contextlib.suppress(ProtocolError):
        assert parse_command(ord(letter), content) is not None

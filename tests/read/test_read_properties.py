"""Any bytes can be read, the same bytes give the same value, and damage does not raise."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mails import FIXTURES

from retour.model.report import Report
from retour.read import read

MAILS = {path.stem: path.read_bytes() for path in sorted(FIXTURES.glob("*.eml"))}
# Pieces that steer the reader: fields, boundaries, replies, addresses, odd bytes.
PIECES = st.sampled_from(
    [
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n",
        b"Content-Type: message/rfc822\n",
        b"Content-Type: message/delivery-status\n",
        b"Content-Type: text/html; charset=utf-7\n",
        b"Content-Transfer-Encoding: base64\n",
        b"Content-Transfer-Encoding: quoted-printable\n",
        b"From: MAILER-DAEMON@x.example\n",
        b"Subject: =?iso-2022-jp?B?GyRC?= failure\n",
        b"Received: from a (b) by c with d id e for <f@g.example>; 31 Feb 2026 10:00 +9999\n",
        b"Final-Recipient: rfc822; bob@example.net\n",
        b"Action: failed\nStatus: 5.1.1\n",
        b"Diagnostic-Code: smtp; 550 5.1.1 host a said: 451 -> 554\n",
        b"--b\n",
        b"--b--\n",
        b"\n\n",
        b"<bob@example.net>: 550-5.1.1 no\n550 5.1.1 yes\n",
        b"   ----- Transcript of session follows -----\n>>> RCPT To:<a@b.example>\n<<< 550\n",
        b"--- Below this line is a copy of the message.\n",
        b'{"notificationType":"Bounce","bounce":{"bouncedRecipients":[{}, 1, null]}}',
        b"\xff\xfe",
        b"\0",
        b"\r",
        b"From x@y.example Sun Mar  1 10:00:00 2026\n",
    ]
)


@given(st.binary(max_size=600))
def test_any_bytes_can_be_read(raw: bytes) -> None:
    """Bytes of any kind give a report."""
    assert isinstance(read(raw)[0], Report)


@given(st.lists(st.one_of(PIECES, st.binary(max_size=20)), max_size=25).map(b"".join))
def test_any_heap_of_telling_pieces_can_be_read_twice_alike(raw: bytes) -> None:
    """Pieces of mails in any order give a report, and the same one again."""
    assert read(raw) == read(raw)


@pytest.mark.parametrize("name", MAILS)
def test_any_cut_of_a_mail_can_be_read(name: str) -> None:
    """A mail cut anywhere gives a report."""
    raw = MAILS[name]
    for end in range(0, len(raw), 37):
        assert isinstance(read(raw[:end])[0], Report)


@pytest.mark.parametrize("name", MAILS)
def test_mutated_mail_can_be_read(name: str) -> None:
    """Bytes swapped, doubled, dropped and moved give a report."""
    dice = random.Random(name)
    for _ in range(20):
        raw = bytearray(MAILS[name])
        for _ in range(dice.randrange(1, 12)):
            at, length = dice.randrange(len(raw)), dice.randrange(1, 60)
            piece = raw[at : at + length]
            match dice.randrange(4):
                case 0:
                    raw[at : at + length] = b""
                case 1:
                    raw[at:at] = piece * dice.randrange(1, 5)
                case 2:
                    raw[at : at + 1] = bytes([dice.randrange(256)])
                case _:
                    there = dice.randrange(len(raw))
                    raw[there:there] = piece
            if not raw:
                break
        assert isinstance(read(bytes(raw))[0], Report)

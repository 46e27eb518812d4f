"""Any bytes are copies that can be compared."""

from hypothesis import given, settings
from hypothesis import strategies as st

from retour.model.copies import Envelope, EnvelopeRecipient
from retour.trail.compare import compare
from retour.trail.copy import read_copy
from retour.trail.side_by_side import lay_side_by_side

PIECES = (
    b"Received: from a.example by b.example with ESMTP id ABCDEF1234 for <u@b.example>; ",
    b"Received: by b.example; ",
    b"Tue, 24 Nov 2026 02:48:09 +0000\n",
    b"Tue, 24 Nov 99999 02:48:09 +9999\n",
    b"Message-ID: <1@a.example>\n",
    b"Message-ID:\n",
    b"List-Id: x\n",
    b"Resent-From: y@c.example\n",
    b"Delivered-To: u@b.example\n",
    b"Return-Path: <>\n",
    b"Date: Tue, 24 Nov 2026 02:48:09 +0000\n",
    b"Content-Type: multipart/mixed; boundary=b\n",
    b"\n--b\n",
    b"\n",
    b"\r\n",
    b"\x00\xff\xfe\x1b[2J",
)
mails = st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=20)), max_size=30).map(
    b"".join
)
envelopes = st.one_of(
    st.none(),
    st.builds(
        Envelope,
        mail=st.sampled_from(["", "x@y.example"]),
        rcpt=st.lists(
            st.sampled_from(["u@b.example", "", "v@b.example"]).map(EnvelopeRecipient), max_size=2
        ).map(tuple),
        peer_name=st.sampled_from([None, "a.example", "."]),
        queue_id=st.sampled_from([None, "ABCDEF1234", "X"]),
        host=st.sampled_from([None, "b.example", ""]),
    ),
)


@given(st.lists(st.tuples(mails, envelopes), min_size=2, max_size=4))
@settings(max_examples=300)
def test_no_bytes_stop_a_comparison(given_: list[tuple[bytes, Envelope | None]]) -> None:
    """Whatever the bytes and envelopes: each pair gets a verdict with reasons."""
    copies = [read_copy(raw, envelope) for raw, envelope in given_]
    found = compare(copies)
    assert len(found.pairs) == len(copies) * (len(copies) - 1) // 2
    assert all(pair.reasons for pair in found.pairs)
    lay_side_by_side(copies[0], copies[1])


def test_a_hundred_copies_with_thousands_of_stamps_are_compared() -> None:
    """Bounds hold on what is meant to hurt: many stamps, long lines, many copies."""
    stamp = b"Received: from a.example by mx%d.b.example with ESMTP id %dABCDEF12; x\n"
    head = b"".join(stamp % (n % 9, n) for n in range(3_000))
    raw = head + b"X-Long: " + b"y" * 1_000_000 + b"\nMessage-ID: <1@a.example>\n\ntext\n"
    found = compare([read_copy(raw[n:]) for n in (0, 0, 0)] + [read_copy(b"text")] * 97)
    assert len(found.pairs) == 4_950

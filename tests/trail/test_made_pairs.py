"""Verdicts on pairs of copies that differ in one thing each, from the mails alone."""

import pytest

from retour.trail.compare import compare
from retour.trail.copy import read_copy

_HEAD = {
    "From": "Ann <ann@example.com>",
    "To": "bob@example.org",
    "Subject": "Nine o'clock",
    "Date": "Mon, 02 Mar 2026 10:00:00 +0000",
    "Message-ID": "<m1@example.com>",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=utf-8",
}
_BODY = "Hello Bob,\n\nsee you at nine.\n\nAnn\n"
_OUT = "smtp.example.com (smtp.example.com [192.0.2.1])"


def _stamp(from_: str, by: str, queue_id: str, at: str, for_: str = "") -> str:
    who = f"\n\tfor <{for_}>" if for_ else ""
    when = f"Mon, 02 Mar 2026 10:{at} +0000"
    return f"Received: from {from_} by {by} (Postfix) with ESMTPS id {queue_id}{who}; {when}"


def _arrive(queue_id: str, at: str, from_: str = _OUT, for_: str = "bob@example.org") -> str:
    return _stamp(from_, "mx.example.org", queue_id, at, for_)


def _write(*lines: str, body: str = _BODY, **fields: str) -> bytes:
    """Write a mail: lines on top, then the header with some fields otherwise, then the body."""
    head = _HEAD | {name.replace("_", "-"): value for name, value in fields.items()}
    written = [f"{name}: {value}" for name, value in head.items()]
    return "\n".join([*lines, *written, "", body]).encode()


_DESK = _stamp("[10.0.0.7] (desk [10.0.0.7])", "smtp.example.com", "A1A1A1A1A1", "00:01")
_LIST = _stamp(_OUT, "lists.example.net", "L1L1L1L1L1", "00:03", "crew@example.net")
_FORWARD = _stamp(_OUT, "mx.uni.example", "F1F1F1F1F1", "00:03", "bob@uni.example")
_FROM_LIST = "lists.example.net (lists.example.net [203.0.113.1])"
_FROM_UNI = "mx.uni.example (mx.uni.example [198.51.100.1])"
_DIRECT = _write(_arrive("Q1", "00:04"), _DESK)
_OTHER_DESK = _stamp("[10.0.0.7]", "smtp.example.com", "A2A2A2A2A2", "01:02")

PAIRS: dict[str, tuple[bytes, bytes, str]] = {
    "tried again, re-encoded on the way": (
        _DIRECT,
        _write(
            _arrive("Q2", "05:04"),
            _DESK,
            body="Hello Bob,=\n\n\nsee you at nine.\n\nAnn\n",
            Content_Transfer_Encoding="quoted-printable",
        ),
        "retry",
    ),
    "tried again over IPv6": (
        _DIRECT,
        _write(_arrive("Q2", "01:04", "smtp.example.com (unknown [2001:db8::1])"), _DESK),
        "retry",
    ),
    "tried again, and one clock is slow": (
        _write(_arrive("Q1", "05:04"), _DESK),
        _write(_arrive("Q2", "00:04"), _DESK),
        "retry",
    ),
    "tried again, and a gateway adds a warning": (
        _DIRECT,
        _write(_arrive("Q2", "01:04"), _DESK, body=f"{_BODY}\n-- \nCAUTION: from outside.\n"),
        "retry",
    ),
    "a list's copy with tag, footer and another From": (
        _DIRECT,
        _write(
            _arrive("Q3", "00:09", _FROM_LIST),
            _LIST,
            _DESK,
            body=f"{_BODY}\n_______\nCrew mailing list\nhttps://lists.example.net/crew\n",
            From="Ann via Crew <crew@example.net>",
            Subject="[Crew] Nine o'clock",
            Reply_To="ann@example.com",
            List_Id="<crew.example.net>",
        ),
        "fan-out",
    ),
    "a list's copy that is the earlier one": (
        _write(_arrive("Q3", "00:03", _FROM_LIST), _LIST, _DESK, List_Id="<crew.example.net>"),
        _write(_arrive("Q1", "00:40"), _DESK),
        "fan-out",
    ),
    "forwarded, with ARC and another signature": (
        _DIRECT,
        _write(
            "ARC-Seal: i=1; a=rsa-sha256; cv=none; d=uni.example; s=x; b=abc",
            "DKIM-Signature: v=1; a=rsa-sha256; d=uni.example; s=x; b=zzz",
            "Delivered-To: bob@uni.example",
            _arrive("Q4", "00:06", _FROM_UNI),
            _FORWARD,
            _DESK,
        ),
        "fan-out",
    ),
    "resent by a person": (
        _DIRECT,
        _write(
            "Resent-From: carl@example.org",
            "Resent-To: bob@example.org",
            "Resent-Date: Mon, 02 Mar 2026 10:09:00 +0000",
            "Resent-Message-ID: <r@example.org>",
            _arrive("Q5", "09:04", "smtp.example.org (smtp.example.org [198.51.100.2])"),
            _stamp("[10.1.1.1]", "smtp.example.org", "R1R1R1R1R1", "09:01"),
        ),
        "resent",
    ),
    "two runs of one program": (
        _DIRECT,
        _write(
            _arrive("Q2", "01:05"),
            _OTHER_DESK,
            Message_ID="<c@example.com>",
            Date="Mon, 02 Mar 2026 10:01:00 +0000",
        ),
        "distinct",
    ),
    "one Message-ID on two messages": (
        _DIRECT,
        _write(
            _arrive("Q2", "04:05"),
            _OTHER_DESK,
            body="Something else altogether,\nwith other words and figures: 42.\n",
            From="Eve <eve@example.com>",
            Subject="Quite another",
            Date="Mon, 02 Mar 2026 10:04:00 +0000",
        ),
        "distinct",
    ),
    "a forward that leads back": (
        _DIRECT,
        _write(
            "Delivered-To: bob@example.org",
            _arrive("Q7", "00:20", _FROM_UNI),
            _stamp(
                "mx.example.org (mx.example.org [203.0.113.9])",
                "mx.uni.example",
                "F9F9F9F9F9",
                "00:12",
                "bob@uni.example",
            ),
            _arrive("Q1", "00:04"),
            _DESK,
        ),
        "loop",
    ),
    "no trace on one of them": (_DIRECT, _write(), "unclear"),
}


@pytest.mark.parametrize(("one", "other", "verdict"), PAIRS.values(), ids=PAIRS)
def test_what_two_copies_are_to_each_other_shows_without_envelopes(
    one: bytes, other: bytes, verdict: str
) -> None:
    """Each verdict from headers and bodies, whichever copy comes first."""
    copies = [read_copy(one, None), read_copy(other, None)]
    assert compare(copies).verdict == verdict
    assert compare(copies[::-1]).verdict == verdict

"""Envelopes from JSON."""

import json
from datetime import UTC, datetime

import pytest

from retour.ingest.envelope import EnvelopeError, parse_envelope

FULL = {
    "peer": {"name": "mx.example.org", "address": "192.0.2.1", "port": 25},
    "helo": "mx.example.org",
    "mail": ["<ann@example.org>", "SIZE=456"],
    "rcpt": [["<bob@example.net>", "ORCPT=rfc822;bob@example.net"], "<eve@example.net>"],
    "queue_id": "3577D3001E3",
    "macros": {"j": "mx.example.net"},
    "times": {"connect": 1795488490.2, "end_of_data": 1795488500},
    "gateway_log": [
        "Nov 24 02:49:27 mx postfix/smtp[165]: 3577D3001E3: to=<bob@example.net>, "
        "relay=mx.example.com[192.0.2.7]:25, delay=0.22, delays=0/0/0/0.21, dsn=2.0.0, "
        "status=sent (250 OK id=1xVgb1-00003K-1F)",
        "what nobody knows",
        7,
    ],
}


def test_all_fields_are_read() -> None:
    """Addresses lose their brackets, parameters stay, the log gives the hand-overs."""
    found = parse_envelope(json.dumps(FULL).encode())
    assert (found.mail, found.mail_parameters) == ("ann@example.org", ("SIZE=456",))
    assert found.recipients == {"bob@example.net", "eve@example.net"}
    assert found.rcpt[0].parameters == ("ORCPT=rfc822;bob@example.net",)
    assert (found.peer_name, found.peer_address) == ("mx.example.org", "192.0.2.1")
    assert (found.queue_id, found.host) == ("3577D3001E3", "mx.example.net")
    assert found.arrived_at == datetime.fromtimestamp(1795488500, UTC)
    (handed,) = found.handed_on
    assert (handed.host, handed.recipient, handed.outcome) == (
        "mx.example.com",
        "bob@example.net",
        "relayed",
    )


def test_an_empty_object_is_an_envelope_of_which_nothing_is_known() -> None:
    """Nothing is required."""
    found = parse_envelope(b"{}")
    assert (found.mail, found.rcpt, found.queue_id, found.arrived_at) == (None, (), None, None)


def test_the_null_reverse_path_is_not_an_unknown_one() -> None:
    """``<>`` is what reports come with (RFC 5321 §4.5.5)."""
    assert parse_envelope(b'{"mail": "<>"}').mail == ""


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "no JSON object"),
        (b'{"rcpt": "x@example.org"}', "rcpt"),
        (b'{"rcpt": [7]}', "rcpt"),
        (b'{"mail": [7]}', "mail"),
        (b'{"peer": "mx.example.org"}', "peer"),
        (b'{"helo": 7}', "helo"),
        (b'{"times": {"data": "yesterday"}}', "times"),
        (b'{"times": {"data": 1e300}}', "times"),
        (b'{"times": {"data": NaN}}', "times"),
        (b'{"times": {"data": "9999-12-31T23:59:59-12:00"}}', "times"),
    ],
)
def test_what_is_no_envelope_is_refused_with_a_sentence(raw: bytes, said: str) -> None:
    """Wrong kinds are named by field, in one sentence."""
    with pytest.raises(EnvelopeError, match=said) as caught:
        parse_envelope(raw)
    assert "\n" not in str(caught.value)

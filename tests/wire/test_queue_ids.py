"""Queue ids in the replies of real servers' wording."""

import pytest

from retour.wire.queue_id import find_queue_id


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("250 2.0.0 Ok: queued as 4D43D300222", "4D43D300222"),
        ("250 2.0.0 Ok: 462 bytes queued as 23A0C1", "23A0C1"),
        ("250 OK id=1xVgb9-00003e-2C", "1xVgb9-00003e-2C"),
        ("250 2.0.0 5AO2iS5k000123 Message accepted for delivery", "5AO2iS5k000123"),
        ("250 2.0.0 b9403171 Message accepted for delivery", "b9403171"),
        ("250 Ok. 0000000006B8F00A.692413F1", "0000000006B8F00A.692413F1"),
        ("250 ok 1700000000 qp 12345", "12345"),
        ("250 2.6.0 <a@b> [InternalId=8589934592, Hostname=x] Queued mail", "8589934592"),
        ("250-first line\n250 2.0.0 Ok: queued as ABCDEF1", "ABCDEF1"),
        ("250 2.0.0 Ok", None),
        ("250 Message accepted for delivery", None),
        ("250 great message accepted", None),
    ],
)
def test_queue_id_is_found_or_not_made_up(reply: str, expected: str | None) -> None:
    """Postfix, Exim, Sendmail, OpenSMTPD, Courier, qmail, Exchange; and replies without one."""
    assert find_queue_id(reply) == expected

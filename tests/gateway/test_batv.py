"""Signed return paths."""

import hashlib
import hmac

import pytest

from retour.gateway.batv import is_signed_by_us

_TODAY = 20_416


def _sign(key: str, day: int, address: str = "alice@example.com") -> str:
    """Sign as draft-levine-smtp-batv-01 §5 writes it."""
    head = f"0{day % 1000:03}"
    digest = hmac.new(key.encode(), (head + address).encode(), hashlib.sha1).digest()
    return f"prvs={head}{digest[:3].hex()}={address}"


@pytest.mark.parametrize(
    ("address", "keys", "answer"),
    [
        (_sign("k", _TODAY + 7), ("k",), True),
        (_sign("k", _TODAY), ("old", "k"), True),
        (
            _sign("k", _TODAY + 7).upper().replace("ALICE@EXAMPLE.COM", "alice@example.com"),
            ("k",),
            True,
        ),
        (_sign("other", _TODAY + 7), ("k",), False),
        (_sign("k", _TODAY - 1), ("k",), False),
        (_sign("k", _TODAY + 100), ("k",), False),
        (_sign("k", _TODAY + 7).replace("alice", "bob"), ("k",), False),
        (_sign("k", _TODAY + 7), (), None),
        ("alice@example.com", ("k",), None),
    ],
)
def test_signatures_are_checked(address: str, keys: tuple[str, ...], answer: bool | None) -> None:
    """Ours and not ended: yes; another key, day or address: no; nothing to check: unknown."""
    assert is_signed_by_us(address, keys, _TODAY) is answer


def test_days_wrap_after_a_thousand() -> None:
    """The three digits of the day begin again at 000."""
    assert is_signed_by_us(_sign("k", 21_003), ("k",), 20_998) is True

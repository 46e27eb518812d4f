"""Names of messages as people hand them on."""

import pytest

from retour.trail.naming import list_spellings, strip_name


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("<a@example.com>", "a@example.com"),
        ("Message-ID: <a@example.com>", "a@example.com"),
        ("message-id=<a@example.com>,", "a@example.com"),
        ("msgid: a@example.com", "a@example.com"),
        ("'<a@example.com>'", "a@example.com"),
        ("(queued as 4A1B2C3D4E)", "4A1B2C3D4E"),
        ("queued on relay1 as 4A1B2C3D4E", "4A1B2C3D4E"),
        ("X-Postfix-Queue-ID: 4A1B2C3D4E", "4A1B2C3D4E"),
        ("esmtps id 1tLxHe-000000003Yz-2abc", "1tLxHe-000000003Yz-2abc"),
        ("4A1B2C3D4E:", "4A1B2C3D4E"),
        ("  4A1B2C3D4E.", "4A1B2C3D4E"),
        ("identity@example.com", "identity@example.com"),
        ("id", "id"),
        ("", ""),
        ("<>", ""),
    ],
)
def test_what_stands_around_a_name_comes_off(written: str, name: str) -> None:
    """Labels, quotes, brackets and a log's colon are no part of a name; words inside it are."""
    assert strip_name(written) == name


def test_a_queue_id_is_known_in_other_letters_and_by_its_envelope() -> None:
    """As it is written comes first."""
    assert list_spellings("4a1b2c3d4e") == ["4a1b2c3d4e", "4A1B2C3D4E"]
    assert "aa11bb22" in list_spellings("aa11bb2233445566")
    assert list_spellings(" ") == []

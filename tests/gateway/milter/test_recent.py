"""Which messages came lately."""

import os

from retour.gateway.milter.recent import Recent


def test_a_message_comes_again_only_for_the_same_recipient_within_the_window() -> None:
    """Message-ID and recipient together, whatever else differs."""
    recent = Recent(60)
    assert not recent.note(b"<1@x>", ["Alice@home.test", "bob@home.test"], 1_000)
    assert recent.note(b"<1@x>", ["alice@home.test"], 1_060)
    assert not recent.note(b"<1@x>", ["carol@home.test"], 1_060)
    assert not recent.note(b"<2@x>", ["alice@home.test"], 1_060)
    assert not recent.note(b"<1@x>", ["bob@home.test"], 1_061)
    assert not recent.note(b"", ["alice@home.test"], 1_061)
    assert not recent.note(b"", ["alice@home.test"], 1_061)


def test_the_table_forgets_the_oldest_and_does_not_grow() -> None:
    """Four entries in one bucket: the fifth takes the place of the first."""
    recent = Recent(600, buckets=1)
    for second in range(5):
        recent.note(b"<%d@x>" % second, ["alice@home.test"], 1_000 + second)
    assert recent.note(b"<4@x>", ["alice@home.test"], 1_010)
    assert recent.note(b"<1@x>", ["alice@home.test"], 1_010)
    assert not recent.note(b"<0@x>", ["alice@home.test"], 1_010)


def test_workers_share_the_table() -> None:
    """The second copy may come to another process than the first."""
    recent = Recent(600)
    pid = os.fork()
    if pid == 0:
        recent.note(b"<1@x>", ["alice@home.test"], 1_000)
        os._exit(0)
    os.waitpid(pid, 0)
    assert recent.note(b"<1@x>", ["alice@home.test"], 1_001)

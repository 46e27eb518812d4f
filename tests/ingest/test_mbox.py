"""Mailboxes are cut where a mail begins, and nowhere else."""

import io
import random

import pytest

from retour.ingest import mbox
from retour.ingest.mbox import split_mbox

FROM = b"From ann@example.org Sun Mar  1 10:00:00 2026\n"
MAIL = b"Subject: one\n\nbody\n"


def split(data: bytes) -> list[bytes]:
    """Split bytes and drop the counts of skipped bytes."""
    return [raw for raw, _ in split_mbox(io.BytesIO(data))]


@pytest.mark.parametrize(
    ("data", "mails"),
    [
        (FROM + MAIL + b"\n" + FROM + MAIL, [MAIL, MAIL]),
        (FROM + MAIL + b"\n" + FROM + MAIL + b"\n", [MAIL, MAIL]),
        ((FROM + MAIL + b"\n" + FROM + MAIL).replace(b"\n", b"\r\n"),
         [MAIL.replace(b"\n", b"\r\n")] * 2),
        # One separator only: a mail that was saved with its separator; left as it is.
        (FROM + MAIL, [FROM + MAIL]),
        (FROM + MAIL + b"\n>From here\n", [FROM + MAIL + b"\n>From here\n"]),
        # Not after an empty line.
        (FROM + MAIL + FROM + MAIL, [FROM + MAIL + FROM + MAIL]),
        # No date.
        (FROM + MAIL + b"\nFrom now on: all is well\nSubject: x\n\n",
         [FROM + MAIL + b"\nFrom now on: all is well\nSubject: x\n\n"]),
        # No header after it.
        (FROM + MAIL + b"\n" + FROM + b"words\n\n", [FROM + MAIL + b"\n" + FROM + b"words\n\n"]),
        # Quoting is taken off once.
        (FROM + b"A: b\n\n>From x\n>>From y\n> From z\n\n" + FROM + MAIL,
         [b"A: b\n\nFrom x\n>From y\n> From z\n", MAIL]),
        (b"From - Sun Mar  1 10:00:00 2026\n" + MAIL + b"\n"
         b"From b@example.org Sun, 1 Mar 2026 10:00:00 +0100\n" + MAIL, [MAIL, MAIL]),
    ],
)  # fmt: skip
def test_separator_needs_empty_line_date_and_header(data: bytes, mails: list[bytes]) -> None:
    """What separates mails is decided by all three signs together."""
    assert split(data) == mails


def test_mailbox_is_cut_alike_at_every_chunk_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the reads happen to end does not matter."""
    source = random.Random(3)
    mails = [
        b"Subject: %d\n\n%s\n" % (n, bytes(source.choices(b"ab \n", k=source.randrange(6000))))
        for n in range(40)
    ]
    data = b"".join(FROM + mail + b"\n" for mail in mails)
    for size in (7, 100, 2048, 4096, 5000):
        monkeypatch.setattr(mbox, "CHUNK", size)
        assert split(data) == mails


def test_huge_mail_in_a_mailbox_is_cut_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail above the bound keeps its beginning; the next one is found all the same."""
    monkeypatch.setattr(mbox, "MAX_MAIL", 10_000)
    monkeypatch.setattr(mbox, "CHUNK", 3_000)
    huge = b"Subject: huge\n\n" + b"x" * 99_999 + b"\n"
    data = FROM + huge + b"\n" + FROM + MAIL + b"\n" + FROM + MAIL
    found = list(split_mbox(io.BytesIO(data)))
    assert [raw for raw, _ in found][1:] == [MAIL, MAIL]
    raw, skipped = found[0]
    assert len(raw) + len(FROM) == 10_000
    assert len(raw) + skipped == len(huge) + 1
    assert [count for _, count in found][1:] == [0, 0]

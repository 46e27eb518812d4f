"""What an input is, is decided by content; what cannot be read is one value."""

import io
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from compound_writer import build_message, write_compound

from retour.ingest import RawMail, UnreadableMail, open_sources
from retour.ingest.source import measure_sources

MAIL = b"Subject: one\n\nbody\n"
MBOX = b"".join(b"From a@example.org Sun Mar  1 10:00:00 2026\n" + MAIL + b"\n" for _ in range(3))


def read(*paths: "Path | str") -> list[RawMail | UnreadableMail]:
    """Read all items behind the paths."""
    return list(open_sources([str(path) for path in paths]))


@pytest.mark.parametrize(
    ("name", "content", "count"),
    [
        ("a.eml", MAIL, 1),
        ("mbox.eml", MBOX, 3),
        ("pasted.msg", b"550 5.1.1 user unknown\n", 1),
        ("empty", b"", 1),
    ],
)
def test_content_decides_and_not_the_name(
    tmp_path: Path, name: str, content: bytes, count: int
) -> None:
    """A file's name says nothing about what is inside."""
    (tmp_path / name).write_bytes(content)
    found = read(tmp_path / name)
    assert [item.index for item in found] == list(range(count))
    assert all(isinstance(item, RawMail) for item in found)
    assert {item.source for item in found} == {str(tmp_path / name)}


def test_outlook_file_is_known_by_its_magic(tmp_path: Path) -> None:
    """A compound file becomes a mail, under any name."""
    (tmp_path / "mail.txt").write_bytes(
        write_compound(build_message({0x001A: "IPM.Note", 0x1000: "hello"}))
    )
    (item,) = read(tmp_path / "mail.txt")
    assert isinstance(item, RawMail)
    assert b"hello" in item.raw


def test_outlook_file_without_the_extra_is_one_clear_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence names what to install."""
    (tmp_path / "mail.msg").write_bytes(write_compound(build_message({0x001A: "IPM.Note"})))
    monkeypatch.setitem(sys.modules, "olefile", None)
    (item,) = read(tmp_path / "mail.msg")
    assert isinstance(item, UnreadableMail)
    assert "pip install 'retour[outlook]'" in item.error


def test_directory_is_read_recursively_sorted_without_hidden_files(tmp_path: Path) -> None:
    """Files come before folders, both by name."""
    for name in ("b.eml", "a.eml", ".hidden", "z/1.eml", "c/2.eml", ".git/x"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(MAIL)
    (tmp_path / "loop").symlink_to(tmp_path)
    found = [os.path.relpath(item.source, tmp_path) for item in read(tmp_path)]
    assert found == ["a.eml", "b.eml", "c/2.eml", "z/1.eml"]


def test_maildir_gives_message_files_each_one_mail(tmp_path: Path) -> None:
    """Unfinished deliveries in tmp are left out; a message file is never cut."""
    for folder in ("cur", "new", "tmp"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "1.host:2,S").write_bytes(MBOX)
    found = read(tmp_path)
    assert [(item.source, item.index) for item in found] == [
        (str(tmp_path / "cur" / "1.host:2,S"), 0),
        (str(tmp_path / "new" / "1.host:2,S"), 0),
    ]


def test_standard_input_is_read_where_a_dash_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mailbox may come through a pipe."""
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(MBOX)))
    assert [(item.source, item.index) for item in read("-")] == [("-", 0), ("-", 1), ("-", 2)]


def test_what_cannot_be_read_does_not_stop_the_rest(tmp_path: Path) -> None:
    """A missing path, a broken archive and an empty directory are one sentence each."""
    (tmp_path / "broken.msg").write_bytes(bytes.fromhex("D0CF11E0A1B11AE1") + b"x" * 600)
    (tmp_path / "good.eml").write_bytes(MAIL)
    (tmp_path / "empty").mkdir()
    found = read(
        tmp_path / "missing", tmp_path / "broken.msg", tmp_path / "empty", tmp_path / "good.eml"
    )
    errors = [item.error for item in found if isinstance(item, UnreadableMail)]
    assert errors == [
        "It cannot be read: no such file or directory.",
        "The Outlook file is damaged.",
        "The directory holds no mail.",
    ]
    assert isinstance(found[-1], RawMail)


def test_size_of_the_sources_is_known_before_they_are_read(tmp_path: Path) -> None:
    """A progress bar needs a whole; a pipe has none."""
    (tmp_path / "a").write_bytes(MAIL)
    (tmp_path / "b").write_bytes(MBOX)
    assert measure_sources([str(tmp_path)]) == len(MAIL) + len(MBOX)
    assert measure_sources([str(tmp_path / "a"), str(tmp_path / "missing")]) == len(MAIL)
    assert measure_sources(["-"]) is None


def test_labelled_mails_are_hardly_ever_cut(shared: Path) -> None:
    """Many begin with ``From `` and quote mails; two are mailboxes by every sign that there is."""
    found = read(shared / "corpus")
    cut = {item.source for item in found if item.index > 0}
    assert len(cut) <= 2, cut
    assert not [item for item in found if isinstance(item, UnreadableMail)]

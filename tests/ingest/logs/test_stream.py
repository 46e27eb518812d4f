"""Log files as lines."""

import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.ingest.logs import stream as streams
from retour.ingest.logs.stream import LogStream, find_rotated, mark_first_line, open_log

LINES = ["first", "", "zweite, größer", "x" * 3000, "last"]


def _read(stream: LogStream) -> list[str]:
    """Read a stream to its end, and close it."""
    lines = [line for block in stream.read_blocks() for line in block.lines]
    last = stream.read_last_line()
    stream.close()
    return [*lines, *(last.lines if last else ())]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("packed", [False, True])
def test_lines_come_out_of_every_encoding(encoding: str, newline: str, *, packed: bool) -> None:
    """A byte order mark, UTF-16 with and without one, CRLF and gzip make no difference."""
    data = newline.join(LINES).encode(encoding)
    stream = LogStream(io.BytesIO(gzip.compress(data) if packed else data))
    assert _read(stream) == LINES


def test_bytes_that_are_no_text_stay_visible(tmp_path: Path) -> None:
    """A stray byte costs itself, not its line."""
    log = tmp_path / "mail.log"
    log.write_bytes(b"a\xffb\n")
    assert _read(open_log(str(log))) == ["a\\xffb"]


@given(
    st.lists(
        st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])), max_size=8
    ),
    st.integers(1, 40),
    st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]),
)
def test_blocks_of_any_size_give_the_same_lines(lines: list[str], size: int, encoding: str) -> None:
    """Where the file is cut while it is read changes nothing."""
    text = "".join(f"{line}\n" for line in ["head of the log", *lines])
    whole = streams.BLOCK_BYTES
    try:
        streams.BLOCK_BYTES = size
        stream = LogStream(io.BytesIO(text.encode(encoding)))
        assert _read(stream) == ["head of the log", *lines]
    finally:
        streams.BLOCK_BYTES = whole


def test_reading_goes_on_at_an_offset(tmp_path: Path) -> None:
    """Every line comes once, whether the file is read at one go or at two."""
    log = tmp_path / "mail.log"
    log.write_text("one\ntwo\nthr", encoding="utf-8")
    stream = open_log(str(log))
    (block,) = stream.read_blocks()
    assert (block.lines, block.offset) == (["one", "two"], 8)
    with log.open("a", encoding="utf-8") as file:
        file.write("ee\nfour\n")
    assert _read(stream) == ["three", "four"]
    assert _read(open_log(str(log), block.offset)) == ["three", "four"]


@pytest.mark.parametrize("newlines", [1, 2])
def test_a_line_without_end_is_skipped_and_counted(
    newlines: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory does not grow with a line that never ends; the next line is read again."""
    monkeypatch.setattr(streams, "LINE_MAX_BYTES", 100)
    monkeypatch.setattr(streams, "BLOCK_BYTES", 64)
    text = f"one\n{'x' * 1000}\n{'two' if newlines == 2 else ''}"
    stream = LogStream(io.BytesIO((text + "\n" * (newlines - 1)).encode()))
    blocks = list(stream.read_blocks())
    assert sum(block.skipped for block in blocks) == 1
    assert [line for block in blocks for line in block.lines] == ["one", "two"][:newlines]
    assert blocks[-1].offset == len(text) + newlines - 1


@pytest.mark.parametrize("packed", [False, True])
def test_a_rotated_log_is_found_by_its_first_line(tmp_path: Path, *, packed: bool) -> None:
    """It does not matter what it is called now, or whether it was compressed."""
    old = b"Feb 28 10:00:00 mx a: the beginning\nmore\n"
    (tmp_path / "mail.log").write_bytes(b"Mar  1 10:00:00 mx a: another beginning\n")
    (tmp_path / "mail.log.1").write_bytes(gzip.compress(old) if packed else old)
    (tmp_path / "mail.log.2").write_bytes(b"Feb 27 10:00:00 mx a: an older one\n")
    (tmp_path / "mail.log.d").mkdir()
    found = find_rotated(str(tmp_path / "mail.log"), mark_first_line(old))
    assert found == str(tmp_path / "mail.log.1")
    assert find_rotated(str(tmp_path / "mail.log"), mark_first_line(b"no such\n")) is None
    assert find_rotated(str(tmp_path / "mail.log"), mark_first_line(b"no line end")) is None

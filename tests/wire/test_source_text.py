"""Any bytes become text with LF line ends, one character a byte."""

import pytest

from retour.wire.source import SOURCE_MAX_BYTES, read_source

CASES = {
    "LF": (b"A: b\n\nc\n", "A: b\n\nc\n", []),
    "CRLF": (b"A: b\r\n\r\nc\r\n", "A: b\n\nc\n", []),
    "CR alone": (b"A: b\r\rc\r", "A: b\n\nc\n", ["lone-cr"]),
    "CRCRLF": (b"A: b\r\r\n\r\r\nc\r\r\n", "A: b\n\nc\n", []),
    "mixed": (b"A: b\r\nB: c\n\r\nd\re", "A: b\nB: c\n\nd\ne", ["lone-cr"]),
    "BOM": (b"\xef\xbb\xbfA: b\n\nc", "A: b\n\nc", []),
    "UTF-16 LE": ("\ufeffA: b\n\nc".encode("utf-16-le"), None, ["utf-16"]),
    "UTF-16 BE": ("\ufeffA: b\n\nc".encode("utf-16-be"), None, ["utf-16"]),
    "NUL": (b"A: b\0\n\nc", "A: b\0\n\nc", ["nul"]),
    "8-bit": (b"A: \xe4\n\n\xff", "A: \xe4\n\n\xff", []),
    "nothing": (b"", "", []),
    "two line ends": (b"\r\n\r\n", "\n\n", []),
}


@pytest.mark.parametrize("name", CASES)
def test_source_line_ends_and_marks_become_plain_text(name: str) -> None:
    """Each kind of line end is LF; what was odd is named."""
    raw, text, kinds = CASES[name]
    source = read_source(raw)
    assert [defect.kind for defect in source.defects] == kinds
    assert source.text == text if text is not None else "A: b\n\nc" in source.text


def test_double_spaced_mail_is_read_single_spaced() -> None:
    """An empty line behind every line is an accident of saving."""
    lines = ["Subject: x", "From: a@b.example", "To: c@d.example", "Date: y", "", "body", "more"]
    source = read_source("\n\n".join(lines).encode())
    assert source.text.startswith("Subject: x\nFrom: a@b.example\nTo: c@d.example\nDate: y\n")
    assert [defect.kind for defect in source.defects] == ["double-spaced"]


@pytest.mark.parametrize(
    "raw",
    [
        b"Subject: x\n\na\n\nb\n\nc\n\nd\n",
        b"Subject: x\nFrom: y\n\na\n\nb\n\nc\n\nd\n\ne\n\nf\n",
        b"Dear Bob,\n\nhello\n",
    ],
)
def test_paragraphs_of_a_body_are_not_double_spacing(raw: bytes) -> None:
    """Paragraphs with empty lines between them stay as they are."""
    assert read_source(raw).text == raw.decode()


def test_source_beyond_the_bound_is_cut_and_named() -> None:
    """A mail is read up to a bound, and the cut is told."""
    source = read_source(b"A: b\n\n" + b"x" * SOURCE_MAX_BYTES)
    assert len(source.text) == SOURCE_MAX_BYTES
    assert [defect.kind for defect in source.defects] == ["too-long"]


def test_the_bound_counts_the_same_with_either_line_end() -> None:
    """A long mail reads the same whether its lines end with LF or CRLF."""
    raw = b"A: b\n\n" + b"x" * 98 + b"\n" + b"y\n" * 200
    by_line_feed = read_source(raw, max_bytes=300)
    assert by_line_feed == read_source(raw.replace(b"\n", b"\r\n"), max_bytes=300)
    assert [defect.kind for defect in by_line_feed.defects] == ["too-long"]
    assert read_source(raw, max_bytes=None).text == raw.decode()

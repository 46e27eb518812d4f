"""The mark of a rewritten mail: its grammar, and putting the report together again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.wire.mark import cut, digest, join, read_mark, write_mark
from retour.wire.mime import parse_mime

REPORT = "From: a@example.net\nSubject: failure\n\nSorry.\n\nTo: b\n\nthe original\n"
START = REPORT.index("To: b")


def write_marked(
    mark: str, copy: str, original: str = REPORT[START:], label: str = "", root: str = ""
) -> str:
    """Write a mail with a mark by hand."""
    return (
        f"Retour-Analysis: {mark}\nContent-Type: multipart/report; boundary=r\n\n"
        f"--r\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\nwords\n"
        f"--m\nContent-Type: message/rfc822\n\n{copy}\n--m--\n"
        f"--r\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; a\n"
        f"--r\nContent-Type: message/rfc822\n{label}\n{original}\n--r--\n{root}"
    )


@given(st.binary(max_size=200))
def test_digest_does_not_depend_on_line_ends(raw: bytes) -> None:
    """A mail stored with LF and one sent with CRLF have one digest."""
    raw = raw.replace(b"\r", b"")
    assert digest(raw) == digest(raw.replace(b"\n", b"\r\n"))


def test_mark_names_the_digest_it_was_written_with() -> None:
    """The field is read as it was written, folded by a relay or not."""
    name = digest(b"x")
    assert read_mark(write_mark("1.2.0", name)) == name
    assert read_mark(f" 1.2.0;\t sha256={name.upper()} ") == name


@pytest.mark.parametrize(
    "value",
    [None, "", "1.0", "1.0; sha256=", "1.0; sha256=" + "0" * 63, "1; sha256=" + "g" * 64, "; ;"],
)
def test_a_field_that_is_no_mark_names_nothing(value: str | None) -> None:
    """Other people's values in a field of our name are no digest."""
    assert read_mark(value) is None


def test_join_puts_back_what_was_cut_out() -> None:
    """The original from the third sub-part goes back to its place in the copy."""
    mark = digest(REPORT.encode())
    copy = cut(REPORT, START, len(REPORT), mark)
    assert "the original" not in copy
    joined = join(parse_mime(write_marked(write_mark("1", mark), copy))[0])
    assert joined is not None
    assert joined.raw == REPORT.encode()
    assert joined.is_intact


def test_join_undoes_an_encoding_that_a_relay_added_to_the_original() -> None:
    """A relay that encodes the third sub-part does not change the report in it."""
    mark = digest(REPORT.encode())
    encoded = "VG86IGIKCnRoZSBvcmlnaW5hbAo="
    mail = write_marked(
        write_mark("1", mark),
        cut(REPORT, START, len(REPORT), mark),
        encoded,
        "Content-Transfer-Encoding: base64\n",
    )
    joined = join(parse_mime(mail)[0])
    assert joined is not None
    assert joined.is_intact


def test_join_says_that_a_report_was_changed() -> None:
    """A changed original gives the report as it arrived, and that it is another one."""
    mark = digest(REPORT.encode())
    mail = write_marked(write_mark("1", mark), cut(REPORT, START, len(REPORT), mark), "other")
    joined = join(parse_mime(mail)[0])
    assert joined is not None
    assert joined.raw.endswith(b"other")
    assert not joined.is_intact


def test_join_fills_one_hole_once() -> None:
    """Holes that somebody multiplied do not multiply what fills them."""
    mark = digest(REPORT.encode())
    copy = cut(REPORT, START, len(REPORT), mark)
    joined = join(parse_mime(write_marked(write_mark("1", mark), copy + copy))[0])
    assert joined is not None
    assert joined.raw.count(b"the original") == 1


@pytest.mark.parametrize(
    "mail",
    [
        "Subject: x\n\nno mark",
        "Retour-Analysis: 1; sha256=" + "0" * 64 + "\n\nno parts",
        "Retour-Analysis: 1; sha256=" + "0" * 64 + "\nContent-Type: multipart/mixed\n\n",
        write_marked("nonsense", REPORT),
        write_marked(write_mark("1", "0" * 64), REPORT).replace("message/rfc822", "text/plain"),
    ],
)
def test_join_finds_no_report_where_there_is_none(mail: str) -> None:
    """Without a mark or without a copy nothing is put together."""
    assert join(parse_mime(mail)[0]) is None


def test_a_hole_without_an_original_is_not_filled() -> None:
    """Where the third sub-part is gone, the copy is not the report."""
    mark = digest(REPORT.encode())
    mail = write_marked(write_mark("1", mark), cut(REPORT, START, len(REPORT), mark))
    assert join(parse_mime(mail[: mail.rindex("--r\nContent-Type")] + "--r--\n")[0]) is None

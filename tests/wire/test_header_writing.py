"""Fields that we write: one field each, short lines, ASCII, whatever the value."""

from hypothesis import example, given
from hypothesis import strategies as st

from retour.wire.header import LINE_MAX, parse_headers, split_fields, write_field
from retour.wire.words import decode_words

NAMES = st.sampled_from(["Subject", "Diagnostic-Code", "X"])


@given(NAMES, st.text(max_size=400))
@example("Subject", "x\r\nBcc: everybody@example.com\n\nbody")
@example("Subject", "=?utf-8?q?a?= b")
@example("Subject", "Zustellung gescheitert: Größenüberschreitung " * 5)
@example("Subject", "x" * 2_000)
def test_any_value_makes_one_field_of_short_ascii_lines(name: str, value: str) -> None:
    """No value can add a field, end the header or make a line too long (RFC 5322 §2.1.1)."""
    written = write_field(name, value)
    assert written.isascii()
    assert written.endswith("\n")
    block = written.removesuffix("\n")
    assert all(line.strip() or line == f"{name}: " for line in block.split("\n"))
    assert all(len(line) <= LINE_MAX for line in block.split("\n"))
    assert [key for key, _ in parse_headers(block).fields] == [name.lower()]


@given(st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs", "Cc"]), max_size=200))
def test_words_of_a_value_survive_writing_and_reading(value: str) -> None:
    """What is written is read again, white space folded."""
    written = write_field("Subject", value)
    block = written.removesuffix("\n")
    assert decode_words(parse_headers(block).get("subject") or "") == " ".join(
        value.replace("\u2028", " ").replace("\u2029", " ").split()
    )


def test_encoded_words_keep_to_their_length() -> None:
    """An encoded word has at most 75 characters, its line at most 76 (RFC 2047 §2)."""
    lines = write_field("Subject", "Überprüfung der Größe " * 20).removesuffix("\n").split("\n")
    assert max(map(len, lines)) <= 76


def test_fields_are_split_as_they_stand() -> None:
    """Folded lines stay with their field; damaged ones are folded again; empty ones go."""
    block = "A: 1\n\t2\n \nB : 3\nno field\n C: 4\nD:"
    assert split_fields(block) == [
        ("a", "A: 1\n\t2"),
        ("b", "B : 3\n no field\n C: 4"),
        ("d", "D:"),
    ]

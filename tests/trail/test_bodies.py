"""Bodies that carry the same words, and bodies that do not."""

import pytest

from retour.model.copies import Copy
from retour.trail.body import relate_bodies
from retour.trail.copy import read_copy

PLAIN = b"From: a@b.example\nContent-Type: text/plain; charset=utf-8\n"
WORDS = "Grüße aus Köln, der Bericht für März liegt bei."


def read(raw: bytes) -> Copy:
    return read_copy(raw)


def plain(body: bytes, encoding: bytes = b"8bit") -> bytes:
    return PLAIN + b"Content-Transfer-Encoding: " + encoding + b"\n\n" + body


def multipart(*parts: bytes) -> bytes:
    inner = b"".join(b"--x\n" + part + b"\n" for part in parts)
    return b"From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n" + inner + b"--x--\n"


FILE = b"Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\nSGVsbG8=\n"
FILE_REWRAPPED = FILE.replace(b"SGVsbG8=", b"SGVs\nbG8=")
OTHER_FILE = FILE.replace(b"SGVsbG8=", b"V29ybGQ=")
TEXT = b"Content-Type: text/plain; charset=utf-8\n\n" + WORDS.encode() + b"\n"
FOOTER_PART = b"Content-Type: text/plain\n\nList footer\n"
HTML = b"Content-Type: text/html; charset=utf-8\n\n<p>" + WORDS.encode() + b"</p>\n"


@pytest.mark.parametrize(
    ("a", "b", "relation"),
    [
        (plain(WORDS.encode()), plain(WORDS.encode()), "identical"),
        (plain(WORDS.encode()), plain(WORDS.encode() + b"\r\n"), "same-text"),
        (plain(WORDS.encode()), plain(WORDS.replace(" ", "\n").encode()), "same-text"),
        (
            plain(WORDS.encode()),
            plain(WORDS.encode("latin-1")).replace(b"utf-8", b"iso-8859-1"),
            "same-text",
        ),
        (
            plain(b"a line that is long"),
            plain(b"a line that=20is =\nlong", b"quoted-printable"),
            "same-text",
        ),
        (plain(b"From here on"), plain(b">From here on"), "same-text"),
        (multipart(TEXT, FILE), multipart(TEXT, FILE_REWRAPPED), "same-text"),
        (multipart(TEXT), multipart(TEXT, FOOTER_PART), "extended"),
        (plain(b"ok"), plain(b"-- disclaimer --\nok\n"), "extended"),
        (multipart(TEXT), multipart(HTML), "same-text"),
        (multipart(TEXT, FILE), multipart(TEXT, OTHER_FILE), "altered"),
        (plain(b"one two three four five six"), plain(b"one two 3 four five six 7"), "altered"),
        (plain(b"backup of web1 ok"), plain(b"backup of db7 FAILED"), "different"),
        (multipart(FILE), multipart(OTHER_FILE), "different"),
        (plain(b""), plain(b"something"), "different"),
    ],
)
def test_bodies_are_related_by_their_words(a: bytes, b: bytes, relation: str) -> None:
    """Wrapping, encoding, charset and line ends make no other text; other words and files do."""
    assert relate_bodies(read(a), read(b)) == relation
    assert relate_bodies(read(b), read(a)) == relation

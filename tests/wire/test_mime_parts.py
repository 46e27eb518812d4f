"""MIME structure, whole and damaged (RFC 2045, RFC 2046)."""

import base64

import pytest

from retour.wire.mime import DEPTH_MAX, PARTS_MAX, Part, open_embedded, parse_mime


def outline(part: Part) -> object:
    """Draw a part as ``type`` or ``(type, [children])``."""
    if not part.children:
        return part.content_type
    return (part.content_type, [outline(child) for child in part.children])


def kinds_of(text: str) -> list[str]:
    """Return the kinds of defects of a text's structure."""
    return [defect.kind for defect in parse_mime(text)[1]]


HTML = "Content-Type: text/html\n\n<p>"
STRUCTURES = {
    "no header": ("hello", "text/plain", []),
    "plain": ("A: b\n\nhello", "text/plain", []),
    "type in capitals": ("Content-Type: TEXT/HTML; charset=x\n\nhello", "text/html", []),
    "type with a comment of blanks": ("Content-Type:  text/html ; a=b\n\nhello", "text/html", []),
    "two parts": (
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n" + HTML + "\n--b--\n",
        ("multipart/mixed", ["text/plain", "text/html"]),
        [],
    ),
    "quoted boundary": (
        'Content-Type: multipart/mixed; boundary="b c=1"\n\n--b c=1\n\none\n--b c=1--\n',
        ("multipart/mixed", ["text/plain"]),
        [],
    ),
    "boundary with one missing quote": (
        'Content-Type: multipart/mixed; boundary="b1\n\n--b1\n\none\n--b1--\n',
        ("multipart/mixed", ["text/plain"]),
        [],
    ),
    "blanks around the equal sign": (
        "Content-Type: multipart/mixed; boundary = b\n\n--b\n\none\n--b--\n",
        ("multipart/mixed", ["text/plain"]),
        [],
    ),
    "folded parameter": (
        "Content-Type: multipart/mixed;\n\tboundary=b\n\n--b\n\none\n--b--\n",
        ("multipart/mixed", ["text/plain"]),
        [],
    ),
    "folding lost before the parameter": (
        "Content-Type: multipart/mixed;\nboundary=b\n\n--b\n\none\n--b--\n",
        ("multipart/mixed", ["text/plain"]),
        [],
    ),
    "blanks behind the delimiter": (
        "Content-Type: multipart/mixed; boundary=b\n\n--b \t\n\none\n--b-- \n",
        ("multipart/mixed", ["text/plain"]),
        [],
    ),
    "missing end": (
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n" + HTML,
        ("multipart/mixed", ["text/plain", "text/html"]),
        ["missing-end-boundary"],
    ),
    "wrong boundary": (
        "Content-Type: multipart/mixed; boundary=b\n\n--other-mark\n\none\n--other-mark--\n",
        ("multipart/mixed", ["text/plain"]),
        ["wrong-boundary"],
    ),
    "no boundary named": (
        "Content-Type: multipart/mixed\n\n--some-mark\n\none\n--some-mark--\n",
        ("multipart/mixed", ["text/plain"]),
        ["wrong-boundary"],
    ),
    "no boundary at all": (
        "Content-Type: multipart/mixed\n\nhello\n",
        "multipart/mixed",
        ["no-boundary"],
    ),
    "boundary is the beginning of another": (
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n"
        "Content-Type: multipart/alternative; boundary=b2\n\n"
        "--b2\n\none\n--b2\n" + HTML + "\n--b2--\n--b\n" + HTML + "\n--b--\n",
        ("multipart/mixed", [("multipart/alternative", ["text/plain", "text/html"]), "text/html"]),
        [],
    ),
    "longer boundary outside": (
        "Content-Type: multipart/mixed; boundary=b2\n\n--b2\n"
        "Content-Type: multipart/alternative; boundary=b\n\n"
        "--b\n\none\n--b--\n--b2\n" + HTML + "\n--b2--\n",
        ("multipart/mixed", [("multipart/alternative", ["text/plain"]), "text/html"]),
        [],
    ),
    "boundary look-alikes in the body": (
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n --b\nx--b\n--bb\n-b\n--b--\n",
        ("multipart/mixed", ["text/plain"]),
        [],
    ),
    "inner end missing": (
        "Content-Type: multipart/mixed; boundary=o\n\n--o\n"
        "Content-Type: multipart/alternative; boundary=i\n\n--i\n\none\n--o\n" + HTML + "\n--o--\n",
        ("multipart/mixed", [("multipart/alternative", ["text/plain"]), "text/html"]),
        ["missing-end-boundary"],
    ),
    "delimiter right behind the header": (
        "Content-Type: multipart/mixed; boundary=b\n--b\n\none\n--b--\n",
        ("multipart/mixed", ["text/plain"]),
        [],
    ),
    "preamble and epilogue": (
        "Content-Type: multipart/mixed; boundary=b\n\npre\n--b\n\none\n--b--\npost\n--b\n\nx\n",
        ("multipart/mixed", ["text/plain"]),
        [],
    ),
    "empty part": (
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n--b\n\none\n--b--\n",
        ("multipart/mixed", ["text/plain", "text/plain"]),
        [],
    ),
}


@pytest.mark.parametrize("name", STRUCTURES)
def test_mime_structure_is_read_like_this(name: str) -> None:
    """Whole and damaged multiparts give these parts and these defects."""
    text, drawn, kinds = STRUCTURES[name]
    root, defects = parse_mime(text)
    assert outline(root) == drawn
    assert [defect.kind for defect in defects] == kinds


def test_part_body_ends_before_its_delimiter() -> None:
    """The line end before a delimiter belongs to the delimiter (RFC 2046 §5.1.1)."""
    root, _ = parse_mime("Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\ntwo\n--b--\n")
    assert root.children[0].raw_body == "one\ntwo"
    assert root.children[0].path == "0.0"


def test_too_many_parts_are_cut_and_named() -> None:
    """Parts beyond the bound are not read, and that is told."""
    text = "Content-Type: multipart/mixed; boundary=b\n\n" + "--b\n\nx\n" * (PARTS_MAX * 3)
    root, defects = parse_mime(text)
    assert len(root.children) < PARTS_MAX
    assert "too-many-parts" in {defect.kind for defect in defects}


def test_too_deep_nesting_is_cut_and_named() -> None:
    """Levels beyond the bound are not read, and that is told."""
    text = "".join(
        f"Content-Type: multipart/mixed; boundary=b{n}x\n\n--b{n}x\n" for n in range(DEPTH_MAX * 3)
    )
    assert "too-deep" in kinds_of(text)


BODIES = {
    "identity": ("8bit", "caf\xc3\xa9", "café"),
    "quoted-printable": ("quoted-printable", "caf=C3=A9 =\nau =3D lait", "café au = lait"),
    "quoted-printable in lower case": ("Quoted-Printable", "caf=c3=a9", "café"),
    "soft break with blanks": ("quoted-printable", "a=  \nb", "ab"),
    "broken quoted-printable": ("quoted-printable", "a=ZZ b=", "a=ZZ b="),
    "base64": ("base64", base64.encodebytes("café\r\nau lait".encode()).decode(), "café\nau lait"),
    "base64 with junk": ("BASE64", "Y2Fm!!w6k=\n--\n", "café"),
    "base64 cut": ("base64", "Y2Fmw6kgYXUgbGFpdA", "café au lait"),
    "unknown encoding": ("x-uuencode", "hello", "hello"),
}


@pytest.mark.parametrize("name", BODIES)
def test_body_is_decoded_as_far_as_it_goes(name: str) -> None:
    """Transfer encodings are undone, broken ones as far as they go."""
    encoding, body, words = BODIES[name]
    root, _ = parse_mime(
        f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: {encoding}\n\n{body}"
    )
    assert root.decode_text() == words


def test_message_in_base64_is_opened() -> None:
    """Gateways encode message/rfc822 although RFC 2046 §5.2.1 forbids it."""
    inner = base64.encodebytes(b"Subject: inner\r\n\r\nhello\r\n").decode()
    root, _ = parse_mime(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n"
        f"Content-Transfer-Encoding: base64\n\n{inner}\n--b--\n"
    )
    child, defects = open_embedded(root.children[0])
    assert child.headers.get("subject") == "inner"
    assert child.raw_body.strip() == "hello"
    assert [defect.kind for defect in defects] == ["encoded-message"]


@pytest.mark.parametrize("header_only", [True, False])
def test_message_inside_a_part_is_opened_in_place(header_only: bool) -> None:
    """The embedded message's offsets count in the same text."""
    root, _ = parse_mime(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n"
        "Subject: inner\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\nx\n--i--\n\n--b--\n"
    )
    child, defects = open_embedded(root.children[0], header_only=header_only)
    assert child.headers.get("subject") == "inner"
    assert child.header_block.startswith("Subject: inner\n")
    assert len(child.children) == (0 if header_only else 1)
    assert defects == ()


@pytest.mark.parametrize(
    ("value", "report_type"),
    [
        ("multipart/report; report-type=delivery-status; boundary=b", "delivery-status"),
        ('multipart/report; boundary=b; Report-Type="Delivery-Status"', "delivery-status"),
        ("multipart/report; boundary=b", None),
    ],
)
def test_report_type_parameter(value: str, report_type: str | None) -> None:
    """The report-type is read quoted or not, in lower case."""
    root, _ = parse_mime(f"Content-Type: {value}\n\n--b\n\nx\n--b--\n")
    assert root.report_type == report_type
    assert root.is_multipart

"""MIME structure (RFC 2045, RFC 2046) as spans of one text, read leniently and within bounds."""

import re

from retour.model.defect import Defect
from retour.wire.charset import decode_text
from retour.wire.header import Headers, find_headers, parse_headers
from retour.wire.words import decode_base64, unquote

PARTS_MAX = 100
DEPTH_MAX = 12
# How far into a body a delimiter is looked for where the header names none that fits.
_GUESS_MAX = 8_192
# Decoded text of a part that is looked at: notices are short, returned bodies are not read.
TEXT_MAX = 262_144

_BOUNDARY = re.compile(
    r"""boundary\s*=\s*(?:"([^"\n]{1,200})"?|'([^'\n]{1,200})'|([^\s;"]{1,200}))""", re.I
)
_CHARSET = re.compile(r"""charset\s*=\s*["']?([^\s;"']{1,60})""", re.I)
_REPORT_TYPE = re.compile(r"""report-type\s*=\s*["']?([^\s;"']{1,60})""")
_DELIMITER_LINE = re.compile(r"^--([^\s-][^\n]{5,180}?|-[^\n]{6,180}?)(--)?[ \t]*$", re.M)
# What may stand behind a delimiter; lines that only begin like one are passed over, up to a bound.
_BEHIND = frozenset(("\n", "-", " ", "\t", ""))
_MISSES_MAX = 2_000
# Fields of which a mail has at least one; words that somebody pasted may begin like another field.
_MAIL_FIELDS = frozenset(
    (
        "from",
        "to",
        "date",
        "subject",
        "received",
        "message-id",
        "return-path",
        "mime-version",
        "content-type",
        "content-transfer-encoding",
        "delivered-to",
        "cc",
        "bcc",
        "sender",
        "reply-to",
    )
)
_FEW_FIELDS = 3
_SOFT_BREAK = re.compile(r"=[ \t]*\n")


class Part:
    """One MIME entity: its header, where it stands, and what is inside.

    Attributes:
        path: ``0`` for the mail itself, ``0.1.2`` for the second child of its first child.
        headers: the entity's own header fields.
        content_type: lower case, without parameters; ``text/plain`` where none is given.
        start, body, end: offsets of the entity, of its body and behind it.
        children: parts of a multipart. The message inside a message/rfc822 is opened on demand
            (`open_embedded`): most are returned originals, of which only the header matters.
    """

    __slots__ = ("_text", "body", "children", "content_type", "end", "headers", "path", "start")

    def __init__(
        self, text: str, path: str, headers: Headers, start: int, body: int, end: int
    ) -> None:
        self._text = text
        self.path = path
        self.headers = headers
        self.start = start
        self.body = body
        self.end = end
        self.children: list[Part] = []
        value = headers.get("content-type")
        self.content_type = (
            value.partition(";")[0].strip().strip("\"'").lower() if value else "text/plain"
        ) or "text/plain"

    @property
    def whole_text(self) -> str:
        """The text that the offsets count in."""
        return self._text

    @property
    def raw_body(self) -> str:
        """The body as it stands, one character a byte."""
        return self._text[self.body : self.end]

    @property
    def header_block(self) -> str:
        """The header lines as they stand."""
        return self._text[self.start : self.body].strip("\n")

    @property
    def is_multipart(self) -> bool:
        """True for ``multipart/*``."""
        return self.content_type.startswith("multipart/")

    @property
    def report_type(self) -> str | None:
        """The ``report-type`` of a multipart/report (RFC 6522 §3), lower case."""
        value = (self.headers.get("content-type") or "").lower()
        found = _REPORT_TYPE.search(value) if "report-type" in value else None
        return found[1] if found else None

    @property
    def transfer_encoding(self) -> str:
        """The transfer encoding as its header says, lower case; empty where it says nothing."""
        return (self.headers.get("content-transfer-encoding") or "").lower()

    def decode_body(self, *, whole: bool = False) -> str:
        """Return the body with its transfer encoding undone: one character a byte, LF.

        Args:
            whole: look at all of it and not only at `TEXT_MAX` characters.
        """
        end = self.end if whole else min(self.end, self.body + TEXT_MAX)
        body = self._text[self.body : end]
        encoding = self.transfer_encoding
        if encoding.startswith("base64"):
            return decode_base64(body).replace("\r\n", "\n")
        if encoding.startswith("quoted"):
            return unquote(_SOFT_BREAK.sub("", body))
        return body

    def decode_text(self) -> str:
        """Return the body as text for people: transfer encoding and charset undone."""
        body = self.decode_body()
        if body.isascii() and "\x1b" not in body:
            return body
        found = _CHARSET.search(self.headers.get("content-type") or "")
        return decode_text(body, found[1] if found else None)


class _Walk:
    """One reading of one text: counts parts and collects defects."""

    __slots__ = ("count", "defects", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.count = 0
        self.defects: list[Defect] = []

    def read(self, path: str, start: int, end: int, depth: int) -> Part:
        """Read the entity between two offsets."""
        self.count += 1
        text = self.text
        block_start, block_end, body = find_headers(text, start, end)
        headers = parse_headers(text[block_start:block_end])
        if headers.cut:
            self.defects.append(Defect("header-cut", f"part/{path}"))
        part = Part(text, path, headers, block_start, body, end)
        if part.is_multipart:
            self._fill(part, depth, self._split(part))
        return part

    def _fill(self, part: Part, depth: int, spans: list[tuple[int, int]]) -> None:
        if depth >= DEPTH_MAX:
            self.defects.append(Defect("too-deep", f"part/{part.path}"))
            return
        for n, (start, end) in enumerate(spans):
            if self.count >= PARTS_MAX:
                self.defects.append(Defect("too-many-parts", f"part/{part.path}"))
                return
            part.children.append(self.read(f"{part.path}.{n}", start, end, depth + 1))

    def _split(self, part: Part) -> list[tuple[int, int]]:
        """Return the spans between the delimiter lines (RFC 2046 §5.1.1)."""
        found = _BOUNDARY.search(part.headers.get("content-type") or "")
        boundary = (found[1] or found[2] or found[3]) if found else None
        spans = self._spans(part, boundary.rstrip()) if boundary else []
        if not spans:
            guess = _DELIMITER_LINE.search(
                self.text, part.start, min(part.end, part.body + _GUESS_MAX)
            )
            if guess and guess[1] != boundary:
                self.defects.append(Defect("wrong-boundary", f"part/{part.path}"))
                spans = self._spans(part, guess[1])
        if not spans and part.body < part.end:
            self.defects.append(Defect("no-boundary", f"part/{part.path}"))
        return spans

    def _spans(self, part: Part, boundary: str) -> list[tuple[int, int]]:
        text, end = self.text, part.end
        mark = f"\n--{boundary}"
        # The search begins a line early: the first delimiter may stand right behind the header.
        at = max(part.start, part.body - 2)
        spans: list[tuple[int, int]] = []
        begin = -1
        misses = 0
        while len(spans) <= PARTS_MAX and misses < _MISSES_MAX:
            at = text.find(mark, at, end)
            if at < 0:
                break
            after = at + len(mark)
            if text[after : after + 1] not in _BEHIND:
                at, misses = after, misses + 1
                continue
            if begin >= 0:
                spans.append((begin, max(begin, at)))
            if text.startswith("--", after):
                begin = -1
                break
            newline = text.find("\n", after, end)
            begin = end if newline < 0 else newline + 1
            at = max(begin - 1, after)
        if begin >= 0:
            self.defects.append(Defect("missing-end-boundary", f"part/{part.path}"))
            spans.append((begin, end))
        return spans


def parse_mime(text: str) -> tuple[Part, tuple[Defect, ...]]:
    """Read the structure of a mail.

    Args:
        text: one character a byte, LF (`retour.wire.source`).

    Returns:
        The root part and the defects. A text without any header is a root without fields, also
        where its first lines look like some ("SMTP error: …").
    """
    walk = _Walk(text)
    root = walk.read("0", 0, len(text), 0)
    headers = root.headers
    if len(headers) <= _FEW_FIELDS and _MAIL_FIELDS.isdisjoint(headers):
        root = Part(text, "0", Headers([], []), 0, 0, len(text))
    return root, tuple(walk.defects)


def open_embedded(part: Part, *, header_only: bool = False) -> tuple[Part, tuple[Defect, ...]]:
    """Read the message inside a message/rfc822 part.

    Args:
        part: the part that holds it.
        header_only: do not look for parts inside it.

    Returns:
        Its root part and the defects.
    """
    defects: tuple[Defect, ...] = ()
    if part.transfer_encoding.startswith(("base64", "quoted")):
        # RFC 2046 §5.2.1 forbids it, gateways do it: the inner message is read from its own text.
        text, start = part.decode_body(), 0
        end = len(text)
        defects = (Defect("encoded-message", f"part/{part.path}"),)
    else:
        text, start, end = part.whole_text, part.body, part.end
    path = f"{part.path}.0"
    if header_only:
        block_start, block_end, body = find_headers(text, start, end)
        return Part(
            text, path, parse_headers(text[block_start:block_end]), block_start, body, end
        ), defects
    walk = _Walk(text)
    root = walk.read(path, start, end, path.count("."))
    return root, (*defects, *walk.defects)

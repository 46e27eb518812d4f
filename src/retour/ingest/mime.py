"""Writes RFC 5322 bytes for mails that come from systems without MIME.

Only what such a conversion needs: UTF-8 text, foreign bytes, nested messages, one multipart level
per message. Equal input gives equal bytes.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

_LINE_END = re.compile(r"\r\n|\r|\n")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Part:
    """One MIME part: its header fields, and its body already encoded for transfer."""

    fields: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)


def write_text(text: str, kind: str = "text/plain") -> Part:
    """Make a part of UTF-8 text, with CRLF line ends, as it is (8bit)."""
    body = _LINE_END.sub("\r\n", text).encode("utf-8", "replace")
    return Part((("Content-Type", f"{kind}; charset=utf-8"), _EIGHT_BIT), body)


def write_bytes(data: bytes, kind: str, *, filename: str | None = None) -> Part:
    """Make a part of foreign bytes; messages and reports stay readable (RFC 2046 §5.2)."""
    fields = [("Content-Type", _clean(kind) or "application/octet-stream")]
    if filename:
        quoted = _clean(filename).replace("\\", "_").replace('"', "_")
        fields.append(("Content-Disposition", f'attachment; filename="{quoted}"'))
    if kind.lower().startswith(("message/", "text/")) and b"\0" not in data:
        return Part((*fields, _EIGHT_BIT), data)
    return Part((*fields, ("Content-Transfer-Encoding", "base64")), base64.encodebytes(data))


def write_message(
    headers: Iterable[tuple[str, str]], parts: Sequence[Part], *, kind: str = "multipart/mixed"
) -> bytes:
    """Write a whole message.

    Args:
        headers: name and unencoded value, in order; values may be folded.
        parts: the body; a single one needs no multipart unless ``kind`` is not the usual one.
        kind: the multipart's type with its parameters.
    """
    lines = [_write_field(name, value) for name, value in headers]
    lines.append(b"MIME-Version: 1.0\r\n")
    if len(parts) == 1 and kind == "multipart/mixed":
        return b"".join(lines) + _write_part(parts[0])
    written = [_write_part(part) for part in parts]
    mark = hashlib.sha256(b"\0".join(written)).hexdigest()[:24].encode()
    lines.append(b'Content-Type: %s; boundary="=_%s"\r\n\r\n' % (kind.encode("ascii"), mark))
    for one in written:
        lines.append(b"--=_%s\r\n%s\r\n" % (mark, one))
    lines.append(b"--=_%s--\r\n" % mark)
    return b"".join(lines)


def write_fields(fields: Iterable[tuple[str, str]]) -> bytes:
    """Write a block of header fields, as in a delivery-status part."""
    return b"".join(_write_field(name, value) for name, value in fields)


_EIGHT_BIT = ("Content-Transfer-Encoding", "8bit")


def _clean(text: str) -> str:
    """Make a value safe for one header line."""
    return _CONTROL.sub(" ", text).strip()


def _write_field(name: str, value: str) -> bytes:
    """Write one field in UTF-8 (RFC 6532), its folds kept."""
    folded = "\r\n ".join(filter(None, (_clean(line) for line in _LINE_END.split(value))))
    return f"{name}: {folded}\r\n".encode("utf-8", "replace")


def _write_part(part: Part) -> bytes:
    return write_fields(part.fields) + b"\r\n" + part.body

"""MIME parts as text of one character a byte with LF: what `retour.rendering.mail` is made of."""

import base64
import quopri
from collections.abc import Sequence
from dataclasses import dataclass, field

from retour.wire.header import LINE_MAX
from retour.wire.mark import COPY_TYPES, digest
from retour.wire.mime import Part


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture that the HTML shows as ``cid:`` and its content id.

    Attributes:
        data: the picture.
        media_type: for example ``image/png``.
        content_id: without angle brackets, for example ``logo@retour.invalid``.
    """

    data: bytes = field(repr=False)
    media_type: str
    content_id: str


def write_text(text: str, kind: str) -> str:
    """Write a part of text for people: UTF-8, quoted-printable, so that every relay takes it."""
    octets = "\n".join(text.splitlines()).encode("utf-8", "replace")
    body = quopri.encodestring(octets).decode("ascii")
    head = f"Content-Type: {kind}; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n"
    return f"{head}\n{body}\n"


def write_picture(logo: Logo) -> str:
    """Write the part of a picture that stands in the HTML (RFC 2392)."""
    head = f"Content-Type: {logo.media_type}\nContent-ID: <{logo.content_id}>\n"
    head += "Content-Disposition: inline\n"
    return head + _write_base64(logo.data)


def write_verbatim(part: Part) -> str:
    """Return a part of a report as it stands there, with its header."""
    head = part.whole_text[part.start : part.body]
    if not head.endswith("\n\n"):  # the empty line behind it was lost
        head = part.header_block + "\n\n"
    return head + part.raw_body


def write_extract(body: str, kind: str) -> str:
    """Write a part of what stood in a text without a header of its own."""
    return f"Content-Type: {kind}\n{_write_label(body)}\n{body}"


def write_copy(report: bytes, *, is_mail: bool) -> str:
    """Write the attachment that holds the report as it came, or what was not cut out of it.

    Args:
        report: its bytes.
        is_mail: True where it has a header and can stand as a message in the open.

    Returns:
        A message/rfc822, which mail programs show; base64 for what a relay might change.
    """
    head = "Content-Description: The report as it came\n"
    head += 'Content-Disposition: attachment; filename="report.eml"\n'
    text = report.decode("latin-1")
    if is_mail and _is_safe(text):
        return f"Content-Type: {COPY_TYPES[0]}\n{head}{_write_label(text)}\n{text}"
    return f"Content-Type: {COPY_TYPES[1]}\n{head}" + _write_base64(report)


def write_multipart(kind: str, boundary: str, parts: Sequence[str]) -> str:
    """Write a multipart with its header.

    Args:
        kind: the type with its parameters but the boundary.
        boundary: a text that occurs in none of the parts (`choose_token`).
        parts: each with its header.
    """
    label = "" if all(part.isascii() for part in parts) else "Content-Transfer-Encoding: 8bit\n"
    body = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f'Content-Type: {kind};\n boundary="{boundary}"\n{label}\n{body}--{boundary}--\n'


def choose_token(seed: str, parts: Sequence[str]) -> str:
    """Return a text for boundaries that occurs in none of the parts; the same for the same."""
    token = seed[:32]
    while any(token in part for part in parts):
        token = digest(token.encode("ascii"))[:32]
    return token


def _write_base64(data: bytes) -> str:
    body = base64.encodebytes(data).decode("ascii")
    return f"Content-Transfer-Encoding: base64\n\n{body}"


def _write_label(body: str) -> str:
    """Return the field that says whether a body has 8-bit octets (RFC 2045 §6.2)."""
    return f"Content-Transfer-Encoding: {'7bit' if body.isascii() else '8bit'}\n"


def _is_safe(text: str) -> bool:
    """Tell whether every relay takes a text without changing it, 8-bit octets aside."""
    return (
        "\r" not in text
        and "\0" not in text
        and all(len(line) <= LINE_MAX for line in text.split("\n"))
    )

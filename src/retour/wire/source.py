"""Bytes to text with one character a byte, so that an offset in the text is an offset in the mail.

The text is Latin-1 with line ends as LF. Everything above this module works on that text; only
words that people see are decoded with their charset (`retour.wire.charset`).
"""

from typing import NamedTuple

from retour.model.defect import Defect

# A mail longer than this is read up to here. No report needs more: what follows is a returned body.
SOURCE_MAX_BYTES = 8_388_608


class Source(NamedTuple):
    """A mail as text.

    Attributes:
        text: one character a byte, line ends LF.
        defects: what was odd about the bytes as such.
    """

    text: str
    defects: tuple[Defect, ...]


def unify_line_ends(raw: bytes) -> bytes:
    """Return the bytes with CRLF as LF, as mail systems change them (RFC 5321 §2.3.8) or files."""
    return raw.replace(b"\r\n", b"\n")


def read_source(raw: bytes, *, max_bytes: int | None = SOURCE_MAX_BYTES) -> Source:
    """Turn any bytes into a `Source`.

    CRLF, CR CR LF and lone CR become LF. A mail in which every line is followed by an empty one (a
    common accident of saving) is read as if it had none of them.

    Args:
        raw: any bytes.
        max_bytes: how much is read, counted with LF line ends, so that a mail reads the same with
            either; None for all of it.
    """
    defects: list[Defect] = []
    if max_bytes is not None and len(raw) > max_bytes:
        raw = unify_line_ends(raw)
        if len(raw) > max_bytes:
            defects.append(Defect("too-long", "source", f"read up to {max_bytes} bytes"))
            raw = raw[:max_bytes]
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raw = raw.decode("utf-16", "replace").encode("utf-8", "replace")
        defects.append(Defect("utf-16", "source"))
    elif raw[:3] == b"\xef\xbb\xbf":
        raw = raw[3:]
    text = raw.decode("latin-1")
    if "\r" in text:
        text = text.replace("\r\r\n", "\n").replace("\r\n", "\n")
        if "\r" in text:
            defects.append(Defect("lone-cr", "source"))
            text = text.replace("\r", "\n")
    if "\0" in text:
        defects.append(Defect("nul", "source"))
    if _is_double_spaced(text):
        defects.append(Defect("double-spaced", "source"))
        text = text.replace("\n\n", "\n")
    return Source(text, tuple(defects))


def _is_double_spaced(text: str) -> bool:
    """Tell whether empty lines stand between the header fields themselves."""
    first = text.find("\n\n")
    if first < 0 or first > 1000 or "\n" in text[:first].strip("\n"):
        return False
    lines = text[:4000].split("\n")[:16]
    odd = lines[1::2]
    names = {line.partition(":")[0] for line in lines[0::2] if ":" in line[:40]}
    return len(odd) >= 4 and not any(line.strip() for line in odd) and len(names) >= 4

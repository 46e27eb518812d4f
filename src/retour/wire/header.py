"""Header blocks (RFC 5322 §2.2, RFC 6532), read leniently from a text of one character a byte."""

import re

from retour.wire.words import encode_words, printable

_NAME_END = re.compile(r"[\x00-\x20\x7f-\xff]")
# More fields than any mail needs; what follows is not looked at.
FIELDS_MAX = 2_000
# A folded field's length that is looked at.
VALUE_MAX = 16_384
# A block's length that is looked at; the body still begins where the empty line says.
BLOCK_MAX = 262_144


class Headers(dict[str, str]):
    """The fields of one block, as a mapping of each name to the body of its first field.

    Names are in lower case. Bodies (RFC 5322 §2.2) are unfolded text of one character a byte;
    `retour.wire.words` decodes them for people.

    Attributes:
        names, bodies: of all fields, in the order of the mail.
        cut: whether the block goes beyond the bounds.
    """

    __slots__ = ("bodies", "cut", "names")

    def __init__(self, names: list[str], bodies: list[str], *, cut: bool = False) -> None:
        # Backwards, so that the first field of a name wins.
        self.update(zip(names[::-1], bodies[::-1], strict=True))
        self.names = names
        self.bodies = bodies
        self.cut = cut

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Name and body of each field, in order."""
        return list(zip(self.names, self.bodies, strict=True))

    def all(self, name: str) -> list[str]:
        """Return the bodies of all fields of this (lower-case) name, in order."""
        if len(self) == len(self.names):
            return [self[name]] if name in self else []
        return [body for key, body in self.fields if key == name]


def parse_headers(block: str) -> Headers:
    """Read a header block.

    Args:
        block: the lines of the block without the empty line that ends it.

    Returns:
        The fields. A line that is no field and no folded line (RFC 5322 §2.2.3) is taken as the
        continuation of the field above it, as damaged folding leaves it.
    """
    if len(block) >= BLOCK_MAX:
        return _parse_damaged(block[:BLOCK_MAX], cut=True)
    pieces = _FIELD.split(f"\n{block}")  # ["", name, body, name, body ...]
    names = list(map(str.lower, pieces[1::2]))
    bodies = pieces[2::2]
    if len(names) <= block.count("\n"):  # there are folded lines, or lines that are no fields
        bodies = [_unfold(body).lstrip(" \t") if "\n" in body else body for body in bodies]
        if pieces[0] or "\n" in "".join(bodies):
            return _parse_damaged(block, cut=False)
    if len(names) > FIELDS_MAX:
        return _parse_damaged(block, cut=True)
    cut = len(block) > VALUE_MAX and max(map(len, bodies)) > VALUE_MAX
    if cut:
        bodies = [body[:VALUE_MAX] for body in bodies]
    return Headers(names, bodies, cut=cut)


def _unfold(text: str) -> str:
    return text.replace("\n ", " ").replace("\n\t", " ")


LINE_MAX = 998
"""Octets that a line may have (RFC 5322 §2.1.1)."""
_WIDTH = 76


def write_field(name: str, value: str) -> str:
    """Write a field, folded, with the line end behind it.

    Args:
        name: the field's name.
        value: any text; what ASCII cannot say becomes encoded words (RFC 2047), control characters
            become spaces: no value can add a field.
    """
    words = printable(value).split()
    if not value.isascii() or "=?" in value or any(len(word) > LINE_MAX // 2 for word in words):
        return f"{name}: {encode_words(' '.join(words), indent=len(name) + 2)}\n"
    lines = [f"{name}:"]
    for word in words:
        if len(lines[-1]) + len(word) < _WIDTH or lines[-1] == f"{name}:":
            lines[-1] += f" {word}"
        else:
            lines.append(f" {word}")
    return "\n".join(lines) + "\n"


def split_fields(block: str) -> list[tuple[str, str]]:
    """Split a header block into its fields as they stand.

    Args:
        block: as for `parse_headers`.

    Returns:
        ``(lower-case name, lines)`` in order, folded lines kept, without the last line end. A line
        that is no field and no folded line gets a space before it: it continues the field above.
        Empty continuation lines, which end a header for some readers, are left out.
    """
    fields: list[tuple[str, str]] = []
    for line in block[:BLOCK_MAX].split("\n", FIELDS_MAX)[:FIELDS_MAX]:
        name, colon, _ = line.partition(":")
        name = name.rstrip(" \t")
        if colon and _is_name(name):
            fields.append((name.lower(), line))
        elif fields and line.strip():
            above, lines = fields[-1]
            indent = "" if line[0] in " \t" else " "
            fields[-1] = (above, f"{lines}\n{indent}{line}")
    return fields


# RFC 5322 §2.2; blanks before the colon are obsolete syntax (§4.5).
_FIELD = re.compile(r"\n([!-9;-~]+)[ \t]*:[ \t]*")


def _parse_damaged(block: str, *, cut: bool) -> Headers:
    """Read a block with lines that are no fields, or one beyond the bounds."""
    lines = _unfold(block).split("\n", FIELDS_MAX)
    if len(lines) > FIELDS_MAX:
        cut = True
        del lines[FIELDS_MAX:]
    names: list[str] = []
    bodies: list[str] = []
    for line in lines:
        name, colon, body = line.partition(":")
        name = name.rstrip(" \t")
        if colon and _is_name(name):
            names.append(name.lower())
            bodies.append(body[:VALUE_MAX].strip())
        elif names and line and len(bodies[-1]) < VALUE_MAX:
            bodies[-1] = f"{bodies[-1]} {line[:VALUE_MAX].strip()}"
    return Headers(names, bodies, cut=cut)


def _is_name(name: str) -> bool:
    return bool(name) and not _NAME_END.search(name)


_FIELD_LINE = re.compile(r"[!-9;-~]+[ \t]*:")
# A line that is neither a field nor a folded one with words in it.
_ODD_LINE = re.compile(r"\n(?=[^\n])(?![!-9;-~]+[ \t]*:|[ \t][^\S\n]*\S)")
_JUNK_STARTS = frozenset(" \t\n>F")
_JUNK = re.compile(r">?From [^\n]*\n|\s*\n")


def find_headers(text: str, start: int, end: int) -> tuple[int, int, int]:
    """Find the header block of the message that begins at ``start``.

    Skips an mbox separator, ``>From `` and empty lines before it.

    Returns:
        ``(block_start, block_end, body_start)``; the block is empty where no header begins there.
    """
    while start < end and text[start] in _JUNK_STARTS:
        junk = _JUNK.match(text, start, end)
        if not junk:
            break
        start = junk.end()
    if not _FIELD_LINE.match(text, start, end):
        return start, start, start
    stop = text.find("\n\n", start, end)
    if stop < 0:
        stop, body = _unended(text, start, end)
        return start, stop, body
    delimiter = text.find("\n--", start, stop)
    if delimiter >= 0:  # the empty line before a delimiter is missing
        return start, delimiter, delimiter + 1
    return start, min(stop, start + BLOCK_MAX), stop + 2


def _unended(text: str, start: int, end: int) -> tuple[int, int]:
    """End a block that no empty line ends: at a line of blanks, else at the first odd line."""
    bound = min(end, start + BLOCK_MAX)
    odd = _ODD_LINE.search(text, start, bound)
    if odd is None:
        return bound, end
    at = odd.start() + 1
    newline = text.find("\n", at, end)
    line_end = end if newline < 0 else newline
    if text[at:line_end].isspace():
        return at, min(line_end + 1, end)
    return at, at

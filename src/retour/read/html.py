"""HTML notices as text: tags out, blocks as lines, entities decoded."""

import re
from html import unescape

_DROPPED = re.compile(r"<(script|style|head|title)\b.*?</\1\s*>|<!--.*?-->", re.I | re.S)
_BREAK = re.compile(
    r"<\s*/?\s*(?:br|p|div|tr|li|h[1-6]|table|pre|ul|ol|hr|blockquote)\b[^<>]{0,2000}>", re.I
)
_CELL = re.compile(r"<\s*/?\s*t[dh]\b[^<>]{0,2000}>", re.I)
_TAG = re.compile(r"</?[a-zA-Z!][^<>@]{0,2000}>|</?[a-zA-Z]+\s[^<>]{0,2000}>")


def strip_html(text: str) -> str:
    """Return the words of an HTML text, one block a line. Addresses in angle brackets stay."""
    text = _DROPPED.sub(" ", text) if "<!--" in text or "</" in text else text
    flat = " ".join(text.split())
    flat = _BREAK.sub("\n", flat)
    flat = _CELL.sub(" ", flat)
    flat = unescape(_TAG.sub("", flat))
    lines = (" ".join(line.split()) for line in flat.split("\n"))
    return "\n".join(line for line in lines if line)

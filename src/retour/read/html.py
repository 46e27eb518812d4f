"""HTML notices as text: tags out, blocks as lines, entities decoded."""

import re
from html import unescape

_BREAK = re.compile(
    r"<\s*/?\s*(?:br|p|div|tr|li|h[1-6]|table|pre|ul|ol|hr|blockquote)\b[^<>]{0,2000}>", re.I
)
_CELL = re.compile(r"<\s*/?\s*t[dh]\b[^<>]{0,2000}>", re.I)
_TAG = re.compile(r"</?[a-zA-Z!][^<>@]{0,2000}>|</?[a-zA-Z]+\s[^<>]{0,2000}>")


def strip_html(text: str) -> str:
    """Return the words of an HTML text, one block a line. Addresses in angle brackets stay."""
    flat = " ".join(_drop_unseen(text).split())
    flat = _BREAK.sub("\n", flat)
    flat = _CELL.sub(" ", flat)
    flat = unescape(_TAG.sub("", flat))
    lines = (" ".join(line.split()) for line in flat.split("\n"))
    return "\n".join(line for line in lines if line)


# What a reader never sees, with the mark that ends it.
_UNSEEN = (
    ("<!--", "-->"),
    ("<script", "</script"),
    ("<style", "</style"),
    ("<head", "</head"),
    ("<title", "</title"),
)


def _drop_unseen(text: str) -> str:
    """Cut out comments, scripts, styles and the head; one that never ends is left standing."""
    for opening, closing in _UNSEEN:
        low = text.lower()
        pieces: list[str] = []
        at = 0
        while (start := low.find(opening, at)) >= 0:
            end = low.find(closing, start + len(opening))
            if end < 0:
                break
            pieces.append(text[at:start])
            end = low.find(">", end)
            at = end + 1 if end >= 0 else len(text)
        text = " ".join((*pieces, text[at:])) if pieces else text
    return text

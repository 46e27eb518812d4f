"""Texts to the words that a search looks for; the same for every database.

A word is a run of letters and digits, without case and accents. Han and Kana have no spaces, so
each of their characters is a word.
"""

import re
import unicodedata

WORDS_MAX = 64
"""Words of one text that are searched; the rest is kept but not found."""
WORD_CHARS_MAX = 48

_ASCII_WORD = re.compile(r"[a-z0-9]+")
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u9fff]+")


def split_words(text: str) -> list[str]:
    """Split a text into its words, in order, each once."""
    if text.isascii():
        found = _ASCII_WORD.findall(text.lower())
    else:
        plain = unicodedata.normalize("NFKD", text.casefold())
        found = _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))
    return list(dict.fromkeys(word[:WORD_CHARS_MAX] for word in found[:WORDS_MAX]))

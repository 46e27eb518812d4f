"""The language of a notice's words, from its script and its small words."""

import re

from retour.knowledge.marks import load_groups

_SMALL_WORDS = {name: frozenset(words) for name, words in load_groups("language").items()}
# What almost every English notice says, as a short way out.
_ENGLISH = (
    "your message",
    "the following",
    "this is the ",
    "this is an ",
    "could not be",
    "to one or more",
    "was received at",
)
# Scripts of more than Latin letters, with how many of their letters tell the language. Patterns for
# large ranges take milliseconds to compile: that is left to the first notice in such a script.
_SCRIPTS = (
    ("ja", 3, "[\u3040-\u30ff]"),
    ("ko", 3, "[\uac00-\ud7af]"),
    ("zh", 4, "[\u4e00-\u9fff]"),
    ("ru", 6, "[\u0400-\u04ff]"),
    ("el", 6, "[\u0370-\u03ff]"),
    ("he", 6, "[\u0590-\u05ff]"),
    ("ar", 6, "[\u0600-\u06ff]"),
    ("th", 6, "[\u0e00-\u0e7f]"),
)
_UKRAINIAN = "іїєґ"
_NOT_LATIN = re.compile("[^\x00-\u036f]")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_ASCII_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")  # the same of lower-case ASCII, in half the time
_LOOK_MAX = 1_200


def find_language(notice: str, declared: str | None) -> str | None:
    """Name the language of a notice.

    Args:
        notice: its words.
        declared: its ``Content-Language``.

    Returns:
        A BCP 47 tag, or None where there are too few words to tell.
    """
    if declared:
        tag = declared.split(",", 1)[0].strip()
        if re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", tag):
            return tag
    look = notice[:_LOOK_MAX]
    if look.isascii() and any(words in look for words in _ENGLISH):
        return "en"
    word = _ASCII_WORD
    if not look.isascii():
        script = _by_script(look)
        if script:
            return script
        word = _WORD
    words = set(word.findall(look.lower()))
    best, hits = "", 0
    for language, small in _SMALL_WORDS.items():
        count = len(words & small)
        if count > hits:
            best, hits = language, count
    return best if hits >= 2 else None


def _by_script(text: str) -> str | None:
    if not _NOT_LATIN.search(text):
        return None
    for language, least, letter in _SCRIPTS:
        if len(re.findall(letter, text)) >= least:
            is_ukrainian = language == "ru" and any(one in text for one in _UKRAINIAN)
            return "uk" if is_ukrainian else language
    return None

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
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
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
    if not look.isascii():
        script = _by_script(look)
        if script:
            return script
    words = set(_WORD.findall(look.lower()))
    best, hits = "", 0
    for language, small in _SMALL_WORDS.items():
        count = len(words & small)
        if count > hits:
            best, hits = language, count
    return best if hits >= 2 else None


def _by_script(text: str) -> str | None:
    kana = han = cyrillic = hangul = greek = 0
    for character in text:
        if character < "\u0370":
            continue
        if "\u3040" <= character <= "\u30ff":
            kana += 1
        elif "\u4e00" <= character <= "\u9fff":
            han += 1
        elif "\u0400" <= character <= "\u04ff":
            cyrillic += 1
        elif "\uac00" <= character <= "\ud7af":
            hangul += 1
        elif character <= "\u03ff":
            greek += 1
    if kana >= 3:
        return "ja"
    if hangul >= 3:
        return "ko"
    if han >= 4:
        return "zh"
    if cyrillic >= 6:
        return "uk" if any(letter in text for letter in "іїєґ") else "ru"
    return "el" if greek >= 6 else None

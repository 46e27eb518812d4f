"""One notice for every cause: what happened, what to do now, what administrators need.

The server puts its own words behind it, so each notice ends with a sentence that leads over.
"""

import textwrap
import unicodedata
from collections.abc import Callable

from retour.rendering.servertext.wish import TemplateError, Wish
from retour.rendering.wording import Fields, Wording

WIDTH = 72
Escape = Callable[[str], str]
"""Makes a text literal where a server expands variables."""

# Letters that a language writes otherwise where it has ASCII only; others lose their marks.
_LETTERS = {
    "de": {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"},
    "": {"ß": "ss", "æ": "ae", "ø": "oe", "œ": "oe", "ł": "l", "đ": "d", "Æ": "Ae", "Ø": "Oe"}
    | {"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'"}  # noqa: RUF001
    | {"–": "-", "—": "-", "…": "..."},  # noqa: RUF001
}


def write_notice(
    wish: Wish, kind: str, facts: Fields, *, escape: Escape = str, ascii_only: bool = False
) -> str:
    """Write a notice in all languages of a wish, one below the other.

    Args:
        wish: languages, readers, contact and page.
        kind: a table of the catalogues' ``[templates]``, for example ``failure``.
        facts: what the server fills in, in its own notation: ``host``, ``days``.
        escape: makes everything else literal for the server.
        ascii_only: the server declares its notices as ASCII.

    Raises:
        TemplateError: a language cannot be written in ASCII.
    """
    parts = [_write_part(wish, wording, kind, facts, escape) for wording in wish.wordings]
    if len(parts) > 1:
        titles = [f"--- {wording.find('name')} ---" for wording in wish.wordings]
        parts = [f"{title}\n\n{part}" for title, part in zip(titles, parts, strict=True)]
        below = [escape(wording.say("templates", "below")) for wording in wish.wordings[1:]]
        parts.insert(0, "\n".join(below))
    words = [_wrap(escape(wording.say("templates", "words"))) for wording in wish.wordings]
    text = "\n\n".join([*parts, "\n".join(words)])
    return to_ascii(text, wish) if ascii_only else text


def _write_part(wish: Wish, wording: Wording, kind: str, facts: Fields, escape: Escape) -> str:
    """Write one language."""
    # Facts are filled in behind the escaping: they are the server's variables, not text.
    marks = {name: f"\ue000{name}\ue001" for name in facts}

    def literal(text: str) -> str:
        text = escape(text)
        for name, mark in marks.items():
            text = text.replace(mark, facts[name])
        return text

    def listed(key: str) -> list[str]:
        return [literal(text) for text in wording.list_out("templates", kind, key, fields=marks)]

    steps = [_wrap(text, f"{n:>3}. ", "     ") for n, text in enumerate(listed("steps"), 1)]
    page = {"page": wish.common_page()} if wish.page else {}
    admin = [*listed("admin"), literal(wording.say("templates", "page", fields=page))]
    heads = {key: escape(wording.say("templates", key)) for key in ("what", "do", "admin")}
    sections = [
        heads["what"],
        _wrap(" ".join(listed("happened"))),
        "\n".join(_wrap(text, "  - ", "    ") for text in listed("headings")),
        heads["do"],
        "\n".join(steps),
        _wrap(escape(wish.common_contact())),
        heads["admin"],
        # The server's name may be long: its sentence has lines of its own.
        literal(wording.say("templates", "written", fields=marks)),
        _wrap(" ".join(filter(None, admin))),
    ]
    return "\n\n".join(section for section in sections if section)


def _wrap(text: str, first: str = "", later: str = "") -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=later,
        break_long_words=False,
        break_on_hyphens=False,
    )


def to_ascii(text: str, wish: Wish) -> str:
    """Return a text in ASCII, as the languages of a wish write it where they have nothing else.

    Raises:
        TemplateError: a letter has no like in ASCII.
    """
    letters = dict(_LETTERS[""])
    for wording in wish.wordings:
        letters |= _LETTERS.get(wording.language.partition("-")[0], {})
    written = "".join(letters.get(letter, letter) for letter in text)
    parted = unicodedata.normalize("NFKD", written)
    plain = "".join(letter for letter in parted if not unicodedata.combining(letter))
    if not plain.isascii():
        odd = next(letter for letter in plain if not letter.isascii())
        raise TemplateError(
            f"this server sends its notices as ASCII, which cannot say {odd!r}: leave that "
            "language or text out."
        )
    return plain

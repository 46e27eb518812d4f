"""Quotations with holes: what a rule's text is, and how it is found in a reply in linear time.

A text is literal; case is folded and white space elastic. Holes: ``{ip}`` (v4 or v6, brackets
allowed), ``{address}`` (with or without ``<>``), ``{host}``, ``{n}`` (a number, maybe with a unit),
``{url}``, and ``{*}``: the shortest run of at most 120 characters, at most two a text, pointless
at an end. ``{{`` stands for a literal brace. An edge that is an ASCII letter or digit, or a hole,
must not be glued to another ASCII letter or digit.

Why no backtracking can explode: every hole is bounded, and a ``{*}`` with what follows it is an
atomic group, so that each start costs at most a few hundred steps. The price: behind ``{*}`` only
the nearest continuation is tried.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from retour.knowledge.schema import KnowledgeError

RUN_MAX = 120
"""The most characters that ``{*}`` spans."""

_UNIT = (
    r"(?:[kmgt]i?b?|[kmg]bytes?|(?:kilo|mega|giga)bytes?|bytes?|octets?"
    r"|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)(?![a-z0-9])"
)
_NUMBER = r"[0-9]{1,15}(?:[.,' ][0-9]{3}(?![0-9])){0,4}(?:[.,][0-9]{1,6})?"
_V4 = r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9])"
_V6 = r"(?=[0-9a-f]{0,4}:[0-9a-f.]{0,15}:)[0-9a-f:.]{1,44}[0-9a-f:]"

# kind of hole -> (pattern over lower-cased text, the most characters that it can take)
_HOLES: dict[str, tuple[str, int]] = {
    "ip": (rf"\[?(?:ipv6:)?(?:{_V4}|{_V6})\]?", 60),
    "address": (
        r"<?(?:\"[^\"]{1,64}\"|[^\s<>@\"(),;:]{1,64})@[^\s<>()@,;:\"]{0,250}[^\s<>()@,;:\".?!]>?",
        330,
    ),
    "host": (r"[\w](?:[\w.-]{0,250}[\w])?", 252),
    "n": (rf"{_NUMBER}(?: ?{_UNIT})?", 60),
    "url": (r"(?:https?://|www\.)[^\s<>\"']{0,500}[^\s<>\"'.,;:)\]]", 510),
}
# What fills these is never letters alone (a quantity may end in a unit that is).
_NO_WORD = frozenset({"ip", "address", "url"})
_STARTS_NO_WORD = _NO_WORD | {"n"}
_HOLE = re.compile(r"\{\{|\{(\*|[a-z]+)\}")
_QUANTITY = re.compile(rf"{_NUMBER}(?: ?{_UNIT})?", re.IGNORECASE)

# Curly quotes and dashes that servers and notices use for the plain ones; one for one, so that
# offsets stay.
_PLAIN = str.maketrans(
    "\u2018\u2019\u02bc\u00b4\u201c\u201d\u201e\u2010\u2011\u2013\u2014", "''''\"\"\"----"
)


def fold(text: str) -> str:
    """Return the text with every run of white space as one space, stripped."""
    return " ".join(text.split())


def fold_case(text: str) -> str:
    """Return the text lower-cased with plain quotes and dashes, each character in its old place."""
    if text.isascii():
        return text.lower()
    plain = text.translate(_PLAIN)
    low = plain.lower()
    if len(low) == len(plain):
        return low
    # A few characters, such as U+0130, become two when lower-cased: those stay as they are.
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in plain)


@dataclass(frozen=True, slots=True)
class Quote:
    """A rule's text, taken apart.

    Attributes:
        text: the text, folded and lower-cased.
        anchor: its longest literal fragment, which must stand in any text that matches.
        other: its second longest one, for the same use; empty where there is no other.
        literal: its literal characters in number.
        before: the most characters that a match can have before the anchor.
        after: likewise behind it.
        lead: characters between the anchor and a hole before it that no bare word can fill; None
            where there is no such hole beside the anchor's literal.
        trail: characters from the anchor's start to such a hole behind it, or None.
        holes: the holes' names in order: ``n``, ``n2``, ``ip`` ...; ``{*}`` has none.
    """

    text: str
    anchor: str
    other: str
    literal: int
    before: int
    after: int
    lead: int | None
    trail: int | None
    holes: tuple[str, ...]

    @property
    def plain(self) -> bool:
        """Whether the text is one literal without holes."""
        return self.literal == self.before + len(self.anchor) + self.after and not self.holes


def parse_quote(text: str) -> Quote:
    """Take a rule's text apart.

    Raises:
        KnowledgeError: an unknown hole, holes without words between them, a ``{*}`` at an end or
            more than two of them, or no literal at all.
    """
    pieces = split_quote(text)
    literals = [word for kind, word in pieces if kind == "literal"]
    _check(text, pieces, literals)
    anchor, *others = sorted((word.strip() for word in literals), key=len, reverse=True)
    place = next(
        at for at, (kind, word) in enumerate(pieces) if kind == "literal" and word.strip() == anchor
    )
    word = pieces[place][1]
    lead = word.index(anchor)
    trail = len(word) - lead
    return Quote(
        text=trim_runs(text),
        anchor=anchor,
        other=others[0] if others else "",
        literal=sum(map(len, literals)),
        before=sum(map(_most, pieces[:place])) + lead,
        after=sum(map(_most, pieces[place + 1 :])) + trail - len(anchor),
        lead=lead if place and pieces[place - 1][0] in _NO_WORD else None,
        trail=trail if pieces[place + 1 :] and pieces[place + 1][0] in _STARTS_NO_WORD else None,
        holes=tuple(word for kind, word in pieces if kind in _HOLES),
    )


def trim_runs(text: str) -> str:
    """Return the text folded and lower-cased, without a ``{*}`` at an end: it says nothing."""
    folded = fold_case(fold(text))
    while folded.startswith("{*}"):
        folded = folded[3:].lstrip()
    while folded.endswith("{*}"):
        folded = folded[:-3].rstrip()
    return folded


def split_quote(text: str) -> list[tuple[str, str]]:
    """Split a text into its literals and its holes.

    Returns:
        ``(kind, word)`` of each: ``literal`` and its characters, ``*`` twice, or a hole's kind and
        its name.
    """
    folded = trim_runs(text)
    pieces: list[tuple[str, str]] = []
    literal, at = "", 0
    counts: dict[str, int] = {}
    for found in _HOLE.finditer(folded):
        literal += folded[at : found.start()]
        at = found.end()
        kind = found[1]
        if kind is None:
            literal += "{"
            continue
        if kind != "*" and kind not in _HOLES:
            raise KnowledgeError(f"unknown hole {found[0]} in text {text!r}")
        if literal:
            pieces.append(("literal", literal))
            literal = ""
        counts[kind] = counts.get(kind, 0) + 1
        pieces.append((kind, kind if counts[kind] == 1 else f"{kind}{counts[kind]}"))
    literal += folded[at:]
    if literal:
        pieces.append(("literal", literal))
    return pieces


def _check(text: str, pieces: list[tuple[str, str]], literals: list[str]) -> None:
    kinds = [kind for kind, _ in pieces]
    if not any(word.strip() for word in literals):
        raise KnowledgeError(f"no literal words in text {text!r}")
    if kinds.count("*") > 2:
        raise KnowledgeError(f"{{*}} stands more than twice in text {text!r}")
    if any("literal" not in pair for pair in pairwise(kinds)):
        raise KnowledgeError(f"two holes without words between them in text {text!r}")


def _most(piece: tuple[str, str]) -> int:
    kind, word = piece
    if kind == "literal":
        return len(word)
    return RUN_MAX if kind == "*" else _HOLES[kind][1]


@lru_cache(maxsize=8192)
def compile_quote(text: str) -> re.Pattern[str]:
    """Compile a text with holes to a pattern over folded, lower-cased text.

    Every hole is a group named as in `Quote.holes`. Cached, because only the few rules whose anchor
    is met ever need it.
    """
    pieces = split_quote(text)
    parts = ["(?<![a-z0-9])" if _bare_edge(pieces[0], 0) else ""]
    inside = False
    for at, (kind, word) in enumerate(pieces):
        if kind == "literal":
            parts.append(_literal(pieces, at))
        elif kind == "*":
            # Groups one after the other, not nested: a nested one would be tried again and again.
            parts.append((")" if inside else "") + "(?>" + _run(pieces, at))
            inside = True
        else:
            parts.append(f"(?P<{word}>{_HOLES[kind][0]})")
    # Inside the last group: a glued continuation is not the nearest one.
    parts.append("(?![a-z0-9])" if _bare_edge(pieces[-1], -1) else "")
    return re.compile("".join(parts) + (")" if inside else ""))


def _bare_edge(piece: tuple[str, str], side: int) -> bool:
    kind, word = piece
    return kind != "literal" or (word[side].isascii() and word[side].isalnum())


def _literal(pieces: list[tuple[str, str]], at: int) -> str:
    """Return a literal's pattern, without the spaces beside a ``{*}``: the run takes those."""
    word = pieces[at][1]
    if at + 1 < len(pieces) and pieces[at + 1][0] == "*":
        word = word.rstrip()
    if at and pieces[at - 1][0] == "*":
        word = word.lstrip()
    return re.escape(word)


def _run(pieces: list[tuple[str, str]], at: int) -> str:
    """Return the pattern of a ``{*}``, which may be empty: then two spaces around it are one."""
    spaced = pieces[at - 1][1].endswith(" "), pieces[at + 1][1].startswith(" ")
    if spaced == (True, True):
        return f" (?:.{{0,{RUN_MAX}}}? )??"
    return " " * spaced[0] + f".{{0,{RUN_MAX}}}?" + " " * spaced[1]


def read_quantity(text: str, start: int) -> str | None:
    """Return the number at an offset with the unit behind it, as written; None where there is none.

    A rule may say ``{n} minutes``: the unit then stands outside the hole, and still matters.
    """
    found = _QUANTITY.match(text, start)
    return found[0] if found else None

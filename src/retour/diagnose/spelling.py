"""A likely right spelling of a mistyped mail domain: a suggestion, never a correction.

A wrong guess is worse than none: only well-known domains and those that the message itself names
are suggested, only one edit away (Damerau-Levenshtein distance 1), and only where exactly one is
that near. A well-known name is not suggested for one that is likely to be somebody else's: the same
name in another country, another first letter, a near miss of a short name or a real word. How often
that is right is measured by ``python -m benchmarks.spelling``.
"""

from functools import lru_cache

from retour.knowledge.load import DATA
from retour.knowledge.marks import parse_marks

_SHORTEST = 6
"""Domains below this length have too many neighbours one edit away."""
_COINED = "coined"
# Countries' endings that are far more often "com" or "net" with a letter lost.
_SLIPS_OF_ENDINGS = {"co": "com", "cm": "com", "om": "com", "ne": "net"}


@lru_cache(maxsize=1)
def _load_neighbours() -> dict[str, tuple[str, ...]]:
    """Return known domains by each of their forms with one letter less.

    Words that are one edit apart share such a form, or one of them is such a form of the other.
    """
    neighbours: dict[str, tuple[str, ...]] = {}
    for known in _load_domains():
        for form in _shorten(known):
            neighbours[form] = (*neighbours.get(form, ()), known)
    return neighbours


def _shorten(word: str) -> set[str]:
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


@lru_cache(maxsize=1)
def _load_domains() -> dict[str, str]:
    """Return well-known domains with their group: ``coined`` or ``plain``."""
    pairs = parse_marks((DATA / "domains.txt").read_text(encoding="ascii"))
    return {domain: group for group, domain in pairs}


@lru_cache(maxsize=1)
def _load_endings() -> frozenset[str]:
    pairs = parse_marks((DATA / "top-domains.txt").read_text(encoding="ascii"))
    return frozenset(ending for _, ending in pairs)


def suggest_address(address: str | None, familiar: frozenset[str] = frozenset()) -> str | None:
    """Suggest a right spelling for an address whose domain does not take mail.

    Args:
        address: the failed address.
        familiar: domains that the message itself names elsewhere (of its sender and its other
            recipients): whoever mistypes a colleague's domain often has it right one line further.

    Returns:
        The address at the one familiar or well-known domain that is one edit away; None where the
        domain is well known itself, or no or several domains are that near.
    """
    local, at, domain = (address or "").rpartition("@")
    wanted = domain.casefold().rstrip(".")
    if not at or not local or len(wanted) < _SHORTEST or wanted in _load_domains():
        return None
    near = {known for known in familiar if is_one_edit(wanted, known)}
    if not near:
        neighbours = _load_neighbours()
        maybe = {known for form in _shorten(wanted) for known in neighbours.get(form, ())}
        near = {known for known in maybe if is_one_edit(wanted, known)}
        if not all(_is_slip(wanted, known) for known in near):
            return None
    return f"{local}@{near.pop()}" if len(near) == 1 else None


def _is_slip(wanted: str, known: str) -> bool:
    """Say whether a domain is hardly anything else than a well-known one with a slip in it."""
    name, _, ending = wanted.rpartition(".")
    known_name, _, known_ending = known.rpartition(".")
    if name == known_name:
        return ending not in _load_endings() or _SLIPS_OF_ENDINGS.get(ending) == known_ending
    if _load_domains()[known] != _COINED:
        return False
    # Fingers rarely miss the first letter, and other names differ there most of all.
    return wanted[0] == known[0] or wanted[:2] == known[1::-1]


def is_one_edit(one: str, other: str) -> bool:
    """Say whether words differ by one insertion, deletion, substitution or swap of neighbours."""
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) > 1 or one == other:
        return False
    at = 0
    while at < len(short) and short[at] == long[at]:
        at += 1
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    if short[at + 1 :] == long[at + 1 :]:
        return True
    return short[at : at + 2] == long[at : at + 2][::-1] and short[at + 2 :] == long[at + 2 :]

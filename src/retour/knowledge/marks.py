"""Words by which reports give themselves away, found in one pass over a text.

The words are data (``data/marks/*.txt``): groups in brackets, one literal a line, lower case.
"""

from bisect import bisect_left
from functools import cache
from pathlib import Path

from ahocorasick_rs import BytesAhoCorasick, Implementation

_FOLDER = Path(__file__).parent / "data" / "marks"
# A notice says what it has to say on its first screens.
LOOK_MAX = 4_000
"""Characters of a notice that are looked at."""
_SUBJECT_MAX = 300
# A sentence's length in bytes, about.
_NEAR_BYTES = 90


class Marks:
    """The literals of one file, by group."""

    __slots__ = ("_finder", "_groups", "order")

    def __init__(self, literals: list[tuple[str, str]]) -> None:
        """Take ``(group, literal)`` pairs in the order of the file."""
        self._groups = [group for group, _ in literals]
        self.order = {name: rank for rank, name in enumerate(dict.fromkeys(self._groups))}
        # Over bytes: offsets are not needed, and lone surrogates are answered too.
        # As quick as the default for so few words, and built in a third of the time.
        self._finder = BytesAhoCorasick(
            [literal.encode() for _, literal in literals],
            implementation=Implementation.ContiguousNFA,
        )

    def find(self, text: str) -> list[str]:
        """Return the group of each literal that occurs in a lower-case text, once a literal."""
        data = text.encode("utf-8", "replace")
        hits = self._finder.find_matches_as_indexes(data, overlapping=True)
        groups = self._groups
        return [groups[index] for index in {hit[0] for hit in hits}] if hits else []

    def find_places(self, text: str) -> dict[str, list[tuple[int, int]]]:
        """Return where the literals of each group stand in a lower-case text, in bytes of UTF-8."""
        places: dict[str, list[tuple[int, int]]] = {}
        data = text.encode("utf-8", "replace")
        for index, start, end in self._finder.find_matches_as_indexes(data, overlapping=True):
            places.setdefault(self._groups[index], []).append((start, end))
        return places

    def find_first(self, text: str) -> str | None:
        """Return the group that stands first in the file among those met, or None."""
        found = self.find(text)
        return min(found, key=self.order.__getitem__) if found else None


def parse_marks(text: str) -> list[tuple[str, str]]:
    """Read a file's text: ``[group]`` opens a group, ``#`` a comment, else a line is a literal.

    Returns:
        ``(group, literal)`` pairs in order.
    """
    literals: list[tuple[str, str]] = []
    group = ""
    for line in text.splitlines():
        if line.startswith("[") and line.endswith("]"):
            group = line.strip("[]")
        elif line and not line.startswith("#"):
            literals.append((group, line))
    return literals


@cache
def load_groups(name: str) -> dict[str, tuple[str, ...]]:
    """Return the literals of one file by group."""
    groups: dict[str, list[str]] = {}
    for group, literal in parse_marks(_read(name)):
        groups.setdefault(group, []).append(literal)
    return {group: tuple(literals) for group, literals in groups.items()}


def _read(name: str) -> str:
    return (_FOLDER / f"{name}.txt").read_text(encoding="utf-8")


@cache
def _load(name: str) -> Marks:
    return Marks(parse_marks(_read(name)))


def find_signs(words: str) -> dict[str, int]:
    """Find what a notice's words are signs of.

    Args:
        words: the notice's own words.

    Returns:
        For each sign met (the groups of ``notice.txt``), how many different marks stand for it.
    """
    signs: dict[str, int] = {}
    for sign in _load("notice").find(" ".join(words[:LOOK_MAX].split()).lower()):
        signs[sign] = signs.get(sign, 0) + 1
    return signs


def tells_of_failure(words: str) -> bool:
    """Tell whether some sentence says that a mail did not get through.

    That is a denial near a word for what was to happen to it, where a mail is spoken of at all, or
    a word for a mail near a refusal. It holds for wordings that nobody has listed.

    Args:
        words: a notice's own words.
    """
    low = " ".join(words[:LOOK_MAX].split()).lower()
    places = _load("sentence").find_places(f" {low} ")
    mails = places.get("mail")
    if mails is None:
        return False
    return _stand_near(places.get("success", []), places.get("denial", [])) or _stand_near(
        places.get("refusal", []), mails
    )


def _stand_near(ones: list[tuple[int, int]], others: list[tuple[int, int]]) -> bool:
    """Tell whether two literals stand within `_NEAR_BYTES` of each other."""
    ends = sorted(end for _, end in others)
    for start, _ in ones:
        at = bisect_left(ends, start - _NEAR_BYTES)
        if at < len(ends) and ends[at] <= start + _NEAR_BYTES:
            return True
    return False


def find_subject_signs(subject: str) -> set[str]:
    """Find what a decoded subject is a sign of; ``given-up`` is a note to the postmaster."""
    return set(_load("subject").find(subject[:_SUBJECT_MAX].lower()))


def weigh_sender(sender: str) -> int:
    """Tell how much a ``From`` field speaks for a report: 0 where it does not."""
    return max(map(int, _load("sender").find(sender[:_SUBJECT_MAX].lower())), default=0)


def find_producer(words: str) -> str | None:
    """Name the system whose marks stand in lower-case words, the most telling one; or None."""
    return _load("producer").find_first(words)


def is_of_mail_program(words: str) -> bool:
    """Tell whether lower-case words are what a mail program shows at sending."""
    return bool(_load("program").find(words))


def find_phase(words: str) -> str | None:
    """Name the phase of the hand-over whose marks stand in lower-case words; or None."""
    return _load("phase").find_first(words)

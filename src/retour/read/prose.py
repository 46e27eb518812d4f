"""Recipients and reasons in the words of a notice, for any system that writes in free form.

No product is known here. A line that begins with an address (or holds nothing else) names a
recipient; what follows it, up to the next one, is the reason. Where there is no such line, an
address behind a word like "to" or "recipient" is one. Addresses of the sender and of the postmaster
are not.
"""

import re
from typing import NamedTuple

from retour.knowledge.marks import load_groups
from retour.read.message import LINES_MAX, RECIPIENTS_MAX
from retour.wire.address import find_addresses, read_verp, unwrap_address

REASON_LINES_MAX = 25
NEAR_LINES_MAX = 8
LINE_MAX = 2_000

_RULER = re.compile(r"[ \t]*[-=_*~]{5,}[ \t]*\Z")
_SPEAKS = re.compile(r"[^\W_]")  # a letter or a digit
_ONLY_MARKS = re.compile(r"[\W_]*(?:mailto:|rfc822;|smtp:)?[\W_]*\Z", re.I)
_BULLET = re.compile(r"[\W_]*(?:[0-9]{1,3}[.)]|[a-z][.)])?[\W_]*\Z", re.I)
_GROUPS = {name: frozenset(words) for name, words in load_groups("address").items()}
_RECIPIENT = _GROUPS["recipient"]
_SOMEBODY_ELSE = _GROUPS["other"]
_WRITING = _GROUPS["writing"]
_LINKING = _GROUPS["linking"]
_QUOTING = " \t<>(\"'`[]:;,*=-|"
# An X.400 address of Exchange 5.5: "c=US;a= ;p=…;dda:SMTP=user@example.com;" (RFC 2156).
_X400 = re.compile(r"\s*c=[^@]{0,200}dda:\Z", re.I)
_OFFICE = re.compile(
    r"(?:postmaster|mailer-daemon|mailerdaemon|hostmaster|abuse|mail-?admin|mail-?daemon|no-?reply|postoffice|webmaster|helpdesk)@",
    re.I,
)
# A mailing list's office; the list's own address is what is left without it.
_LIST_OFFICE = re.compile(r"([^@]{1,64})-(owner|request|bounces|admin)(@.+)", re.I)
_AND = re.compile(r"[\s<>,;]*+(?:and|und|et|e|y|en|och|og|ja|i|и)?[\s<>,;]*", re.I)
_FOR_ADMINISTRATORS = re.compile(
    r"[^\n:]{0,30}(?:diagnos|диагност|診断|诊断|診斷|진단)[^\n:@]{0,50}:?[ \t]*\Z", re.I
)
# An address in a notice: number of its line, strength, the address, and what follows it there.
_Mark = tuple[int, int, str, str]
_LISTED = 3
_ANNOUNCED = 2
_BARE_NAME = re.compile(r"[ \t]+<?([A-Za-z0-9][A-Za-z0-9._-]{1,63})>?:?[ \t]*\Z")
_INTRODUCES = re.compile(r"(?:recipient|following|address|user|deliver)", re.I)


class Mention(NamedTuple):
    """One recipient that a notice names, and the words that belong to it.

    Attributes:
        address: as written.
        reason: lines that speak of it, LF; may be empty.
        line: number of the line that names it, from 1.
        strength: 3 where a line begins with it, 2 where a word announces it, 1 where it occurs.
    """

    address: str
    reason: str
    line: int
    strength: int


def find_mentions(notice: str, excluded: frozenset[str]) -> list[Mention]:
    """Find the recipients that a notice names.

    Args:
        notice: its own words, without the quoted original.
        excluded: addresses in lower case that are no recipients (the report's own addressee).

    Returns:
        Mentions of the strongest kind that occurs, each address once, in order.
    """
    lines = notice.split("\n", LINES_MAX)[:LINES_MAX]
    if len(notice) > LINE_MAX:
        lines = [line[:LINE_MAX] for line in lines]
    marks: list[_Mark] = []
    for number, line in enumerate(lines):
        if "@" in line:
            marks.extend(_read_line(number, line, lines[number - 1] if number else "", excluded))
            if len(marks) >= RECIPIENTS_MAX:
                break
    if not marks:
        marks = _bare_names(lines)
    if not marks:
        return []
    strength = max(mark[1] for mark in marks)
    chosen = [mark for mark in marks if mark[1] == strength]
    if strength == _LISTED:
        return _with_following_lines(_named_once(chosen, lines), lines)
    mentions: dict[str, Mention] = {}
    numbers = [mark[0] for mark in chosen]
    for number, level, address, _ in chosen:
        stop = next((later for later in numbers if later > number), len(lines))
        words = _near(lines, number) if len(chosen) == 1 else _between(lines, number, stop)
        mentions.setdefault(address.lower(), Mention(address, words, number + 1, level))
    return list(mentions.values())


def _named_once(marks: list[_Mark], lines: list[str]) -> list[_Mark]:
    """Give a recipient one address where a notice names it twice, as typed and as resolved.

    Exchange lists its recipients for people and, in the same order, again under a heading for
    administrators, where an alias or a contact has become another address.
    """
    if len(marks) < 2:
        return marks
    head = next((n for n, line in enumerate(lines) if _FOR_ADMINISTRATORS.match(line)), len(lines))
    above = {mark[2].lower(): mark[2] for mark in marks if mark[0] < head}
    below = {mark[2].lower(): mark[2] for mark in marks if mark[0] > head}
    typed = [name for low, name in above.items() if low not in below]
    resolved = [name for low, name in below.items() if low not in above]
    if len(typed) != len(resolved):
        return marks
    names = dict(zip(resolved, typed, strict=True))
    return [mark if mark[0] < head else _rename(mark, names.get(mark[2])) for mark in marks]


def _rename(mark: _Mark, name: str | None) -> _Mark:
    return mark if name is None else (mark[0], mark[1], name, mark[3])


def _near(lines: list[str], number: int) -> str:
    """Return the line that names an address and the paragraph that goes on below it."""
    end = number + 1
    while end < min(len(lines), number + NEAR_LINES_MAX) and (
        lines[end].strip() or lines[end - 1].rstrip().endswith(":")
    ):
        end += 1
    return "\n".join(lines[number:end]).strip()


def _between(lines: list[str], number: int, stop: int) -> str:
    """Return the lines from one that names an address up to the next that does."""
    return "\n".join(lines[number : max(number + 1, min(stop, number + NEAR_LINES_MAX))]).strip()


def _read_line(number: int, line: str, above: str, excluded: frozenset[str]) -> list[_Mark]:
    """Weigh the addresses of one line: ``(number, strength, address, what follows)`` each."""
    marks: list[_Mark] = []
    listed_to = -1  # where the last recipient's address ends
    for address, start, end in find_addresses(line):
        if address.lower() in excluded or _OFFICE.match(address) or not _is_plausible(address):
            continue
        if listed_to >= 0 and _AND.fullmatch(line, listed_to, start):
            level = marks[-1][1]
            marks[-1] = (*marks[-1][:3], "" if level == _LISTED else line)
        elif marks and marks[-1][1] == _LISTED:
            break
        else:
            level = _weigh_place(line[:start], above)
        office = _LIST_OFFICE.fullmatch(address) if level < _LISTED else None
        if office and (level < _ANNOUNCED or office[2].lower() == "owner"):
            marks.append((number, 1, office[1] + office[3], line))
        elif level:
            rest = line[end:].strip(" \t>)]\"':,;*") if level == _LISTED else line
            marks.append((number, level, address, rest))
            listed_to = end if level >= _ANNOUNCED else -1
    return marks


def _weigh_place(before: str, above: str) -> int:
    """Weigh the place of an address: 3 where its line begins with it, else by the words before."""
    if _ONLY_MARKS.match(before):
        # A sentence that goes on from the line above: "please write to the owner at".
        words = above.split()
        goes_on = len(words) > 1 and words[-1].lower() in _SOMEBODY_ELSE
        return 0 if goes_on else _LISTED
    if _BULLET.match(before) or _X400.match(before):
        return _LISTED
    return _weigh_context(before[-80:])


def _weigh_context(before: str) -> int:
    """Weigh the words before an address: 2 a recipient's, 1 anybody's, 0 somebody else's."""
    words = [word.strip(_QUOTING) for word in before.lower().split()[-4:]]
    while words and words[-1] in ("", "mailto", "rfc822"):
        words.pop()
    last = words[-1] if words else ""
    previous = words[-2] if len(words) > 1 else ""
    if last == "from" and previous in ("generated", "expanded"):
        return 2
    if last in _SOMEBODY_ELSE or (last == "to" and previous in _WRITING):
        return 0
    if last in _RECIPIENT or (last in _LINKING and previous in _RECIPIENT):
        return 2
    return 1


def _is_plausible(address: str) -> bool:
    """Message-IDs and URLs' user parts are no recipients; a domain has a dot or is a local host."""
    local, _, domain = address.rpartition("@")
    return "//" not in local and not domain.startswith(".") and len(local) <= 128


def _with_following_lines(marks: list[_Mark], lines: list[str]) -> list[Mention]:
    """Give each address the words up to the next; those listed in a row share what follows."""
    mentions: dict[str, Mention] = {}
    waiting: list[tuple[int, str]] = []
    for index, (number, level, address, rest) in enumerate(marks):
        stop = marks[index + 1][0] if index + 1 < len(marks) else len(lines)
        following = lines[number + 1 : min(stop, number + 1 + REASON_LINES_MAX)]
        reason = _join_reason(rest, following)
        waiting.append((number, address))
        if not _SPEAKS.search(reason) and index + 1 < len(marks):
            continue
        for at, waiting_address in waiting:
            key = waiting_address.lower()
            known = mentions.get(key)
            if known is None:
                mentions[key] = Mention(waiting_address, reason, at + 1, level)
            elif reason and reason not in known.reason:
                mentions[key] = Mention(
                    known.address, f"{known.reason}\n{reason}".strip(), known.line, level
                )
        waiting = []
    return list(mentions.values())


def _join_reason(rest: str, following: list[str]) -> str:
    """Join the lines of a reason; a ruled line behind words ends it."""
    said = bool(_SPEAKS.search(rest))
    for count, line in enumerate(following):
        if said and _RULER.match(line):
            following = following[:count]
            break
        said = said or bool(_SPEAKS.search(line))
    return "\n".join([rest, *following]).strip()


def _bare_names(lines: list[str]) -> list[_Mark]:
    """Find a local name alone on an indented line below a sentence that announces it (AOL)."""
    for number, line in enumerate(lines):
        found = _BARE_NAME.match(line)
        if found and any(_INTRODUCES.search(above) for above in lines[max(0, number - 3) : number]):
            return [(number, 2, found[1], line)]
    return []


def read_verp_recipient(addresses: tuple[str, ...]) -> str | None:
    """Return the recipient that the notice's own addressee (a VERP return path) names, or None."""
    for address in addresses:
        found = read_verp(unwrap_address(address))
        if found:
            return found
    return None

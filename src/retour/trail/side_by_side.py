"""Two copies laid side by side: chains, fields, and where the texts differ."""

from difflib import SequenceMatcher

from retour.model.copies import Copy, FieldPair, HopPair, LinePair, RowState, SideBySide
from retour.model.route import Hop
from retour.trail.body import relate_bodies
from retour.trail.stations import lay_over, list_stations

# Lines of a text that are laid on each other, and characters of a line: a person reads them.
_LINES_MAX = 400
_LINE_MAX = 500
# Equal lines shown before and behind a difference.
_CONTEXT = 2


def lay_side_by_side(a: Copy, b: Copy) -> SideBySide:
    """Lay two copies on each other.

    Returns:
        Their chains with shared stations in one row, their fields by name, and, where the words
        differ, the lines.
    """
    relation = relate_bodies(a, b)
    lines: tuple[LinePair, ...] = ()
    if a.body and b.body and relation not in ("identical", "same-text"):
        lines = _align_lines(a.body.text, b.body.text)
    fields = () if "log" in (a.extent, b.extent) else _align_fields(a, b)
    return SideBySide(_align_hops(a, b), fields, relation, lines)


def _align_hops(a: Copy, b: Copy) -> tuple[HopPair, ...]:
    hops_a, hops_b = _list_hops(a), _list_hops(b)
    common = lay_over(list_stations(a), list_stations(b)).common
    rows: list[HopPair] = []
    next_a = next_b = 0
    for n, m in (*common, (len(hops_a), len(hops_b))):
        rows += [HopPair(hop, None) for hop in hops_a[next_a:n]]
        rows += [HopPair(None, hop) for hop in hops_b[next_b:m]]
        if n < len(hops_a) and m < len(hops_b):
            rows.append(HopPair(hops_a[n], hops_b[m]))
        next_a, next_b = n + 1, m + 1
    return tuple(rows)


def _list_hops(copy: Copy) -> list[Hop]:
    """Return the stations that the mail names, and the arrival that only the envelope tells of."""
    hops = list(copy.route.hops)
    for station in list_stations(copy)[len(hops) :]:
        hops.append(
            Hop(
                station.n,
                station.from_,
                station.host,
                None,
                None,
                station.id,
                station.for_,
                station.at,
                None,
                repeated=False,
                defects=(),
            )
        )
    return hops


def _align_fields(a: Copy, b: Copy) -> tuple[FieldPair, ...]:
    """Pair the fields by name: equal values first, then in their order."""
    values_a, values_b = _group(a), _group(b)
    rows: list[FieldPair] = []
    for key in dict.fromkeys((*values_a, *values_b)):
        name, own = values_a.get(key, ("", []))
        name_b, others = values_b.get(key, ("", []))
        name = name or name_b
        left = list(others)
        changed = []
        for value in own:
            if value in left:
                left.remove(value)
                rows.append(FieldPair("same", name, value, value))
            else:
                changed.append(value)
        for n in range(max(len(changed), len(left))):
            one = changed[n] if n < len(changed) else None
            other = left[n] if n < len(left) else None
            rows.append(FieldPair(_state(one, other), name, one, other))
    return tuple(rows)


def _group(copy: Copy) -> dict[str, tuple[str, list[str]]]:
    groups: dict[str, tuple[str, list[str]]] = {}
    for field in copy.fields:
        if field.name.lower() != "received":
            groups.setdefault(field.name.lower(), (field.name, []))[1].append(field.value)
    return groups


def _align_lines(a: str, b: str) -> tuple[LinePair, ...]:
    lines_a, lines_b = _split(a), _split(b)
    matcher = SequenceMatcher(None, lines_a, lines_b, autojunk=True)
    rows: list[LinePair] = []
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        for tag, start_a, end_a, start_b, end_b in group:
            own, others = lines_a[start_a:end_a], lines_b[start_b:end_b]
            if tag == "equal":
                rows += [LinePair("same", line, line) for line in own]
                continue
            for n in range(max(len(own), len(others))):
                one = own[n] if n < len(own) else None
                other = others[n] if n < len(others) else None
                rows.append(LinePair(_state(one, other), one, other))
    return tuple(rows)


def _state(one: str | None, other: str | None) -> RowState:
    if one is None:
        return "added"
    return "removed" if other is None else "changed"


def _split(text: str) -> list[str]:
    lines = [" ".join(line[:_LINE_MAX].split()) for line in text.split("\n", _LINES_MAX)]
    return [line for line in lines[:_LINES_MAX] if line]

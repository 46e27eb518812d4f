"""Numbers over a trail as JSON; docs/statistics.md is the contract."""

from datetime import UTC, datetime

from retour.model.statistics import Named, Statistics
from retour.rendering.json import SCHEMA, JsonObject


def statistics_to_dict(numbers: Statistics, *, with_people: bool = True) -> JsonObject:
    """Return numbers as one object.

    Args:
        numbers: as read.
        with_people: whether recipients are named.
    """
    value: JsonObject = {
        "schema": SCHEMA,
        "since": _stamp(numbers.since_us),
        "until": _stamp(numbers.until_us),
        "uncounted_hours": numbers.uncounted_hours,
        "copies": numbers.copies,
        "failed": numbers.failed,
        "attempts": _list(numbers.attempts, "outcome"),
        "causes": _list(numbers.causes, "cause"),
        "actors": _list(numbers.actors, "actor"),
        "domains": _list(numbers.domains, "domain"),
        "course": [
            {
                "at": _stamp(span.at_us),
                "causes": _list(span.failed, "cause"),
                "backscatter": span.backscatter,
            }
            for span in numbers.course
        ],
        "verdicts": _list(numbers.verdicts, "verdict"),
        "waiting": _list(numbers.waiting, "cause"),
        "checks": [
            {"up_to_ms": None if name == "more" else int(name), "n": number}
            for name, number in numbers.checks
        ],
        "backscatter": {
            "reports": numbers.backscatter,
            "waves": [
                {"since": _stamp(w.since_us), "until": _stamp(w.until_us), "reports": w.reports}
                for w in numbers.waves
            ],
        },
    }
    if with_people:
        value["recipients"] = _list(numbers.recipients, "recipient")
    return value


def _list(rows: "tuple[Named, ...] | tuple[tuple[object, int], ...]", key: str) -> list[JsonObject]:
    return [{key: name, "n": number} for name, number in rows]


def _stamp(at_us: int) -> str:
    return datetime.fromtimestamp(at_us // 1_000_000, UTC).isoformat().replace("+00:00", "Z")

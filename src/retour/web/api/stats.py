"""``/api/v1/stats``: numbers over the trail."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from starlette.requests import Request
from starlette.responses import Response

from retour.rendering.statisticsjson import statistics_to_dict
from retour.web.access import require_scope
from retour.web.api.contract import PREFIX, answer_json, errors, said
from retour.web.api.trails import to_us
from retour.web.person import Person
from retour.web.site import site_of

router = APIRouter(prefix=PREFIX, tags=["stats"])
_DAYS = 7
_YEARS = range(1970, 2101)
_SPAN_MAX = timedelta(days=3660)
_LISTS = ("attempts", "causes", "actors", "domains", "course", "verdicts", "waiting", "checks")
_NUMBERS = {
    "type": "object",
    "required": ["schema", "since", "until", "uncounted_hours", "copies", "failed", *_LISTS],
    "properties": {
        "since": {"type": "string", "format": "date-time"},
        "until": {"type": "string", "format": "date-time"},
        **{name: {"type": "integer"} for name in ("uncounted_hours", "copies", "failed")},
        **{name: {"type": "array", "items": {"type": "object"}} for name in _LISTS},
        "recipients": {
            "type": "array",
            "items": {"type": "object"},
            "description": "only for those who may read the trail",
        },
    },
}


@router.get(
    "/stats",
    summary="Count over the trail",
    description="As `retour trail stats`: whole hours; without a time the last seven days.",
    responses={200: said("The numbers.", _NUMBERS), **errors(422, 503)},
)
def stats(
    request: Request,
    person: Annotated[Person, Depends(require_scope("stats"))],
    since: datetime | None = None,
    until: datetime | None = None,
) -> Response:
    """Give the numbers of a time."""
    try:
        end = _to_zone(until) if until else datetime.now(UTC)
        begin = _to_zone(since) if since else end - timedelta(days=_DAYS)
    except OverflowError:
        raise HTTPException(422, "This time lies outside of the calendar.") from None
    if begin.year not in _YEARS or end.year not in _YEARS:
        raise HTTPException(422, "This time lies outside of 1970 to 2100.")
    if not timedelta(0) <= end - begin <= _SPAN_MAX:
        raise HTTPException(422, "The time must end after it begins, within ten years.")
    begin_us, end_us = to_us(begin), to_us(end)
    assert begin_us is not None
    assert end_us is not None
    numbers = site_of(request).store.read_statistics(begin_us, end_us)
    return answer_json(statistics_to_dict(numbers, with_people="trail" in person.scopes))


def _to_zone(moment: datetime) -> datetime:
    """Return a moment in UTC, which is its zone where it names none."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)

"""``/api/v1/trails`` and ``/api/v1/delivered``: what the trail knows of messages."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from retour.model import story
from retour.model.vocabulary import TroubleKind
from retour.rendering.catalogues import FALLBACK, load_wording
from retour.rendering.json import JsonObject
from retour.rendering.trail import Teller
from retour.rendering.trailjson import answer_to_dict, copy_to_dict, story_to_dict
from retour.service.trail import answer, look_up_name
from retour.web.access import require_scope
from retour.web.api.contract import PREFIX, answer_json, errors, said
from retour.web.person import Person
from retour.web.site import site_of

router = APIRouter(prefix=PREFIX, tags=["trail"])
TrailPerson = Annotated[Person, Depends(require_scope("trail"))]
Text = Annotated[str | None, Field(max_length=300)]
Part = Annotated[str | None, Query(max_length=300)]
_LIMIT_MAX = 500
_ID_MAX = 2**63 - 1
_CHECK_MAX_MS = 86_400_000
_LIST = {
    "type": "object",
    "required": ["copies", "next"],
    "properties": {
        "copies": {"type": "array", "items": {"type": "object"}},
        "next": {"type": ["string", "null"], "description": "`before` of the next page"},
    },
}
_STORY = {"type": "object", "required": ["message_id", "summary", "recipients", "copies"]}
_ANSWERS = {
    "type": "object",
    "required": ["answers"],
    "properties": {"answers": {"type": "array", "items": {"type": "object"}}},
}


class Search(BaseModel):
    """What is looked for, as `retour.model.story.Query` has it; times are RFC 3339."""

    from_: Text = Field(None, alias="from")
    to: Text = None
    subject: Text = None
    message_id: Text = None
    peer: Text = None
    queue_id: Text = None
    status: Text = None
    trouble: TroubleKind | None = None
    cause: Text = None
    actor: Text = None
    failed_to: Text = None
    check_over_ms: int | None = Field(None, ge=0, le=_CHECK_MAX_MS)
    check_max_ms: int | None = Field(None, ge=0, le=_CHECK_MAX_MS)
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = Field(None, ge=0, le=_ID_MAX)
    limit: int = Field(50, ge=1, le=_LIMIT_MAX)


@router.get(
    "/trails",
    summary="Find copies, newest first",
    description="As `retour trail find`; every parameter is a part of what is looked for.",
    responses={200: said("A page of copies.", _LIST), **errors(422, 503)},
)
def find(request: Request, person: TrailPerson, search: Annotated[Search, Query()]) -> Response:
    """Find copies by any part of what is known of them."""
    query = story.Query(
        from_=search.from_,
        to=search.to,
        subject=search.subject,
        message_id=search.message_id,
        peer=search.peer,
        queue_id=search.queue_id,
        status=search.status,
        since_us=to_us(search.since),
        until_us=to_us(search.until),
        trouble=search.trouble,
        cause=search.cause,
        actor=search.actor,
        failed_to=search.failed_to,
        check_over_ms=search.check_over_ms,
        check_max_ms=search.check_max_ms,
        before=search.before,
        limit=search.limit,
    )
    site = site_of(request)
    copies = site.store.find(query)
    asked = {key: value for key, value in request.query_params.items() if key != "limit"}
    site.audit.record(request, person, "trail searched", query=asked, found=len(copies))
    following = str(copies[-1].copy_id) if len(copies) == search.limit else None
    return answer_json({"copies": [copy_to_dict(copy) for copy in copies], "next": following})


@router.get(
    "/trails/{name:path}",
    summary="Tell the whole story of a message",
    description="By Message-ID, queue id, or the id of a copy.",
    responses={200: said("The story.", _STORY), **errors(404, 422, 503)},
)
def show(request: Request, name: str, person: TrailPerson) -> Response:
    """Tell what the trail knows of one message."""
    site = site_of(request)
    [found] = answer(site.store, [name], look_up=look_up_name)
    site.audit.record(request, person, "story read", message=name, known=found.story is not None)
    if found.story is None:
        raise HTTPException(404, "The trail knows nothing of that name.")
    teller = Teller(load_wording(FALLBACK), datetime.now(UTC), UTC)
    summary = teller.say_summary(found.story, found.deliveries)
    return answer_json(story_to_dict(found.story, found.message_id, found.deliveries, summary))


@router.get(
    "/delivered",
    summary="Say whether messages were delivered, with proof",
    responses={200: said("One answer an id, in their order.", _ANSWERS), **errors(422, 503)},
)
def delivered(
    request: Request,
    person: TrailPerson,
    name: Annotated[list[str], Query(alias="id", min_length=1, max_length=100)],
    recipient: Part = None,
) -> Response:
    """Answer for each message, known or not."""
    site = site_of(request)
    answers: list[JsonObject] = [
        answer_to_dict(found.asked, found.message_id, found.deliveries)
        for found in answer(site.store, name, recipient, look_up=look_up_name)
    ]
    site.audit.record(request, person, "delivery asked", messages=name, recipient=recipient)
    return answer_json({"answers": answers})


def to_us(moment: datetime | None) -> int | None:
    """Return microseconds since 1970; a moment without a zone is in UTC."""
    if moment is None:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(aware.timestamp()) * 1_000_000 + aware.microsecond

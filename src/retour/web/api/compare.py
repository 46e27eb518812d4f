"""``POST /api/v1/compare``: copies of a message in, what they are to each other out."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from retour.ingest import RawMail, UnreadableMail
from retour.rendering.comparison_json import comparison_to_dict
from retour.rendering.json import JsonObject
from retour.service.comparison import COPIES_MAX, WrongUseError, compare_mails
from retour.web.access import require_scope
from retour.web.api.body import OPENAPI, Body, read_body
from retour.web.api.contract import PREFIX, answer_json, errors, said
from retour.web.person import Person
from retour.web.site import site_of

router = APIRouter(prefix=PREFIX, tags=["compare"])
_RESULT = {
    "type": "object",
    "required": ["verdict", "copies", "pairs"],
    "properties": {
        "verdict": {"type": "string"},
        "copies": {"type": "array", "items": {"type": "object"}},
        "pairs": {"type": "array", "items": {"type": "object"}},
    },
}


@router.post(
    "/compare",
    summary="Say what copies of a message are to each other",
    description="Two or more mails as uploads, NDJSON or a mailbox; see docs/compare.md.",
    openapi_extra={"requestBody": OPENAPI},
    responses={
        200: said("What the copies are to each other.", _RESULT),
        **errors(400, 413, 415, 422),
    },
)
async def compare(
    request: Request, person: Annotated[Person, Depends(require_scope("explain"))]
) -> Response:
    """Compare what the body holds."""
    body = await read_body(request)
    value = await run_in_threadpool(_compare, body)
    site_of(request).audit.record(request, person, "mails compared")
    return answer_json(value)


def _compare(body: Body) -> JsonObject:
    mails: list[RawMail] = []
    for item in body.mails():
        if isinstance(item, UnreadableMail):
            raise HTTPException(422, item.error)
        mails.append(item)
        if len(mails) > COPIES_MAX:
            break
    try:
        compared = compare_mails(mails)
    except WrongUseError as error:
        raise HTTPException(422, str(error)) from None
    return comparison_to_dict(compared.comparison, compared.copies, compared.sources)

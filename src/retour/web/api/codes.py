"""``GET /api/v1/codes/{code}``: what a reply or a bare code means."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.responses import Response

from retour.analyse import explain_reply
from retour.rendering.json import reply_to_dict
from retour.web.access import require_scope
from retour.web.api.contract import PREFIX, answer_json, errors, said
from retour.web.person import Person

router = APIRouter(prefix=PREFIX, tags=["codes"])
_TEXT_MAX = 2000
_RESULT = {
    "type": "object",
    "required": ["schema", "text", "reply", "meaning", "cause", "confidence", "actor"],
}


@router.get(
    "/codes/{code:path}",
    summary="Say what a code or a server's reply means",
    description="A code (`5.4.6`, `550`) or a whole reply; the fields of a diagnosis.",
    responses={200: said("What it means.", _RESULT), **errors(404, 422)},
)
def explain_code(
    _: Annotated[Person, Depends(require_scope("codes"))],
    code: Annotated[str, Path(min_length=1, max_length=_TEXT_MAX, examples=["5.4.6"])],
) -> Response:
    """Explain one code or reply."""
    return answer_json(reply_to_dict(explain_reply(code)))

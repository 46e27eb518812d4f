"""``POST /api/v1/explain``: mails in, the answers of ``retour explain`` out."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Query
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from retour.model.document import Audience, Scope
from retour.rendering.catalogues import find_catalogue
from retour.rendering.json import JsonObject, analysis_to_dict, error_to_dict, to_line
from retour.rendering.printing import AUTO, Form, render
from retour.rendering.scope import narrow
from retour.service.explanation import Explained, Unexplained, explain_items
from retour.web.access import require_scope
from retour.web.api.body import OPENAPI, SOURCE, Body, read_body
from retour.web.api.contract import JSON, NDJSON, PREFIX, component, errors
from retour.web.mails import Weighing
from retour.web.person import Person
from retour.web.site import Site, site_of

router = APIRouter(prefix=PREFIX, tags=["explain"])
_CHUNK_CHARACTERS = 1 << 16
_KINDS: dict[str, str] = {
    "html": "text/html; charset=utf-8",
    "text": "text/plain; charset=utf-8",
    "eml": "message/rfc822",
}


@router.post(
    "/explain",
    summary="Explain mails that came back",
    description="One mail gives one JSON object; several (a mailbox, uploads, NDJSON) give NDJSON, "
    "one line a mail, in their order. `format` gives the report of one mail in another form.",
    openapi_extra={"requestBody": OPENAPI},
    responses={
        200: {
            "description": "The answers.",
            "content": {
                JSON: {"schema": component("Answer")},
                NDJSON: {"schema": {"type": "string"}},
                "text/html": {"schema": {"type": "string"}},
                "text/plain": {"schema": {"type": "string"}},
                "message/rfc822": {"schema": {"type": "string"}},
            },
        },
        **errors(400, 413, 415, 422),
    },
)
async def explain(
    request: Request,
    person: Annotated[Person, Depends(require_scope("explain"))],
    format: Form | Literal["eml"] = "json",  # noqa: A002 - what users call it
    language: Annotated[str, Query(examples=["auto", "de"], max_length=40)] = AUTO,
    audience: Audience = "all",
    scope: Scope = "internal",
) -> Response:
    """Explain what the body holds; work that takes long is done in a thread."""
    if language != AUTO and find_catalogue(language) is None:
        raise HTTPException(422, "language: there are no texts in this language.")
    body = await read_body(request)
    results = _explain(request, person, body)
    first = await run_in_threadpool(lambda: list(islice(results, 2)))
    if format != "json":
        return await run_in_threadpool(
            _render, site_of(request), first, format, language, audience, scope
        )
    if len(first) == 1 and not body.is_many:
        return Response(to_line(_to_dict(first[0], scope)) + "\n", media_type=JSON)
    chunks = _write_lines(chain(first, results), scope)
    return StreamingResponse(iterate_in_threadpool(chunks), media_type=NDJSON)


def _explain(request: Request, person: Person, body: Body) -> Iterator[Explained | Unexplained]:
    """Explain mails as they are asked for: a body of short lines has millions."""
    site = site_of(request)
    for result in explain_items(body.mails(), Weighing(site)):
        if isinstance(result, Explained):
            site.audit.record_mail(request, person, "mail explained", result.analysis)
        yield result


def _write_lines(results: Iterable[Explained | Unexplained], scope: Scope) -> Iterator[str]:
    """Write a line a result; several lines go on their way together."""
    lines, length = [], 0
    for result in results:
        lines.append(to_line(_to_dict(result, scope)) + "\n")
        length += len(lines[-1])
        if length >= _CHUNK_CHARACTERS:
            yield "".join(lines)
            lines, length = [], 0
    yield "".join(lines)


def _to_dict(result: Explained | Unexplained, scope: Scope) -> JsonObject:
    if isinstance(result, Unexplained):
        return error_to_dict(result.source, result.index, result.error)
    analysis = narrow(result.analysis, scope)
    return analysis_to_dict(analysis, source=result.source or SOURCE, index=result.index)


def _render(
    site: Site,
    results: list[Explained | Unexplained],
    form: Form | Literal["eml"],
    language: str,
    audience: Audience,
    scope: Scope,
) -> Response:
    """Give one mail's report in another form."""
    if len(results) != 1:
        raise HTTPException(422, "format: only 'json' takes several mails at once.")
    [result] = results
    if isinstance(result, Unexplained):
        raise HTTPException(422, result.error)
    printed = render(
        result.analysis,
        format=form,
        language=language,
        audience=audience,
        scope=scope,
        letterhead=site.settings.letterhead,
        texts=site.settings.texts,
        pages=site.settings.pages,
    )
    content = printed if isinstance(printed, bytes) else printed.encode("utf-8", "backslashreplace")
    return Response(content, media_type=_KINDS[form])

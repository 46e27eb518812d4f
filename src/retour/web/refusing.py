"""Answers to what cannot be answered: a page for people, one JSON object for programs."""

import json

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

from retour.rendering.json import SCHEMA
from retour.service.sharing import SharingError
from retour.store import StoreError
from retour.web.access import SignInNeededError, identify_if_possible
from retour.web.guard import Refusal
from retour.web.page import render_page, text_of

API = "/api/"
_RETRY_SECONDS = "5"
_TARGET_MAX = 1000
_REASONS = {
    400: "bad", 401: "token", 403: "role", 404: "missing", 405: "method", 413: "large",
    415: "kind", 422: "bad", 429: "often", 500: "own", 503: "trail",
}  # fmt: skip


def refuse(
    request: Request,
    status: int,
    reason: str = "",
    *,
    sentence: str = "",
    headers: dict[str, str] | None = None,
) -> Response:
    """Say why there is no answer.

    Args:
        request: what was asked.
        status: of the answer.
        reason: the key of the words in the catalogues, below ``web.error``; empty: the status's.
        sentence: what is known beyond that.
        headers: of the answer.
    """
    reason = reason or _REASONS.get(status, "bad")
    if status == 503:
        headers = {"Retry-After": _RETRY_SECONDS, **(headers or {})}
    if request.url.path.startswith(API):
        said = sentence or text_of(request, "en")("error", reason, "text")
        body = json.dumps({"schema": SCHEMA, "error": said})
        return Response(body, status, headers, media_type="application/json")
    if status == 503 and not _may_repair(request):
        sentence = ""
    return render_page(
        request, "error.html", status=status, headers=headers, reason=reason, sentence=sentence
    )


def _may_repair(request: Request) -> bool:
    """Tell whether who asks may read which place is out of reach, and why."""
    person = identify_if_possible(request)
    return person is not None and person.may("admin")


def answer_refusal(scope: Scope, refusal: Refusal) -> Response:
    """Answer a request that the guard does not let in."""
    seconds = refusal.retry_after_seconds
    headers = {"Retry-After": str(seconds)} if seconds else None
    return refuse(Request(scope), refusal.status, refusal.reason, headers=headers)


def register_refusals(app: FastAPI) -> None:
    """Let the application answer errors this way."""

    @app.exception_handler(HTTPException)
    async def _on_http(request: Request, error: HTTPException) -> Response:
        detail = error.detail if isinstance(error.detail, str) else ""
        headers = dict(error.headers) if error.headers else None
        # A detail of one word is a reason; the words of a status line say nothing new.
        if detail.islower() and detail.isalpha():
            return refuse(request, error.status_code, detail, headers=headers)
        sentence = detail if detail.endswith(".") else ""
        return refuse(request, error.status_code, sentence=sentence, headers=headers)

    @app.exception_handler(RequestValidationError)
    async def _on_wrong(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        return refuse(request, 422, sentence=f"{place}: {first['msg']}.")

    @app.exception_handler(StoreError)
    async def _on_store(request: Request, error: StoreError) -> Response:
        return refuse(request, 503, sentence=str(error))

    @app.exception_handler(SharingError)
    async def _on_shares(request: Request, error: SharingError) -> Response:
        return refuse(request, 503, "sharing", sentence=str(error))

    @app.exception_handler(SignInNeededError)
    async def _on_stranger(request: Request, _: SignInNeededError) -> Response:
        if request.method == "GET":
            asked = f"{request.url.path}?{request.url.query}".removesuffix("?")
            # A cookie has room for so much; without its question a page still opens.
            is_short = len(asked) <= _TARGET_MAX
            request.session["to"] = asked if is_short else request.url.path[:_TARGET_MAX]
        return RedirectResponse("/sign-in", 303)

    @app.exception_handler(Exception)
    async def _on_defect(request: Request, _: Exception) -> Response:
        return refuse(request, 500)

"""What codes and causes mean: pages that everybody may read, and that reports link to."""

import re
from collections.abc import Iterable

from fastapi import APIRouter, HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from retour.analyse import explain_reply
from retour.knowledge.load import load
from retour.knowledge.schema import Rule
from retour.rendering.catalogues import find_catalogue
from retour.rendering.cause import build_cause_document
from retour.rendering.document import build_reply_document
from retour.rendering.html import ReportPage
from retour.web.page import render_page, text_of
from retour.web.site import site_of

router = APIRouter(include_in_schema=False)
_CODE = re.compile(r"[245]\d\d|[245]\.\d{1,3}\.\d{1,3}")
_ASKED_MAX = 2000
_EXAMPLES_MAX = 6


@router.get("/codes")
def list_codes(request: Request, q: str = "") -> Response:
    """List what there is to look up; with a question, give its answer."""
    asked = q.strip()[:_ASKED_MAX]
    if _CODE.fullmatch(asked):
        return RedirectResponse(f"/codes/{asked}", 303)
    if asked:
        return _show_reply(request, asked)
    knowledge = load()
    language, texts = text_of(request).wording.language, site_of(request).settings.texts
    causes = []
    for name in knowledge.causes:
        part = build_cause_document(name, language=language, texts=texts).recipients[0]
        causes.append((name, part.sender.headline if part.sender else name))
    statuses = sorted(
        ((f"5.{code.removeprefix('X.')}", words) for code, words in knowledge.statuses.items()),
        key=lambda row: [int(number) for number in row[0].split(".")],
    )
    codes = sorted(knowledge.codes.items())
    return render_page(request, "codes.html", causes=causes, statuses=statuses, codes=codes)


@router.get("/codes/{code}")
def show_code(request: Request, code: str) -> Response:
    """Say what one code means, who acts, and how to check."""
    if not _CODE.fullmatch(code):
        raise HTTPException(404)
    return _show_reply(request, code)


@router.get("/causes")
def list_causes() -> Response:
    """Lead to the list."""
    return RedirectResponse("/codes", 303)


@router.get("/causes/{name}")
def show_cause(request: Request, name: str) -> Response:
    """Say what one cause means, who acts, and how to check."""
    knowledge = load()
    if name not in knowledge.causes:
        raise HTTPException(404)
    text = text_of(request, _choose(request))
    texts = site_of(request).settings.texts
    document = build_cause_document(name, language=text.wording.language, texts=texts)
    rules = (rule for rule in knowledge.rules.values() if rule.cause == name)
    return render_page(
        request,
        "meaning.html",
        asked=name,
        is_cause=True,
        meaning=None,
        cause=name,
        part=document.recipients[0],
        page=ReportPage(document, text.wording),
        examples=_pick_examples(rules),
    )


def _show_reply(request: Request, asked: str) -> Response:
    text = text_of(request, _choose(request))
    texts = site_of(request).settings.texts
    answer = explain_reply(asked)
    document = build_reply_document(
        answer, language=text.wording.language, texts=texts, isolating=True
    )
    return render_page(
        request,
        "meaning.html",
        asked=asked,
        is_cause=False,
        meaning=answer.meaning,
        cause=answer.diagnosis.cause,
        part=document.recipients[0],
        page=ReportPage(document, text.wording),
        examples=[],
    )


def _choose(request: Request) -> str | None:
    """Return the language that the address asks for, as ``?lang=de``; None: the visitor's."""
    return find_catalogue(request.query_params.get("lang", ""))


def _pick_examples(rules: Iterable[Rule]) -> list[str]:
    """Return replies that say so, one a rule."""
    return [rule.examples[0] for rule in rules if rule.examples][:_EXAMPLES_MAX]

"""Compare two messages side by side: files, pasted text, or what the trail knows."""

from collections.abc import Sequence

from fastapi import APIRouter, HTTPException
from starlette.requests import Request
from starlette.responses import Response

from retour.ingest import RawMail, UnreadableMail, open_bytes
from retour.rendering.comparison import build_comparison_document
from retour.rendering.comparison_html import ComparisonPage
from retour.service.comparison import (
    COPIES_MAX,
    Compared,
    ComparisonError,
    KnownCopy,
    WrongUseError,
    compare_known,
)
from retour.service.copies import find_copies
from retour.web.access import Viewer
from retour.web.form import Form
from retour.web.mails import take_mails
from retour.web.page import render_page, text_of
from retour.web.site import site_of

router = APIRouter(include_in_schema=False)
_NAME_MAX = 2000
_NAMES = ("a", "b")


@router.get("/compare")
def show(request: Request, person: Viewer) -> Response:
    """Show the fields; with names of the trail, what their copies are to each other."""
    may_read = person.may("helpdesk")
    names = [
        name
        for field in _NAMES
        if (name := request.query_params.get(field, "").strip()[:_NAME_MAX])
    ]
    if not names:
        return _show_form(request, names, "", may_read=may_read)
    if not may_read:
        raise HTTPException(403)
    site = site_of(request)
    site.audit.record(request, person, "copies compared", messages=names)
    known: list[KnownCopy] = []
    for name in names:
        found = find_copies(site.store, name)
        if not found:
            return _show_form(request, names, "unknown", may_read=may_read, status=404)
        known += found
    return _compare(request, known[:COPIES_MAX], names, may_read=may_read)


@router.post("/compare")
def compare(request: Request, form: Form, person: Viewer) -> Response:
    """Compare what a form brings, and what it names in the trail."""
    may_read = person.may("helpdesk")
    site = site_of(request)
    names = [name for field in _NAMES if (name := str(form.get(field, "")).strip()[:_NAME_MAX])]
    copies: list[RawMail | KnownCopy] = []
    for brought in take_mails(form, site.web.upload_max_bytes):
        for item in open_bytes(brought.name, brought.data):
            if isinstance(item, UnreadableMail):
                return _show_form(request, names, "unreadable", may_read=may_read, status=422)
            copies.append(item)
            if len(copies) > COPIES_MAX:
                break
    if names and not may_read:
        raise HTTPException(403)
    for name in names:
        found = find_copies(site.store, name)
        if not found:
            return _show_form(request, names, "unknown", may_read=may_read, status=404)
        copies += found
    site.audit.record(request, person, "mails compared", messages=names)
    return _compare(request, copies, names, may_read=may_read)


def _compare(
    request: Request, copies: Sequence[RawMail | KnownCopy], names: list[str], *, may_read: bool
) -> Response:
    try:
        compared = compare_known(copies)
    except WrongUseError:
        return _show_form(request, names, "few", may_read=may_read, status=422)
    except ComparisonError:
        return _show_form(request, names, "unreadable", may_read=may_read, status=422)
    return _show_result(request, compared)


def _show_result(request: Request, compared: Compared) -> Response:
    text = text_of(request)
    document = build_comparison_document(
        compared.comparison,
        compared.copies,
        compared.sources,
        language=text.wording.language,
        isolating=True,
    )
    return render_page(
        request,
        "compared.html",
        document=document,
        page=ComparisonPage(text.wording),
        label=text.wording.find("copies", "label"),
    )


def _show_form(
    request: Request, names: list[str], problem: str, *, may_read: bool, status: int = 200
) -> Response:
    return render_page(
        request,
        "compare.html",
        status=status,
        names=dict(zip(_NAMES, [*names, "", ""], strict=False)),
        problem=problem,
        may_read=may_read,
    )

"""Explain a mail that was dropped or pasted; download the report, share it for some days."""

from datetime import UTC, datetime
from typing import Literal

from fastapi import APIRouter, HTTPException
from starlette.requests import Request
from starlette.responses import Response

from retour.rendering.foreign import fold_line
from retour.rendering.printing import render
from retour.service.explanation import Explained
from retour.web.access import Helpdesk, Viewer, identify
from retour.web.form import Form
from retour.web.language import choose_page_language
from retour.web.mails import carry, explain_brought, explain_kept, take_mails
from retour.web.page import render_page
from retour.web.person import Person
from retour.web.report import Choice, read_choice, view_report
from retour.web.site import site_of

router = APIRouter(include_in_schema=False)
_MAILS_MAX = 50
"""Mails of one upload that the page lists; the API takes more."""
_DOWNLOADS: dict[Literal["html", "json", "eml"], tuple[str, str]] = {
    "html": ("report.html", "text/html; charset=utf-8"),
    "json": ("report.json", "application/json"),
    "eml": ("report.eml", "message/rfc822"),
}


@router.get("/")
def show_form(request: Request, _: Viewer) -> Response:
    """Show the field that takes a mail."""
    return render_page(request, "explain.html", problem="")


@router.get("/explain")
def show_form_again(request: Request, person: Viewer) -> Response:
    """Show the same where somebody loads the address of a report anew: nothing was kept."""
    return show_form(request, person)


@router.post("/explain")
def explain(request: Request, form: Form, person: Viewer) -> Response:
    """Show the report on one mail, or the list of several."""
    site = site_of(request)
    brought = take_mails(form, site.web.upload_max_bytes)
    if not brought:
        return render_page(request, "explain.html", status=422, problem="empty")
    results, trail_failed = explain_brought(site, brought, _MAILS_MAX)
    for result in results:
        if isinstance(result, Explained):
            site.audit.record_mail(request, person, "mail explained", result.analysis)
    choice = read_choice(form, choose_page_language(request))
    first = results[0] if results else None
    if len(results) == 1 and isinstance(first, Explained):
        return render_page(
            request,
            "explained.html",
            view=view_report(site, first.analysis, choice),
            choice=choice,
            mail=carry(first.analysis),
            name=first.source,
            may_share=person.may("helpdesk"),
            share_days=site.web.share_days,
            trail_failed=trail_failed,
        )
    rows = [
        {
            "name": result.source,
            "mail": carry(result.analysis) if isinstance(result, Explained) else "",
            "subject": fold_line(result.analysis.report.subject)
            if isinstance(result, Explained)
            else "",
            "view": view_report(site, result.analysis, choice)
            if isinstance(result, Explained)
            else None,
            "error": "" if isinstance(result, Explained) else result.error,
        }
        for result in results
    ]
    return render_page(request, "explainedlist.html", rows=rows, is_cut=len(rows) == _MAILS_MAX)


@router.post("/explain/download")
def download(request: Request, form: Form, person: Viewer) -> Response:
    """Give the report as a file."""
    site = site_of(request)
    raw, choice = _take_one(request, form)
    wanted = next((one for one in _DOWNLOADS if one == form.get("form")), None)
    if wanted is None:
        raise HTTPException(400)
    name, kind = _DOWNLOADS[wanted]
    settings = site.settings
    analysis = explain_kept(site, raw)
    site.audit.record_mail(request, person, "report downloaded", analysis)
    printed = render(
        analysis,
        format=wanted,
        language=choice.language,
        audience=choice.audience,
        scope=settings.scope,
        letterhead=settings.letterhead,
        texts=settings.texts,
        pages=settings.pages,
    )
    content = printed if isinstance(printed, bytes) else printed.encode("utf-8", "backslashreplace")
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, headers=disposition, media_type=kind)


@router.post("/share")
def share(request: Request, form: Form, person: Helpdesk) -> Response:
    """Keep a report for some days, and show the link that opens it."""
    site = site_of(request)
    raw, choice = _take_one(request, form)
    token, until = site.shares.keep(
        raw,
        language=choice.language,
        audience=choice.audience,
        by=person.name,
        days=site.web.share_days,
    )
    site.audit.record_mail(request, person, "report shared", explain_kept(site, raw))
    base = site.web.base_url or str(request.base_url).rstrip("/")
    return render_page(
        request, "shared.html", link=f"{base}/s/{token}", until=datetime.fromtimestamp(until, UTC)
    )


@router.get("/s/{token}")
def show_shared(request: Request, token: str) -> Response:
    """Show a shared report to whoever has its link; strangers see what may leave the house."""
    site = site_of(request)
    found = site.shares.find(token)
    if found is None:
        raise HTTPException(404, "expired")
    person = identify(request)
    analysis = explain_kept(site, found.raw)
    who = person or Person("(by link)", "viewer")
    site.audit.record_mail(request, who, "shared report opened", analysis)
    view = view_report(
        site,
        analysis,
        Choice(found.language, found.audience),
        scope=None if person else "external",
    )
    until = datetime.fromtimestamp(found.until, UTC)
    return render_page(request, "sharedreport.html", view=view, until=until)


def _take_one(request: Request, form: Form) -> tuple[bytes, Choice]:
    """Take the mail that a page carried."""
    brought = take_mails(form, site_of(request).web.upload_max_bytes)
    if len(brought) != 1:
        raise HTTPException(400)
    return brought[0].data, read_choice(form, choose_page_language(request))

"""A report as part of a page: the document in the language and for the reader that were chosen."""

from dataclasses import dataclass

from starlette.datastructures import FormData

from retour.model.analysis import Analysis
from retour.model.document import Audience, Document, Scope
from retour.rendering.answer import name_message, render_answer
from retour.rendering.catalogues import find_catalogue, load_wording
from retour.rendering.document import build_document
from retour.rendering.html import ReportPage
from retour.rendering.printing import AUTO, resolve_language
from retour.service.settings import AUDIENCES
from retour.web.site import Site


@dataclass(frozen=True, slots=True)
class Choice:
    """How a report is to be shown.

    Attributes:
        language: one that has a catalogue, or ``auto``.
        audience: whose parts.
    """

    language: str
    audience: Audience = "all"


def read_choice(form: FormData, page_language: str) -> Choice:
    """Read what a form chose; what it does not say is the page's language and everybody's parts."""
    language = str(form.get("to_language") or form.get("language", ""))
    if language != AUTO:
        language = find_catalogue(language) or page_language
    wanted = form.get("to_audience") or form.get("audience")
    return Choice(language, next((one for one in AUDIENCES if one == wanted), "all"))


@dataclass(frozen=True, slots=True)
class ReportView:
    """What the template ``report.html`` prints.

    Attributes:
        document: the report.
        page: its form.
        about: which message it speaks of; empty where that is not known, or not for the reader.
        answer: a ready answer for the person who asks; empty where there is none to give.
    """

    document: Document
    page: ReportPage
    about: str
    answer: str


def view_report(
    site: Site, analysis: Analysis, choice: Choice, *, scope: Scope | None = None
) -> ReportView:
    """Return a report to be shown.

    Args:
        site: its settings name the operator's texts.
        analysis: the answer.
        choice: how to show it.
        scope: where the reader stands; None: as the settings say.
    """
    texts = site.settings.texts
    scope = scope or site.settings.scope
    language = resolve_language(choice.language, analysis)

    def build(audience: Audience, *, isolating: bool) -> Document:
        return build_document(
            analysis,
            audience=audience,
            scope=scope,
            language=language,
            texts=texts,
            isolating=isolating,
            pages=site.settings.pages,
        )

    document = build(choice.audience, isolating=True)
    page = ReportPage(document, load_wording(language, texts=texts))
    if not document.recipients:
        return ReportView(document, page, "", "")

    def name(*, isolating: bool) -> str:
        if document.note or scope == "external":  # perhaps nobody here sent it
            return ""
        wording = load_wording(language, texts=texts, isolating=isolating)
        return name_message(analysis.report.original, wording)

    told = build("sender", isolating=False)
    answer = render_answer(told, about=name(isolating=False), texts=texts)
    return ReportView(document, page, name(isolating=True), answer)

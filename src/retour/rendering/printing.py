"""An analysis to any printed form: the one way for Python's users and for the command line.

Each form loads its own libraries when it is first asked for.
"""

from functools import partial
from typing import TYPE_CHECKING, Literal, Protocol, overload

if TYPE_CHECKING:
    from pathlib import Path

    from retour.model.analysis import Analysis
    from retour.model.document import Audience, Document, Scope
    from retour.rendering.letterhead import Letterhead

Form = Literal["html", "text", "json"]
"""What a report can be printed as without a terminal, besides a mail (``eml``)."""
_LOGO_ID = "logo@retour.invalid"

AUTO = "auto"
"""In place of a language: that of the original message, else of the notice, else English."""


@overload
def render(
    analysis: "Analysis",
    *,
    format: Literal["eml"],
    language: str = AUTO,
    audience: "Audience" = "all",
    scope: "Scope" = "internal",
    letterhead: "Letterhead | None" = None,
    texts: "Path | None" = None,
    doubtful: bool = False,
    pages: str = "",
) -> bytes: ...
@overload
def render(
    analysis: "Analysis",
    *,
    format: Form,
    language: str = AUTO,
    audience: "Audience" = "all",
    scope: "Scope" = "internal",
    letterhead: "Letterhead | None" = None,
    texts: "Path | None" = None,
    doubtful: bool = False,
    pages: str = "",
) -> str: ...
@overload
def render(
    analysis: "Analysis",
    *,
    format: Form | Literal["eml"],
    language: str = AUTO,
    audience: "Audience" = "all",
    scope: "Scope" = "internal",
    letterhead: "Letterhead | None" = None,
    texts: "Path | None" = None,
    doubtful: bool = False,
    pages: str = "",
) -> str | bytes: ...
def render(  # noqa: PLR0913 - all by keyword
    analysis: "Analysis",
    *,
    format: Form | Literal["eml"],  # noqa: A002 - what users call it
    language: str = AUTO,
    audience: "Audience" = "all",
    scope: "Scope" = "internal",
    letterhead: "Letterhead | None" = None,
    texts: "Path | None" = None,
    doubtful: bool = False,
    pages: str = "",
) -> str | bytes:
    """Return the report about one mail.

    Args:
        analysis: the answer of `retour.explain`.
        format: ``html``: one page that stands alone and survives mail programs; ``text``: plain
            text of 78 columns; ``json``: one line of the schema ``retour/1``; ``eml``: the report
            written anew as a whole mail, text and HTML first (docs/mail.md).
        language: BCP 47; ``auto``: the original's language, else the notice's, else English. JSON
            has none.
        audience: ``sender``: part 1; ``admin``: parts 2 to 4; ``all``: everything. JSON is for all.
        scope: ``external``: for a reader outside the organisation that runs Retour: part 1 and the
            code alone.
        letterhead: an operator's name, contact, logo and colours, for HTML.
        texts: a folder of catalogues that replace single texts.
        doubtful: whether the report says above all else that nobody could verify it.
        pages: the address of the operator's pages on causes (`retour serve`), which links in the
            administrator's part lead to; empty: none.

    Returns:
        The report, ending with a line feed; for ``eml`` its bytes. A mail that is about no
        delivery, or that Retour has written, comes back as it was.

    Raises:
        ValueError: there is no such format, no catalogue for the language, or, for ``eml``, the
            analysis was not read from a mail (`Analysis.raw` is empty).
        ModuleNotFoundError: HTML and mails need the extra ``html``.
    """
    if format == "json":
        return _to_json(analysis, scope)
    if format not in ("html", "text", "eml"):
        raise ValueError(f"there is no format {format!r}; there are html, text, eml and json.")
    build = partial(
        _build,
        analysis,
        language=language,
        audience=audience,
        scope=scope,
        texts=texts,
        doubtful=doubtful,
        pages=pages,
    )
    if format == "eml":
        return _to_mail(analysis, build, letterhead, texts)
    if format == "html":
        return _to_page(build(isolating=True), letterhead, texts)
    return _to_text(build(isolating=False), texts)


def resolve_language(language: str, analysis: "Analysis") -> str:
    """Return the language to write in.

    Args:
        language: BCP 47, or ``auto``.
        analysis: what tells the language where it is ``auto``.

    Raises:
        ValueError: there is no catalogue for the language; one sentence.
    """
    if language == AUTO:
        from retour.rendering.language import choose_language  # noqa: PLC0415

        return choose_language(analysis)
    from retour.rendering.catalogues import find_catalogue, languages  # noqa: PLC0415

    if find_catalogue(language) is None:
        known = ", ".join(languages())
        raise ValueError(f"there are no texts in the language {language!r}; there are {known}.")
    return language


def _to_json(analysis: "Analysis", scope: "Scope") -> str:
    from retour.rendering.json import analysis_to_dict, to_line  # noqa: PLC0415
    from retour.rendering.scope import narrow  # noqa: PLC0415

    return to_line(analysis_to_dict(narrow(analysis, scope), source="-", index=0)) + "\n"


def _to_page(document: "Document", letterhead: "Letterhead | None", texts: "Path | None") -> str:
    from retour.rendering.html import render_html  # noqa: PLC0415
    from retour.rendering.letterhead import Letterhead  # noqa: PLC0415

    return render_html(document, letterhead=letterhead or Letterhead(), texts=texts)


def _to_text(document: "Document", texts: "Path | None") -> str:
    from retour.rendering.text import render_text  # noqa: PLC0415

    return render_text(document, texts=texts)


class _Build(Protocol):
    def __call__(self, *, isolating: bool) -> "Document": ...


def _to_mail(
    analysis: "Analysis",
    build: _Build,
    letterhead: "Letterhead | None",
    texts: "Path | None",
) -> bytes:
    from retour.rendering.html import render_html  # noqa: PLC0415
    from retour.rendering.letterhead import Letterhead  # noqa: PLC0415
    from retour.rendering.mail import render_mail  # noqa: PLC0415
    from retour.rendering.mailpart import Logo  # noqa: PLC0415
    from retour.rendering.text import render_text  # noqa: PLC0415

    if not analysis.raw:
        raise ValueError("the analysis was not read from a mail, so there is none to write anew.")
    letterhead = letterhead or Letterhead()
    logo = Logo(letterhead.logo, "image/png", _LOGO_ID) if letterhead.logo else None
    plain = build(isolating=False)
    page = render_html(
        build(isolating=True),
        letterhead=letterhead,
        logo_url=f"cid:{_LOGO_ID}" if logo else None,
        texts=texts,
    )
    return render_mail(
        analysis,
        analysis.raw,
        subject=plain.title,
        text=render_text(plain, texts=texts),
        html=page,
        logo=logo,
    )


def _build(
    analysis: "Analysis",
    *,
    language: str,
    audience: "Audience",
    scope: "Scope",
    texts: "Path | None",
    isolating: bool,
    doubtful: bool,
    pages: str,
) -> "Document":
    from retour.rendering.document import build_document  # noqa: PLC0415

    return build_document(
        analysis,
        audience=audience,
        scope=scope,
        language=resolve_language(language, analysis),
        texts=texts,
        isolating=isolating,
        doubtful=doubtful,
        pages=pages,
    )

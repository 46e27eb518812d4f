"""A template and its values to a page.

One rule: whatever a template prints goes through `mark`, which escapes it and shows controls; what
stands inside an attribute goes through the filter `attr`, which makes no markup at all.
"""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from retour.rendering.catalogues import languages, load_wording
from retour.rendering.foreign import show_controls
from retour.rendering.html import mark
from retour.rendering.letterhead import Letterhead
from retour.rendering.wording import ISOLATE, POP_ISOLATE, Wording, is_right_to_left, isolate
from retour.web.access import identify_if_possible
from retour.web.form import FormKey
from retour.web.language import choose_page_language
from retour.web.navigation import NAVIGATION
from retour.web.site import site_of

_HERE = Path(__file__).parent
STATIC = _HERE / "static"
_NO_ISOLATES = str.maketrans("", "", ISOLATE + POP_ISOLATE)


class Text:
    """The texts of the pages in one language: ``t("explain", "title")`` in a template."""

    def __init__(self, wording: Wording) -> None:
        self.wording = wording

    def __call__(self, *keys: str, **fields: object) -> str:
        """Return one text below ``web``, filled."""
        filled = {name: str(value) for name, value in fields.items()}
        return self.wording.say("web", *keys, fields=filled)

    def label(self, *keys: str) -> str:
        """Return a text that reports have, too, such as ``label.outcome``."""
        return self.wording.say(*keys)

    def number(self, value: int, *keys: str) -> str:
        """Return a text that holds a number, in the form that the number takes."""
        return self.wording.count(value, "web", *keys)


def text_of(request: Request, language: str | None = None) -> Text:
    """Return the texts for a request, or for a language."""
    texts = site_of(request).settings.texts
    wanted = language or choose_page_language(request)
    return Text(load_wording(wanted, texts=texts, isolating=True))


def render_page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **values: Any,
) -> HTMLResponse:
    """Show a page in the frame that all share.

    Args:
        request: what was asked.
        template: its file below ``template``; it extends ``base.html``.
        status: of the answer.
        headers: of the answer.
        values: what the template prints besides what every page has.
    """
    key, text = FormKey(request), text_of(request)
    site = site_of(request)
    person = identify_if_possible(request)
    language = text.wording.language
    page = _environment().get_template(template)
    body = page.render(
        t=text,
        language=language,
        direction="rtl" if is_right_to_left(language) else "ltr",
        languages=[(tag, load_wording(tag).say("name")) for tag in languages()],
        letterhead=site.settings.letterhead or Letterhead(),
        navigation=[item for item in NAVIGATION if person and person.may(item.role)],
        path=request.url.path,
        person=person if site.web.knows_people else None,
        form_key=key.field,
        **values,
    )
    response = HTMLResponse(
        body.encode("utf-8", "backslashreplace"), status_code=status, headers=headers
    )
    response.headers["Vary"] = "Accept-Language, Cookie, HX-Request"
    key.give(response)
    return response


def foreign(text: str | None) -> Markup:
    """Return a text that came with a mail, so that it cannot turn what is around it."""
    return mark(isolate(text)) if text else Markup()


def _attribute(value: object) -> Markup:
    """Escape a value that stands inside an attribute."""
    return Markup(escape(show_controls(str(value).translate(_NO_ISOLATES))))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """Make the templates' environment once."""
    environment = Environment(
        loader=FileSystemLoader(_HERE / "template"),
        autoescape=True,
        finalize=mark,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(attr=_attribute, foreign=foreign)
    environment.globals["static"] = _locate
    return environment


@lru_cache(maxsize=32)
def _locate(name: str) -> Markup:
    """Return a static file's address, which changes with its content."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return Markup(escape(f"/static/{name}?v={digest}"))

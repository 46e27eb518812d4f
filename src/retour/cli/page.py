"""The one result of a run as a HTML page, or as a mail."""

from retour.cli.ending import CommandError
from retour.cli.reports import build_answer
from retour.model.analysis import ReplyAnalysis
from retour.rendering.html import render_html
from retour.rendering.letterhead import Letterhead
from retour.rendering.printing import render
from retour.service.explanation import Explained, Unexplained
from retour.service.settings import Settings

_ONE_PAGE = "HTML is one page a mail, and there are several: name a folder, as in '-o reports/'."
_ONE_MAIL = "Each mail becomes one, and there are several: name a folder, as in '-o reports/'."
_NO_MAIL = "a reply alone is no mail that could be written anew: print it as html, text or json."


class PagePrinter:
    """Keeps the page until the run ends: a second one means that nothing is written at all."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.page = b""

    def show(self, result: Explained | Unexplained) -> None:
        """Keep one mail's page; one that has none had its word on standard error."""
        if isinstance(result, Explained):
            settings = self._settings
            self._keep(
                render(
                    result.analysis,
                    format="eml" if settings.format == "eml" else "html",
                    language=settings.language,
                    audience=settings.audience,
                    scope=settings.scope,
                    letterhead=settings.letterhead,
                    texts=settings.texts,
                    pages=settings.pages,
                )
            )

    def show_reply(self, answer: ReplyAnalysis) -> None:
        """Keep the page about one reply."""
        settings = self._settings
        if settings.format == "eml":
            raise CommandError(_NO_MAIL)
        document = build_answer(answer, settings, isolating=True)
        letterhead = settings.letterhead or Letterhead()
        self._keep(render_html(document, letterhead=letterhead, texts=settings.texts))

    def _keep(self, page: str | bytes) -> None:
        if self.page:
            raise CommandError(_ONE_MAIL if self._settings.format == "eml" else _ONE_PAGE)
        self.page = page if isinstance(page, bytes) else page.encode("utf-8", "backslashreplace")

"""Results as reports for people: plain text, or the terminal's colours."""

import io
import sys
from typing import BinaryIO, TextIO

from retour.model.analysis import ReplyAnalysis
from retour.model.document import Document
from retour.rendering.catalogues import FALLBACK
from retour.rendering.document import build_document, build_reply_document
from retour.rendering.printing import resolve_language
from retour.service.explanation import Explained, Unexplained
from retour.service.settings import Settings


class ReportPrinter:
    """Prints one report after the other, each flushed when it is done."""

    def __init__(
        self,
        file: BinaryIO | None,
        settings: Settings,
        *,
        in_colour: bool,
        with_titles: bool = False,
    ) -> None:
        """Prepare for a stream.

        Args:
            file: where reports go, as UTF-8; None: standard output, as it is encoded.
            settings: language, audience, scope, texts.
            in_colour: the terminal's form instead of plain text.
            with_titles: name each mail's source even where it is the first of its source.
        """
        self._out: TextIO = sys.stdout
        if file:
            self._out = io.TextIOWrapper(file, encoding="utf-8", errors="backslashreplace")
        self._settings = settings
        self._in_colour = in_colour
        self._with_titles = with_titles

    def show(self, result: Explained | Unexplained) -> None:
        """Print one mail's report; one that has none had its word on standard error."""
        if isinstance(result, Unexplained):
            return
        if self._with_titles or result.index:
            number = f" ({result.index + 1})" if result.index else ""
            self._out.write(f"==> {result.source}{number} <==\n\n")
        settings = self._settings
        document = build_document(
            result.analysis,
            audience=settings.audience,
            scope=settings.scope,
            language=resolve_language(settings.language, result.analysis),
            texts=settings.texts,
            pages=settings.pages,
        )
        self._print(document)

    def show_reply(self, answer: ReplyAnalysis) -> None:
        """Print what one reply means."""
        self._print(build_answer(answer, self._settings))

    def _print(self, document: Document) -> None:
        # Each form brings its own libraries; only one of them is ever needed.
        if self._in_colour:
            from rich.console import Console  # noqa: PLC0415

            from retour.rendering.terminal import render_terminal  # noqa: PLC0415

            is_terminal = self._out.isatty()
            console = Console(
                file=self._out,
                force_terminal=None if is_terminal else True,
                width=None if is_terminal else 100,
            )
            render_terminal(document, console, texts=self._settings.texts)
        else:
            from retour.rendering.text import render_text  # noqa: PLC0415

            text = render_text(document, texts=self._settings.texts)
            self._out.write(text.rstrip("\n") + "\n")
        self._out.write("\n")
        self._out.flush()


def build_answer(answer: ReplyAnalysis, settings: Settings, *, isolating: bool = False) -> Document:
    """Build the document about one reply; a reply alone tells no language."""
    return build_reply_document(
        answer,
        audience="sender" if settings.scope == "external" else settings.audience,
        language=FALLBACK if settings.language == "auto" else settings.language,
        texts=settings.texts,
        isolating=isolating,
    )

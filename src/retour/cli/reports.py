"""Results as reports for people: plain text, or the terminal's colours."""

from typing import TextIO

from retour.model.analysis import ReplyAnalysis
from retour.model.document import Audience, Document
from retour.rendering.document import build_document, build_reply_document
from retour.service.explanation import Explained, Unexplained


class ReportPrinter:
    """Prints one report after the other, each flushed when it is done."""

    def __init__(
        self, out: TextIO, audience: Audience, *, in_colour: bool, with_titles: bool = False
    ) -> None:
        """Prepare for a stream.

        Args:
            out: where reports go.
            audience: whose parts are printed.
            in_colour: the terminal's form instead of plain text.
            with_titles: name each mail's source even where it is the first of its source.
        """
        self._out = out
        self._audience: Audience = audience
        self._in_colour = in_colour
        self._with_titles = with_titles

    def show(self, result: Explained | Unexplained) -> None:
        """Print one mail's report; one that has none had its word on standard error."""
        if isinstance(result, Unexplained):
            return
        if self._with_titles or result.index:
            number = f" ({result.index + 1})" if result.index else ""
            self._out.write(f"==> {result.source}{number} <==\n\n")
        self._print(build_document(result.analysis, audience=self._audience))

    def show_reply(self, answer: ReplyAnalysis) -> None:
        """Print what one reply means."""
        self._print(build_reply_document(answer, audience=self._audience))

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
            render_terminal(document, console)
        else:
            from retour.rendering.text import render_text  # noqa: PLC0415

            self._out.write(render_text(document).rstrip("\n") + "\n")
        self._out.write("\n")
        self._out.flush()

"""Results as JSON Lines: one object a mail or reply, each flushed when it is done."""

from typing import TYPE_CHECKING, BinaryIO

from retour.model.analysis import ReplyAnalysis
from retour.rendering.json import analysis_to_dict, error_to_dict, reply_to_dict, to_line
from retour.rendering.scope import narrow
from retour.service.explanation import Explained, Unexplained

if TYPE_CHECKING:
    from retour.model.document import Scope


class JsonPrinter:
    """Prints UTF-8 JSON Lines, errors among them."""

    def __init__(self, out: BinaryIO, scope: "Scope") -> None:
        self._out = out
        self._scope: Scope = scope

    def show(self, result: Explained | Unexplained) -> None:
        """Print one mail's line."""
        if isinstance(result, Explained):
            analysis = narrow(result.analysis, self._scope)
            found = analysis_to_dict(analysis, source=result.source, index=result.index)
        else:
            found = error_to_dict(result.source, result.index, result.error)
        self._print(found)

    def show_reply(self, answer: ReplyAnalysis) -> None:
        """Print one reply's line."""
        self._print(reply_to_dict(answer))

    def _print(self, value: dict[str, object]) -> None:
        self._out.write(to_line(value).encode() + b"\n")
        self._out.flush()

"""A report as a ready answer to the person who asks: part 1 as a short letter, to be copied."""

from collections.abc import Iterator
from pathlib import Path

from retour.model.document import Document, SenderPart
from retour.rendering.catalogues import load_wording
from retour.rendering.foreign import show_controls
from retour.rendering.wording import Wording

_RECIPIENTS_MAX = 20
"""Groups of recipients that an answer tells of."""


def render_answer(document: Document, *, texts: Path | None = None) -> str:
    """Return the answer as plain text, one paragraph a line, so that any program can wrap it.

    Args:
        document: with the sender's part, made without isolates.
        texts: an operator's catalogues, as the document was made with.
    """
    wording = load_wording(document.language, texts=texts)
    told = [part for part in document.recipients if part.sender][:_RECIPIENTS_MAX]
    lines = [wording.say("answer", "greeting"), ""]
    if document.note:
        lines += [document.note, ""]
    for part in told:
        if len(told) > 1 and part.address:
            lines += [f"{part.address}:", ""]
        if part.sender:
            lines += _tell(part.sender, wording)
    lines.append(wording.say("answer", "farewell"))
    return show_controls("\n".join(lines)) + "\n"


def _tell(part: SenderPart, wording: Wording) -> Iterator[str]:
    """Yield what is said about one recipient."""
    yield " ".join((part.headline, *part.happened))
    yield ""
    yield " ".join((part.outcome, part.actor))
    yield ""
    if part.steps:
        yield wording.say("label", "steps") + ":"
        yield from (f"{number}. {step}" for number, step in enumerate(part.steps, 1))
        yield ""

"""A report as a ready answer to the person who asks: part 1 as a short letter, to be copied."""

from collections.abc import Iterator
from pathlib import Path

from retour.model.document import Document, SenderPart
from retour.model.report import Original
from retour.rendering.catalogues import load_wording
from retour.rendering.foreign import fold_line, show_controls
from retour.rendering.wording import Wording

_RECIPIENTS_MAX = 20
"""Groups of recipients that an answer tells of."""
_SUBJECT_MAX = 120


def name_message(original: Original | None, wording: Wording) -> str:
    """Return a sentence that says which message is spoken of; empty where nothing names it."""
    if original is None or not original.subject:
        return ""
    fields = {"subject": fold_line(original.subject, _SUBJECT_MAX)}
    if original.date:
        fields["date"] = f"{original.date:%Y-%m-%d %H:%M}"
    return next(iter(wording.list_out("answer", "about", fields=fields)), "")


def render_answer(document: Document, *, about: str = "", texts: Path | None = None) -> str:
    """Return the answer as plain text, one paragraph a line, so that any program can wrap it.

    Args:
        document: with the sender's part, made without isolates.
        about: what `name_message` says.
        texts: an operator's catalogues, as the document was made with.
    """
    wording = load_wording(document.language, texts=texts)
    told = [part for part in document.recipients if part.sender][:_RECIPIENTS_MAX]
    lines = [wording.say("answer", "greeting"), ""]
    if about:
        lines += [about, ""]
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

"""Explains replies and bare codes, line by line."""

from collections.abc import Iterable, Iterator

from retour.analyse import explain_reply
from retour.model.analysis import ReplyAnalysis


def explain_replies(lines: Iterable[str]) -> Iterator[ReplyAnalysis]:
    """Explain one reply a line; every line, empty ones too, gets an answer in its place.

    Args:
        lines: replies, or bare codes such as ``5.4.6`` or ``550``; line ends are taken off.
    """
    for line in lines:
        yield explain_reply(line.rstrip("\r\n"))

"""The whole answer about one mail, and about one bare reply."""

from dataclasses import field

from retour.model.diagnosis import Diagnosis
from retour.model.known import Known
from retour.model.reply import Reply
from retour.model.report import Report
from retour.model.route import Route
from retour.model.value import value


@value(frozen=True, slots=True)
class Analysis:
    """What a mail claims and what we conclude.

    Attributes:
        report: the claims.
        route: the original's way.
        diagnoses: one per ``report.recipients``, same order; None for recipients that were
            delivered, relayed or expanded.
        backscatter: True: the reader did not send the original; None: cannot be known.
        known: what a trail knows of the original; None where none was asked.
        raw: the mail's bytes as they were given, for writing it anew; empty where the analysis
            was not read from a mail. They are no part of the answer: two equal answers are equal.
    """

    report: Report
    route: Route
    diagnoses: tuple[Diagnosis | None, ...]
    backscatter: bool | None
    known: Known | None = None
    raw: bytes = field(default=b"", repr=False, compare=False)


@value(frozen=True, slots=True)
class ReplyAnalysis:
    """What one server reply (or one bare code) means.

    Attributes:
        text: the reply as it was given.
        reply: the innermost reply in it; None where it has neither code nor status.
        meaning: the registry's words for the enhanced status code (else the reply code), or None.
        diagnosis: the conclusion from the words alone.
    """

    text: str
    reply: Reply | None
    meaning: str | None
    diagnosis: Diagnosis

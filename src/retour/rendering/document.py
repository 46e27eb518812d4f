"""An analysis to the four-part document: the only place that decides what is said to whom.

Printers (text, terminal, later HTML) add form and nothing else.
"""

from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import replace
from pathlib import Path

from retour.knowledge.load import load
from retour.knowledge.schema import Knowledge
from retour.model.analysis import Analysis, ReplyAnalysis
from retour.model.diagnosis import Diagnosis
from retour.model.document import Audience, Document, RecipientPart, Scope, State
from retour.model.report import Recipient, Report, Statement
from retour.model.route import NO_ROUTE
from retour.model.vocabulary import Outcome
from retour.rendering.admin import build_admin_part, say_code
from retour.rendering.case import Case, name_recipients
from retour.rendering.catalogues import load_wording
from retour.rendering.details import build_details
from retour.rendering.foreign import fold_address
from retour.rendering.scope import withhold
from retour.rendering.sender import build_sender_part
from retour.rendering.wording import Wording

_EXPLAINED = ("failure", "delay", "mixed")
# Kinds that are about no delivery of the reader's: only what they are is said.
_NO_DELIVERY = ("complaint", "auto-reply", "read-receipt", "not-a-report")
_STATES: dict[Outcome, State] = {
    "delivered": "passed",
    "probably-delivered": "passed",
    "delayed": "waiting",
    "not-delivered": "stopped",
    "unknown": "maybe",
}


def build_document(  # noqa: PLR0913 - all by keyword
    analysis: Analysis,
    *,
    audience: Audience = "all",
    scope: Scope = "internal",
    language: str = "en",
    texts: Path | None = None,
    isolating: bool = False,
    doubtful: bool = False,
    pages: str = "",
    knowledge: Knowledge | None = None,
) -> Document:
    """Return what is to be said about one mail.

    Args:
        analysis: the claims and the conclusions.
        audience: ``sender``: part 1; ``admin``: parts 2 to 4; ``all``: everything.
        scope: ``external``: part 1 and the code whatever the audience, see `withhold`.
        language: BCP 47; English where there is no catalogue for it.
        texts: an operator's catalogues, see `load_wording`.
        isolating: isolate foreign text inside sentences, see `Wording`.
        doubtful: say above all else that nobody could verify the report.
        pages: the address (``https:``) of the operator's pages, which links lead to; empty: none.
        knowledge: registries and rules to quote; None: those of the package.

    Returns:
        The document, recipients that fared alike in one part, in the order of the report.
    """
    wording = load_wording(language, texts=texts, isolating=isolating)
    outside = scope == "external"
    if outside:
        analysis, audience = withhold(analysis), "sender"
    cases = _cases(analysis, wording, knowledge or load(), pages)
    notes = [wording.say("note", "unverified")] if doubtful else []
    notes += filter(None, [_note(analysis, wording, cases)])
    return Document(
        title=_title(analysis, wording, cases),
        language=wording.language,
        note=" ".join(notes) or None,
        recipients=tuple(
            _recipient_part(case, audience, repeated=n > 0, outside=outside)
            for n, case in enumerate(cases)
        )
        or _bare_part(analysis, wording, knowledge or load(), audience),
        headers=None if audience == "sender" else _headers(analysis.report),
    )


def build_reply_document(
    answer: ReplyAnalysis,
    *,
    audience: Audience = "all",
    language: str = "en",
    texts: Path | None = None,
    isolating: bool = False,
    knowledge: Knowledge | None = None,
) -> Document:
    """Return what is to be said about one server reply: parts 1 and 2, no stations, no details.

    The arguments are those of `build_document`.
    """
    wording = load_wording(language, texts=texts, isolating=isolating)
    recipient = Recipient(
        address=None,
        original_address=None,
        action="failed",
        status=answer.reply.status if answer.reply else None,
        status_field=None,
        reply=answer.reply,
        remote_mta=None,
        phase=None,
        last_attempt_at=None,
        will_retry_until=None,
        statements=(Statement("remote", "text/1", answer.text, answer.reply),),
    )
    report = Report("failure", None, None, None, None, None, (recipient,), None, "", "", ())
    analysis = Analysis(report, NO_ROUTE, (answer.diagnosis,), None)
    case = Case(analysis, (recipient,), answer.diagnosis, wording, knowledge or load())
    part = _recipient_part(case, audience)
    if part.sender:
        part = replace(part, sender=replace(part.sender, stations=()))
    return Document(
        title=wording.say("title", "reply"),
        language=wording.language,
        note=None,
        recipients=(replace(part, details=None),),
        headers=None,
    )


def _cases(
    analysis: Analysis, wording: Wording, knowledge: Knowledge, pages: str
) -> tuple[Case, ...]:
    """Group the recipients that fared alike, in the order of the first of each group."""
    if analysis.report.kind in _NO_DELIVERY and not any(analysis.diagnoses):
        return ()
    groups: dict[Hashable, list[tuple[Recipient, Diagnosis | None]]] = {}
    for recipient, diagnosis in zip(analysis.report.recipients, analysis.diagnoses, strict=True):
        groups.setdefault(_fate(recipient, diagnosis), []).append((recipient, diagnosis))
    return tuple(
        Case(analysis, tuple(r for r, _ in group), group[0][1], wording, knowledge, pages)
        for group in groups.values()
    )


def _fate(recipient: Recipient, diagnosis: Diagnosis | None) -> Hashable:
    """Return what two recipients must share to be told about in one go."""
    if diagnosis is None:
        return recipient.action
    reply = recipient.reply
    return (
        (recipient.action, recipient.status, recipient.status_field, reply and reply.code),
        (reply and reply.status, recipient.remote_mta, recipient.phase),
        (diagnosis.cause, diagnosis.outcome, diagnosis.actor, diagnosis.permanent),
        (diagnosis.retry, diagnosis.stopped_at, diagnosis.rejected_by, diagnosis.facts),
        (round(diagnosis.confidence, 2), tuple(c.kind for c in diagnosis.contradictions)),
        tuple((e.rule, e.speaker == "trail" and e.where) for e in diagnosis.evidence),
    )


def _recipient_part(
    case: Case, audience: Audience, *, repeated: bool = False, outside: bool = False
) -> RecipientPart:
    state, fate = _end(case)
    return RecipientPart(
        address=name_recipients(case.wording, case.recipients) or None,
        addresses=tuple(fold_address(r.address) for r in case.recipients if r.address),
        state=state,
        fate=fate,
        settled=_is_settled(case),
        code=say_code(case) if outside else "",
        sender=None if audience == "admin" else build_sender_part(case),
        admin=None if audience == "sender" else build_admin_part(case),
        details=None if audience == "sender" else build_details(case, repeated=repeated),
    )


def _is_settled(case: Case) -> bool:
    """Tell whether it arrived; who handed it on or to a list cannot know that."""
    if case.diagnosis:
        return case.diagnosis.outcome == "delivered"
    return case.first.action not in ("relayed", "expanded")


def _end(case: Case) -> tuple[State, str]:
    """Return how it ended for a case, as a state and in words."""
    say, diagnosis = case.wording.say, case.diagnosis
    if case.analysis.backscatter:
        return "ahead", say("backscatter", "row")
    if diagnosis:
        return _STATES[diagnosis.outcome], say("outcome_row", diagnosis.outcome)
    return "passed", say("action_row", case.first.action or "delivered")


def _bare_part(
    analysis: Analysis, wording: Wording, knowledge: Knowledge, audience: Audience
) -> tuple[RecipientPart, ...]:
    """Return the details alone, for a mail that is about no recipient but about an original."""
    if audience == "sender" or analysis.report.original is None:
        return ()
    nobody = Recipient(None, None, None, None, None, None, None, None, None, None, ())
    details = build_details(Case(analysis, (nobody,), None, wording, knowledge))
    return (
        RecipientPart(None, (), "maybe", "", True, "", sender=None, admin=None, details=details),
    )


def _title(analysis: Analysis, wording: Wording, cases: tuple[Case, ...]) -> str:
    if analysis.backscatter:
        return wording.say("title", "backscatter")
    outcomes = {case.diagnosis.outcome for case in cases if case.diagnosis}
    if all(case.diagnosis for case in cases):
        if outcomes == {"delivered"}:
            return wording.say("title", "delivered")
        if outcomes and outcomes <= {"delivered", "probably-delivered"}:
            return wording.say("title", "arrived")
        if outcomes == {"unknown"}:
            return wording.say("title", "unclear")
    return wording.say("title", analysis.report.kind)


def _note(analysis: Analysis, wording: Wording, cases: tuple[Case, ...]) -> str | None:
    if analysis.backscatter:
        # Each recipient's own words say so where there are any.
        return None if cases else wording.say("note", "backscatter")
    kind = analysis.report.kind
    if len(cases) > 1:
        n = sum(len(case.recipients) for case in cases)
        fields = {
            "recipients": wording.count(n, "names", "recipients"),
            "fates": ", ".join(_fates(wording, cases)),
        }
        return wording.say("note", "mixed" if kind == "mixed" else "several", fields=fields)
    if kind not in _EXPLAINED:
        return wording.say("note", kind)
    return None if cases else wording.say("note", "no-recipient")


def _fates(wording: Wording, cases: tuple[Case, ...]) -> Iterator[str]:
    """Yield how many recipients fared how: ``2 got it``."""
    counts: Counter[str] = Counter()
    for case in cases:
        plain = {"relayed": "relayed", "expanded": "relayed"}.get(
            case.first.action or "", "delivered"
        )
        counts[case.diagnosis.outcome if case.diagnosis else plain] += len(case.recipients)
    order = list(wording.find("fate"))
    for fate in sorted(counts, key=order.index):
        yield wording.count(counts[fate], "fate", fate)


def _headers(report: Report) -> str:
    """Return the original's header lines as they came, else the notice's own."""
    original = report.original
    return (original.header_block if original else "") or report.headers

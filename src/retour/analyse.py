"""The core in one line: bytes to claims, claims and knowledge to conclusions."""

from dataclasses import replace

from retour.diagnose import diagnose, diagnose_reply
from retour.diagnose.proof import apply_proof
from retour.knowledge.load import load
from retour.model.analysis import Analysis, ReplyAnalysis
from retour.model.known import Known
from retour.read import read
from retour.wire.reply import fold, parse_reply, unwrap


def explain(raw: bytes) -> Analysis:
    """Explain one mail.

    Args:
        raw: the bytes of a mail, or the text of a bounce that somebody pasted.

    Returns:
        What the mail claims, per recipient, and what we conclude. Any bytes give an answer; what
        was odd is listed in ``report.defects``.

    Raises:
        retour.knowledge.schema.KnowledgeError: the packaged knowledge is damaged.
    """
    report, route = read(raw)
    # A report alone cannot tell whether the reader sent the original: who forges a sender also
    # forges what comes back. That takes a trail of what was sent.
    return Analysis(report, route, diagnose(report, route, load()), None, None, raw)


def weigh_context(analysis: Analysis, known: Known) -> Analysis:
    """Hold an answer against what a trail knows of the original.

    Args:
        analysis: from the mail alone, see `explain`.
        known: as `retour.trail.context.know` found it for the same report.
    """
    report, found = analysis.report, analysis.diagnoses
    if known.backscatter:
        found = diagnose(report, analysis.route, load(), backscatter=True)
    diagnoses = tuple(
        apply_proof(one, recipient, proof) if one and proof else one
        for one, recipient, proof in zip(found, report.recipients, known.proofs, strict=True)
    )
    return replace(analysis, diagnoses=diagnoses, backscatter=known.backscatter, known=known)


def explain_reply(text: str) -> ReplyAnalysis:
    """Explain one server reply, or one bare code.

    Args:
        text: for example ``550 5.7.26 Unauthenticated email …`` or ``5.4.6``.

    Returns:
        The innermost reply, the registry's words for its code, and the conclusion from the words.
    """
    knowledge = load()
    reply = parse_reply(unwrap(fold(text))[0])
    meaning = None
    if reply is not None:
        meaning = knowledge.describe_status(reply.status) if reply.status else None
        if meaning is None and reply.code is not None:
            meaning = knowledge.describe_code(reply.code)
    return ReplyAnalysis(text, reply, meaning, diagnose_reply(text, knowledge))

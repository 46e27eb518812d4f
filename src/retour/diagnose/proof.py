"""What a trail's proof of delivery makes of a diagnosis."""

from dataclasses import replace

from retour.diagnose.confidence import DUPLICATE_PROVED
from retour.diagnose.decision import share_rest
from retour.diagnose.loop import DUPLICATE, LOOP
from retour.model.diagnosis import Contradiction, Diagnosis, Evidence
from retour.model.known import Proof
from retour.model.report import Recipient

_QUOTE_MAX = 200
_RULE = "trail/delivered"


def apply_proof(diagnosis: Diagnosis, recipient: Recipient, proof: Proof) -> Diagnosis:
    """Return a diagnosis that knows of a delivery.

    The recipient has the message, and nobody has to act. The cause of the failed attempt stays,
    but for a loop that the hops do not prove: the system that had taken the message before refused
    a second copy.

    Args:
        diagnosis: from the report alone.
        recipient: whose.
        proof: of a delivery to the same recipient.
    """
    second = proof.is_second_copy and _is_open_loop(diagnosis)
    cause = DUPLICATE if second else diagnosis.cause
    sure = max(DUPLICATE_PROVED, diagnosis.confidence) if second else diagnosis.confidence
    quote = quote_proof(proof)
    evidence = Evidence("trail", _place(proof), quote, cause, _RULE, "decisive")
    said = sorted(diagnosis.evidence, key=lambda e: e.cause != cause)
    clash = _find_clash(diagnosis, recipient, quote)
    return replace(
        diagnosis,
        cause=cause,
        confidence=sure,
        outcome="delivered",
        retry="no",
        actor="nobody",
        scope="message" if second else diagnosis.scope,
        stopped_at="arrived",
        evidence=(evidence, *said),
        contradictions=(*clash, *diagnosis.contradictions),
        alternatives=share_rest(cause, sure, [LOOP]) if second else diagnosis.alternatives,
    )


def quote_proof(proof: Proof) -> str:
    """Return the proof in one line: who took it for whom, when, and in what words."""
    at = proof.at.isoformat(timespec="seconds")
    taken = f"{proof.host or proof.system}, {at}, <{proof.recipient}>"
    return f"{taken}: {proof.reply or 'taken'}"[:_QUOTE_MAX]


def _is_open_loop(diagnosis: Diagnosis) -> bool:
    """Say whether it is about circles or copies, and no hop proves a circle."""
    if diagnosis.cause == DUPLICATE:
        return True
    proved = any(
        e.speaker == "hops" and e.cause == LOOP and e.weight == "decisive"
        for e in diagnosis.evidence
    )
    return diagnosis.cause == LOOP and not proved


def _find_clash(
    diagnosis: Diagnosis, recipient: Recipient, quote: str
) -> tuple[Contradiction, ...]:
    """Return what the report says against what the trail knows; a delay may end well."""
    loop = next((e for e in diagnosis.evidence if e.cause == LOOP and e.speaker != "hops"), None)
    if loop and _is_open_loop(diagnosis):
        return (Contradiction(loop.quote[:_QUOTE_MAX], quote, "loop-against-trail"),)
    if recipient.action == "delayed" or diagnosis.outcome == "delayed":
        return ()
    said = recipient.statements[0].text if recipient.statements else recipient.status or "failed"
    return (Contradiction(said[:_QUOTE_MAX], quote, "failed-against-trail"),)


def _place(proof: Proof) -> str:
    return "/".join(filter(None, ("trail", proof.system, proof.queue_id)))

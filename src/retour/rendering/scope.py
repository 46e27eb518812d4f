"""What may leave the organisation that runs Retour.

One rule: a report for readers outside is made from an analysis that no longer holds what they must
not see, so that no text, template or printer can give it away.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from retour.model.analysis import Analysis
from retour.model.diagnosis import Diagnosis, Evidence, Facts
from retour.model.known import Known
from retour.model.report import Original, Recipient
from retour.model.route import NO_ROUTE

if TYPE_CHECKING:
    from retour.model.document import Scope

_VOICES = ("remote", "reporter", "wrapper")
"""Those whose words stand in the notice itself, unlike what trails, look-ups and hops tell."""


def narrow(analysis: Analysis, scope: "Scope") -> Analysis:
    """Return an analysis for a reader within a scope."""
    return withhold(analysis) if scope == "external" else analysis


def withhold(analysis: Analysis) -> Analysis:
    """Return what a reader outside may know: how it ended, why, who has to act, and the code.

    No host, no hop, no server's words, no header line; of a recipient the address that was
    written to.
    """
    report = analysis.report
    outside = replace(
        report,
        producer=None,
        reporting_mta=None,
        recipients=tuple(map(_recipient, report.recipients)),
        original=_original(report.original) if report.original else None,
        notice="",
        headers="",
        defects=(),
    )
    diagnoses = tuple(
        _diagnosis(found, recipient) if found else None
        for found, recipient in zip(analysis.diagnoses, report.recipients, strict=True)
    )
    return replace(
        analysis,
        report=outside,
        route=NO_ROUTE,
        diagnoses=diagnoses,
        known=_known(analysis.known) if analysis.known else None,
    )


def _known(known: Known) -> Known:
    """Keep when it arrived, without hosts, words and addresses behind the one written to."""
    proofs = tuple(
        replace(proof, recipient="", host=None, reply=None, system=None, queue_id=None, way=None)
        if proof
        else None
        for proof in known.proofs
    )
    return Known(known.backscatter, proofs)


def _recipient(recipient: Recipient) -> Recipient:
    """Keep the code without the words; an address behind the one written to stays inside."""
    return replace(
        recipient,
        address=recipient.original_address or recipient.address,
        original_address=None,
        reply=replace(recipient.reply, text="") if recipient.reply else None,
        remote_mta=None,
        statements=(),
    )


def _original(original: Original) -> Original:
    return replace(original, envelope_id=None, returned="none", header_block="")


def _diagnosis(diagnosis: Diagnosis, recipient: Recipient) -> Diagnosis:
    found = diagnosis.facts
    facts = Facts(
        size_limit=found.size_limit,
        retry_after=found.retry_after,
        # It resembles the final address, which stays inside where it is another one.
        suggested_address=None if recipient.original_address else found.suggested_address,
    )
    return replace(
        diagnosis,
        rejected_by=None,
        facts=facts,
        evidence=tuple(map(_evidence, filter(_is_in_the_notice, diagnosis.evidence))),
        contradictions=(),
    )


def _is_in_the_notice(evidence: Evidence) -> bool:
    return evidence.speaker in _VOICES


def _evidence(evidence: Evidence) -> Evidence:
    """Keep that somebody said it, without the words."""
    return replace(evidence, where="", quote="", rule="")

"""One group of recipients that fared alike, with all that the parts of the document need of it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from retour.knowledge.schema import Knowledge
from retour.model.analysis import Analysis
from retour.model.diagnosis import Diagnosis, Evidence
from retour.model.known import Proof
from retour.model.report import MAIL_PROGRAM, Recipient
from retour.rendering.foreign import fold_address, is_plain_address, is_plain_ip, is_plain_name
from retour.rendering.quantity import in_zone, say_duration, say_size, say_when
from retour.rendering.wording import Wording

_NAMED_MAX = 3
_LOOP = "routing-loop"
_LOOP_WORDS = re.compile(r"\bloop|\bhop(?:s| count)\b|in circles", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Case:
    """What the parts are built from.

    Attributes:
        analysis: the whole.
        recipients: those who fared alike, at least one; the first stands for all.
        diagnosis: their diagnosis; None for delivered, relayed, expanded.
        wording: the language.
        knowledge: registries, rule sources, usual actors.
        pages: the address of the operator's pages on causes (``https:``); empty: there are none.
    """

    analysis: Analysis
    recipients: tuple[Recipient, ...]
    diagnosis: Diagnosis | None
    wording: Wording
    knowledge: Knowledge
    pages: str = ""

    @property
    def first(self) -> Recipient:
        """The recipient that stands for all."""
        return self.recipients[0]

    @property
    def address(self) -> str | None:
        """The one address, None where there is none or more than one."""
        return self.first.address if len(self.recipients) == 1 else None

    @property
    def domain(self) -> str | None:
        """The domain that all addresses share, None where there is none."""
        domains = {domain_of(recipient.address) for recipient in self.recipients}
        return domains.pop() if len(domains) == 1 else None

    @property
    def zone(self) -> tzinfo | None:
        """The sender's time zone, as the original's date shows it; else that of the notice."""
        original = self.analysis.report.original
        at = (original.date if original else None) or self.analysis.report.date
        return at.tzinfo if at else None

    @property
    def sent_at(self) -> datetime | None:
        """When the original was written."""
        original = self.analysis.report.original
        return original.date if original else None

    @property
    def refused_at(self) -> datetime | None:
        """When it was refused: the last attempt; else the notice's date, written right after."""
        report = self.analysis.report
        if self.first.last_attempt_at:
            return self.first.last_attempt_at
        return report.date if report.kind in ("failure", "mixed") else None

    @property
    def proof(self) -> Proof | None:
        """What a trail knows of a delivery to the first recipient."""
        known = self.analysis.known
        if known is None:
            return None
        pairs = zip(self.analysis.report.recipients, known.proofs, strict=True)
        return next((proof for recipient, proof in pairs if recipient is self.first), None)

    @property
    def verified(self) -> bool:
        """Whether we know that the reader sent the original, so that the notice is no forgery."""
        return self.analysis.backscatter is False


def domain_of(address: str | None) -> str | None:
    """Return the part behind the last @ sign in lower case, None where there is none."""
    _, at, domain = (address or "").rpartition("@")
    return domain.strip(" <>[]").lower() or None if at else None


def name_recipients(wording: Wording, recipients: Iterable[Recipient]) -> str:
    """Return addresses as a heading: ``a@x, b@x and 3 more``; ``""`` where none is known."""
    names = [fold_address(r.address) for r in recipients if r.address]
    if len(names) < 2:
        return "".join(names)
    if len(names) <= _NAMED_MAX:
        both = {"shown": ", ".join(names[:-1]), "last": names[-1]}
        return wording.say("names", "and", fields=both)
    shown = {"shown": ", ".join(names[:_NAMED_MAX])}
    return wording.count(len(names) - _NAMED_MAX, "names", "more", fields=shown)


def sender_fields(case: Case) -> dict[str, str]:
    """Return what may be filled into texts for the sender.

    A new address is known only where the report is verified; a page that the other side names is
    never among it (design §3.8).
    """
    wording, diagnosis = case.wording, case.diagnosis
    fields = {**_names(case), **_times(case)}
    if diagnosis is None:
        return fields
    facts = diagnosis.facts
    if facts.suggested_address:
        fields["suggested"] = fold_address(facts.suggested_address)
    if facts.size_limit:
        fields["size_limit"] = say_size(wording, facts.size_limit)
    if facts.retry_after and facts.retry_after > 0:
        fields["retry_after"] = say_duration(wording, facts.retry_after)
    if facts.new_address and case.verified:
        fields["new_address"] = fold_address(facts.new_address)
    if case.analysis.report.producer == MAIL_PROGRAM:
        fields["?at-sending"] = ""
    if _claims_loop(diagnosis):
        fields["?loop"] = ""
    route = case.analysis.route
    if route.complete and route.hops and not any(hop.repeated for hop in route.hops):
        fields["?no-circle"] = ""
    return fields


def admin_fields(case: Case) -> dict[str, str]:
    """Return what may be filled into commands for administrators.

    Foreign text goes into a command only where no shell can read more than a name in it; else the
    name of the thing stands there in capitals.
    """
    say, original = case.wording.say, case.analysis.report.original
    sender = domain_of(original.from_) if original else None
    address, domain, ip = case.address, case.domain, case.diagnosis and case.diagnosis.facts.ip
    return {
        "address": address if address and is_plain_address(address) else say("names", "ADDRESS"),
        "domain": domain if domain and is_plain_name(domain) else say("names", "DOMAIN"),
        "sender_domain": sender
        if sender and is_plain_name(sender)
        else say("names", "SENDER_DOMAIN"),
        "ip": ip if ip and is_plain_ip(ip) else say("names", "IP"),
    }


def _names(case: Case) -> dict[str, str]:
    """Return the names of the recipients and their system, in every form of the language."""
    n, domain = len(case.recipients), case.domain
    fields: dict[str, str] = {}
    if domain:
        fields["domain"] = fold_address(domain)
    if n > 1:
        fields["n"], fields["?several"] = str(n), ""
    elif case.address:
        fields["address"] = fold_address(case.address)
    who = "each" if n > 1 else "address" if case.address else "unnamed"
    return {
        **fields,
        **case.wording.forms("recipient", who, fields=fields),
        **case.wording.forms("system", "domain" if domain else "unnamed", fields=fields),
    }


def _times(case: Case) -> dict[str, str]:
    wording, zone = case.wording, case.zone
    notice = case.analysis.report.date
    today = in_zone(notice, zone) if notice else None
    fields: dict[str, str] = {}
    if case.refused_at:
        at = in_zone(case.refused_at, zone)
        fields["time"] = say_when(wording, "time", at, beside=today, seconds=True)
    if case.sent_at:
        fields["sent"] = say_when(wording, "sent", in_zone(case.sent_at, zone), beside=today)
    proof = case.proof
    if proof:
        at = in_zone(proof.at, zone)
        fields["proof_time"] = say_when(wording, "time", at, beside=today, seconds=True)
        if proof.ahead_seconds is not None and proof.ahead_seconds >= 1:
            fields["ahead"] = say_duration(wording, proof.ahead_seconds)
        if proof.way:
            fields["way"] = fold_address(proof.way)
    if case.first.will_retry_until:
        fields["until"] = say_when(wording, "until", in_zone(case.first.will_retry_until, zone))
    return fields


def _claims_loop(diagnosis: Diagnosis) -> bool:
    """Tell whether somebody called it a loop, as a rule read it or in words not followed."""
    said: Iterable[Evidence] = diagnosis.evidence
    if any(e.cause == _LOOP and e.speaker in ("remote", "reporter", "wrapper") for e in said):
        return True
    quotes = [e.quote for e in said] + [c.claim for c in diagnosis.contradictions]
    return any(_LOOP_WORDS.search(quote[:2000]) for quote in quotes)

"""Recipients of a delivery status notification and of an abuse report."""

import re
from dataclasses import replace

from retour.model.defect import Defect
from retour.model.report import Original, Recipient, Statement
from retour.model.vocabulary import Action
from retour.read.freeform import claims_of_words
from retour.read.machine import DeliveryStatus, Entry
from retour.read.message import Message
from retour.read.session import find_host, find_phase
from retour.read.voices import speak, speak_prose, spoken_status, whole_notice
from retour.wire.address import parse_address
from retour.wire.fields import parse_groups

_EXPIRED = re.compile(r"(?:envelope|message) expired", re.I)
_WORDS = re.compile(r"[^\W\d_]{2,}")
_NAMES_MAX = 200
# Characters behind an address in a notice that speak of it.
_WORDS_OF_ONE = 600
_GOOD_ACTIONS = frozenset({"delivered", "relayed", "expanded"})


def claims_of_status(
    status: DeliveryStatus, notice: str, *, delayed: bool
) -> tuple[list[Recipient], tuple[Defect, ...]]:
    """Turn the groups of a delivery-status part into recipients."""
    defects: list[Defect] = []
    if status.cut:
        defects.append(Defect("too-many-recipients", "delivery-status", "not all are read"))
    recipients = []
    for entry in status.entries:
        recipient = _of_entry(entry)
        if recipient.action is None:
            recipient = replace(recipient, action=_implied_action(recipient, delayed=delayed))
        elif recipient.action == "delayed" and (
            _EXPIRED.search(entry.diagnostic or notice[:4_000])
        ):
            # OpenSMTPD before 7.6 says "delayed" when it gives up; its words tell the truth.
            recipient = replace(recipient, action="failed")
            defects.append(
                Defect(
                    "action-against-words",
                    f"delivery-status/{entry.group}/Action",
                    "delayed, expired",
                )
            )
        recipients.append(recipient)
    return recipients, tuple(defects)


def _implied_action(recipient: Recipient, *, delayed: bool) -> Action:
    if recipient.status and recipient.status[0] == "2":
        return "delivered"
    return "delayed" if delayed else "failed"


def _of_entry(entry: Entry) -> Recipient:
    where = f"delivery-status/{entry.group}/Diagnostic-Code"
    statements: tuple[Statement, ...] = ()
    remote = entry.remote_mta
    if entry.diagnostic:
        statements = speak(entry.diagnostic, where, "remote" if remote else "reporter")
        if remote is None and (len(statements) > 1 or entry.diagnostic_type == "x-postfix"):
            remote = find_host(entry.diagnostic)
    if len(entry.status_note) > 3:
        place = f"delivery-status/{entry.group}/Status"
        statements += (Statement("reporter", place, entry.status_note, None),)
    reply = statements[0].reply if statements else None
    final = entry.final_recipient or entry.original_recipient
    original = entry.original_recipient
    return Recipient(
        final,
        original if original and final and original.lower() != final.lower() else None,
        entry.action,
        entry.status or spoken_status(statements),
        entry.status,
        reply,
        remote,
        find_phase(entry.diagnostic) if entry.diagnostic else None,
        entry.last_attempt_at,
        entry.will_retry_until,
        statements,
    )


def merge_notice(
    recipients: list[Recipient], notice: str, excluded: frozenset[str], original: Original | None
) -> list[Recipient]:
    """Add the human part's words where the machine-readable part leaves the reason open."""
    if not any(_is_open(one) for one in recipients):
        return [_with_phase(one, notice, alone=len(recipients) == 1) for one in recipients]
    by_address = {
        (claim.address or "").lower(): claim
        for claim in claims_of_words(notice, excluded, original)
    }
    alone = next(iter(by_address.values())) if len(by_address) == len(recipients) == 1 else None
    return [
        _merge(one, _find_named(one, by_address) or alone, notice, alone=len(recipients) == 1)
        for one in recipients
    ]


def _with_phase(one: Recipient, notice: str, *, alone: bool) -> Recipient:
    """Take the phase from the words where the fields have the reply without its command."""
    if one.phase is not None or one.reply is None:
        return one
    at = notice.find(one.address) if one.address else -1
    if at < 0 and not alone:
        return one
    phase = find_phase(notice if alone else notice[at : at + _WORDS_OF_ONE])
    return replace(one, phase=phase) if phase else one


def _find_named(one: Recipient, by_address: dict[str, Recipient]) -> Recipient | None:
    for address in (one.address, one.original_address):
        if address and address.lower() in by_address:
            return by_address[address.lower()]
    return None


def _merge(one: Recipient, found: Recipient | None, notice: str, *, alone: bool) -> Recipient:
    if not _is_open(one):
        return one
    if found is None:
        return _with_words(one, notice, alone=alone)
    reply = found.reply if found.reply and one.reply and _is_cut(one) else one.reply or found.reply
    return replace(
        one,
        address=one.address or found.address,
        reply=reply,
        status=one.status or (reply.status if reply else None),
        remote_mta=one.remote_mta or found.remote_mta,
        phase=one.phase or found.phase,
        statements=_join(one, found),
    )


def _join(one: Recipient, found: Recipient) -> tuple[Statement, ...]:
    if one.statements and found.reply and _is_cut(one):
        return found.statements + one.statements
    return one.statements + found.statements


def _with_words(one: Recipient, notice: str, *, alone: bool) -> Recipient:
    """Nobody is named in the words: they speak of the only recipient, or of all in general."""
    if one.reply is None and alone:
        spoken = speak_prose(notice, "text")
        if spoken.reply:
            return replace(
                one,
                reply=spoken.reply,
                status=one.status or spoken.status,
                remote_mta=one.remote_mta or spoken.host,
                statements=one.statements + spoken.statements,
            )
    return replace(one, statements=one.statements + whole_notice(notice))


def _is_cut(one: Recipient) -> bool:
    """Tell whether only the first lines of a multi-line reply (RFC 5321 §4.2.1) are there."""
    text = one.statements[0].text
    return text[3:4] == "-" and text[:3].isdigit() and f" {text[:3]} " not in text


def _is_open(one: Recipient) -> bool:
    """Tell whether a recipient's own fields give no reply, or one without words of its own."""
    if one.action in _GOOD_ACTIONS:
        return False
    if one.reply is None:
        return True
    return _is_cut(one) or len(_WORDS.findall(one.statements[0].text[:200])) < 2


def claims_of_feedback(message: Message) -> list[Recipient]:
    """Recipients of an abuse report (RFC 5965 §3.2): nobody failed, so no action and no reply."""
    machine = message.machine.get("feedback-report")
    if machine is None:
        return []
    names: list[str] = []
    for group in parse_groups(machine.decode_body()):
        for value in group.all("original-rcpt-to"):
            address = parse_address(value)
            if address and address not in names:
                names.append(address)
    return [
        Recipient(name, None, None, None, None, None, None, None, None, None, ())
        for name in names[:_NAMES_MAX]
    ]

"""Recipients of a delivery status notification and of an abuse report."""

import re
from dataclasses import replace

from retour.model.defect import Defect
from retour.model.report import Original, Recipient, Statement
from retour.model.vocabulary import GOOD_ACTIONS, Action, Phase, Speaker
from retour.read.freeform import claims_of_words, find_addressees
from retour.read.machine import DeliveryStatus, Entry
from retour.read.message import RECIPIENTS_MAX, Message
from retour.read.session import find_host, find_phase
from retour.read.voices import speak, speak_prose, spoken_status, whole_notice
from retour.wire.address import parse_address
from retour.wire.fields import parse_groups

_EXPIRED = re.compile(r"(?:envelope|message) expired", re.I)
# The words may name what failed on each try (Exchange lists the tries).
_TIME_RAN_OUT = frozenset({"4.4.7", "5.4.7"})
_TWO_WORDS = re.compile(r"[^\W\d_]{2,}+[\W\d_].*?[^\W\d_]{2}", re.S)
# Characters behind an address in a notice that speak of it.
_WORDS_OF_ONE = 600


def claims_of_status(
    status: DeliveryStatus, notice: str, *, delayed: bool
) -> tuple[list[Recipient], tuple[Defect, ...]]:
    """Turn the groups of a delivery-status part into recipients."""
    defects: list[Defect] = []
    if status.cut:
        defects.append(Defect("too-many-recipients", "delivery-status", "not all are read"))
    alone = len(status.entries) == 1
    recipients = []
    for entry in status.entries:
        action = entry.action
        if action == "delayed" and _EXPIRED.search(entry.diagnostic or notice[:4_000]):
            # OpenSMTPD before 7.6 says "delayed" when it gives up; its words tell the truth.
            action = "failed"
            place = f"delivery-status/{entry.group}/Action"
            defects.append(Defect("action-against-words", place, "delayed, expired"))
        recipients.append(_of_entry(entry, action, notice, alone=alone, delayed=delayed))
    return recipients, tuple(defects)


def _of_entry(
    entry: Entry, action: Action | None, notice: str, *, alone: bool, delayed: bool
) -> Recipient:
    statements = _statements(entry)
    remote = entry.remote_mta
    if remote is None and (len(statements) > 1 or entry.diagnostic_type == "x-postfix"):
        remote = find_host(entry.diagnostic)
    reply = statements[0].reply if statements else None
    final = entry.final_recipient or entry.original_recipient
    original = entry.original_recipient
    status = entry.status or spoken_status(statements)
    return Recipient(
        final,
        original if original and final and original.lower() != final.lower() else None,
        action or _implied_action(status, delayed=delayed),
        status,
        entry.status,
        reply,
        remote,
        _phase(entry, final, notice, alone=alone) if reply else None,
        entry.last_attempt_at,
        entry.will_retry_until,
        statements,
    )


def _statements(entry: Entry) -> tuple[Statement, ...]:
    place = f"delivery-status/{entry.group}/"
    statements: tuple[Statement, ...] = ()
    if entry.diagnostic:
        speaker: Speaker = "remote" if entry.remote_mta else "reporter"
        statements = speak(entry.diagnostic, f"{place}Diagnostic-Code", speaker)
    if len(entry.status_note) > 3:
        statements += (Statement("reporter", f"{place}Status", entry.status_note, None),)
    return statements


def _implied_action(status: str | None, *, delayed: bool) -> Action:
    if status and status[0] == "2":
        return "delivered"
    return "delayed" if delayed else "failed"


def _phase(entry: Entry, address: str | None, notice: str, *, alone: bool) -> Phase | None:
    """Take the phase from the field, else from the words of the notice about this recipient."""
    phase = find_phase(entry.diagnostic)
    if phase:
        return phase
    at = notice.find(address) if address else -1
    if at < 0:
        return find_phase(notice) if alone else None
    return find_phase(notice[at : at + _WORDS_OF_ONE])


def merge_notice(
    recipients: list[Recipient], message: Message, notice: str, original: Original | None
) -> list[Recipient]:
    """Add the human part's words where the machine-readable part leaves the reason open."""
    if not any(_is_open(one) for one in recipients):
        return recipients
    by_address = {
        (claim.address or "").lower(): claim
        for claim in claims_of_words(notice, find_addressees(message), original)
    }
    alone = next(iter(by_address.values())) if len(by_address) == len(recipients) == 1 else None
    return [
        _merge(one, _find_named(one, by_address) or alone, notice, alone=len(recipients) == 1)
        for one in recipients
    ]


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
    return Recipient(
        one.address or found.address,
        one.original_address,
        one.action,
        one.status or (reply.status if reply else None),
        one.status_field,
        reply,
        one.remote_mta or found.remote_mta,
        one.phase or found.phase,
        one.last_attempt_at,
        one.will_retry_until,
        _join(one, found),
    )


def _join(one: Recipient, found: Recipient) -> tuple[Statement, ...]:
    if one.statements and found.reply and _is_cut(one):
        return found.statements + one.statements
    return one.statements + found.statements


def _with_words(one: Recipient, notice: str, *, alone: bool) -> Recipient:
    """Nobody is named in the words: they speak of the only recipient, or of all in general."""
    if one.reply is None and alone:
        spoken = speak_prose(notice, "text", only_reply=True)
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
    if one.action in GOOD_ACTIONS:
        return False
    if one.reply is None or one.reply.status in _TIME_RAN_OUT:
        return True
    return _is_cut(one) or not _TWO_WORDS.search(one.statements[0].text[:200])


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
        for name in names[:RECIPIENTS_MAX]
    ]

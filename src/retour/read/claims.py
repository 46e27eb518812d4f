"""From parts to `Recipient` values: who is named, with which reply, by whom, in which phase."""

import re
from dataclasses import replace

from retour.model.defect import Defect
from retour.model.reply import Reply
from retour.model.report import Original, Recipient, Statement
from retour.model.vocabulary import Action, Phase, Speaker
from retour.read.machine import DeliveryStatus, Entry
from retour.read.message import Message
from retour.read.prose import Claim, find_claims, read_verp_recipient
from retour.read.session import find_host, find_phase
from retour.read.transcript import Account, read_transcript
from retour.wire.address import parse_address, parse_addresses
from retour.wire.fields import parse_groups
from retour.wire.reply import find_reply, fold, parse_reply, unwrap

_EXPIRED = re.compile(r"(?:envelope|message) expired", re.I)
_TAGGED = re.compile(r"<([245][0-5][0-9][ -][^<>]{3,600})>\s*$")
_STATEMENT_MAX = 4_000


def speak(text: str, where: str, speaker: Speaker) -> tuple[Statement, ...]:
    """Turn a diagnostic text into statements, innermost voice first."""
    voices = unwrap(text)
    inner = voices[0]
    tagged = _TAGGED.search(inner)
    if tagged and tagged.start() > 10:  # "Message expired ….<421 4.4.2 Connection timed out>"
        voices = (tagged[1], inner[: tagged.start()].strip(), *voices[1:])
    if len(voices) == 1:
        return (Statement(speaker, where, inner, parse_reply(inner)),)
    return (
        Statement("remote", where, voices[0], parse_reply(voices[0])),
        *(Statement("wrapper", where, voice, parse_reply(voice)) for voice in voices[1:]),
    )


# --- machine-readable part -------------------------------------------------------------------


def claims_of_status(
    status: DeliveryStatus, notice: str, *, delayed: bool
) -> tuple[list[Recipient], tuple[Defect, ...]]:
    """Turn the groups of a delivery-status part into recipients."""
    defects: list[Defect] = []
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
                    f"delivery-status/{entry.index}/Action",
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
    where = f"delivery-status/{entry.index}/Diagnostic-Code"
    statements: tuple[Statement, ...] = ()
    remote = entry.remote_mta
    if entry.diagnostic:
        statements = speak(fold(entry.diagnostic), where, "remote" if remote else "reporter")
        if remote is None and (len(statements) > 1 or entry.diagnostic_type == "x-postfix"):
            remote = find_host(entry.diagnostic)
    reply = statements[0].reply if statements else None
    final = entry.final_recipient or entry.original_recipient
    original = entry.original_recipient
    return Recipient(
        final,
        original if original and final and original.lower() != final.lower() else None,
        entry.action,
        entry.status or _spoken_status(reply, statements),
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
    open_ones = [one for one in recipients if _is_open(one)]
    if not open_ones:
        return recipients
    by_address = {
        (claim.address or "").lower(): claim
        for claim in claims_of_words(notice, excluded, original)
    }
    alone = next(iter(by_address.values())) if len(by_address) == len(recipients) == 1 else None
    merged = []
    for one in recipients:
        found = (
            by_address.get((one.address or "").lower())
            or by_address.get((one.original_address or "").lower())
            or alone
        )
        if _is_open(one) and found is not None:
            reply = one.reply or found.reply
            one = replace(
                one,
                address=one.address or found.address,
                reply=reply,
                status=one.status or (reply.status if reply else None),
                remote_mta=one.remote_mta or found.remote_mta,
                phase=one.phase or found.phase,
                statements=one.statements + found.statements,
            )
        elif _is_open(one):
            one = _with_words(one, notice, alone=len(recipients) == 1)
        merged.append(one)
    return merged


def _with_words(one: Recipient, notice: str, *, alone: bool) -> Recipient:
    """Nobody is named in the words: they speak of the only recipient, or of all in general."""
    if one.reply is None and alone:
        spoken, host = _speak_prose(notice, "text")
        if spoken and spoken[0].reply:
            reply = spoken[0].reply
            return replace(
                one,
                reply=reply,
                status=one.status or reply.status,
                remote_mta=one.remote_mta or host,
                statements=one.statements + spoken,
            )
    return replace(one, statements=one.statements + _whole(notice))


def _is_open(one: Recipient) -> bool:
    """Tell whether a recipient's own fields give no reply, or one without words of its own."""
    if one.action in ("delivered", "relayed", "expanded"):
        return False
    return one.reply is None or len(_SPOKEN.findall(one.statements[0].text[:200])) < 2


_SPOKEN = re.compile(r"[^\W\d_]{2,}")


def _whole(notice: str) -> tuple[Statement, ...]:
    words = fold(notice[:_STATEMENT_MAX])
    return (Statement("reporter", "text", words, None),) if words else ()


# --- free form -------------------------------------------------------------------------------


def claims_of_notice(
    message: Message,
    notice: str,
    excluded: frozenset[str],
    original: Original | None,
    *,
    delayed: bool,
) -> list[Recipient]:
    """Find recipients and reasons in a notice without a machine-readable part."""
    action: Action = "delayed" if delayed else "failed"
    recipients = [
        replace(one, action=action) for one in claims_of_words(notice, excluded, original)
    ]
    named = _named_in_fields(message)
    if named:
        recipients = _align(recipients, named, notice, action)
    if not recipients:
        recipients = [replace(_unnamed(message, notice, original, excluded), action=action)]
    return recipients


def claims_of_words(
    notice: str, excluded: frozenset[str], original: Original | None
) -> list[Recipient]:
    """Read the words alone: a session transcript where there is one, else any prose."""
    accounts = read_transcript(notice)
    if accounts:
        return [_of_account(account, notice) for account in accounts]
    claims = find_claims(notice, excluded)
    if claims and claims[0].strength == 1:
        claims = _prefer_original(claims, original)
    return [_of_claim(claim, notice, alone=len(claims) == 1) for claim in claims]


def _prefer_original(claims: list[Claim], original: Original | None) -> list[Claim]:
    """Of addresses that only occur somewhere keep those to which the original went, else the first."""
    if original:
        wanted = {address.lower() for address in (*original.to, *original.cc)}
        kept = [claim for claim in claims if claim.address.lower() in wanted]
        if kept:
            return kept
    return claims[:1]


def _of_claim(claim: Claim, notice: str, *, alone: bool) -> Recipient:
    where = f"text/{claim.line}"
    statements, host = _speak_prose(claim.reason, where)
    reply = statements[0].reply if statements else None
    if reply is None and alone and claim.strength == 3:
        # "Could not be delivered because of 550 …. The following recipients were affected: …"
        outer, outer_host = _speak_prose(notice, "text")
        if outer and outer[0].reply:
            statements, reply, host = outer + statements, outer[0].reply, host or outer_host
    if claim.strength == 3 and claim.reason:
        statements += _whole(notice)
    elif not statements:
        statements = _whole(notice)
    return _recipient(claim.address, None, reply, host, find_phase(claim.reason), statements)


def _speak_prose(reason: str, where: str) -> tuple[tuple[Statement, ...], str | None]:
    """Split a reason into the reply that stands in it and the words around it."""
    if not reason.strip():
        return (), None
    reason = reason[:_STATEMENT_MAX]
    host = find_host(reason)
    at = find_reply(reason)
    if at < 0:
        text = fold(reason)
        return (Statement("reporter", where, text, parse_status(text)),), host
    inner = fold(_end_reply(reason[at:]))
    outer = fold(reason[:at])
    remote: Speaker = (
        "remote" if host or "remote" in outer.lower() or "said" in outer.lower() else "reporter"
    )
    statements = speak(inner, where, remote)
    if outer and any(character.isalpha() for character in outer):
        statements += (
            Statement("wrapper" if remote == "remote" else "reporter", where, outer, None),
        )
    return statements, host


_PARAGRAPH = re.compile(r"\n[ \t]*\n")


def _end_reply(text: str) -> str:
    """A reply ends with its paragraph."""
    found = _PARAGRAPH.search(text)
    return text[: found.start()] if found else text


_STATUS_IN_WORDS = re.compile(
    r"(?<![0-9A-Za-z.])([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9A-Za-z]|\.[0-9])"
)


def parse_status(text: str) -> Reply | None:
    """Read words that hold an enhanced status code but no reply code (qmail's ``(#5.1.1)``)."""
    found = _STATUS_IN_WORDS.search(text)
    return Reply(None, found[1], text) if found else None


def _of_account(account: Account, notice: str) -> Recipient:
    statements: list[Statement] = []
    for text in (account.reason, *account.answers):
        if text and all(text != known.text for known in statements):
            statements.extend(
                speak(fold(text), "text/session", "remote" if account.host else "reporter")
            )
    for note in account.notes:
        statements.extend(
            replace(one, speaker="reporter")
            for one in speak(fold(note), "text/session", "reporter")
        )
    reply = next((one.reply for one in statements if one.reply), None)
    statements.extend(_whole(notice))
    phase = find_phase(f">>> {account.phase}") if account.phase else None
    original = account.expanded_from
    return _recipient(account.address, original, reply, account.host, phase, tuple(statements))


def _recipient(
    address: str | None,
    original_address: str | None,
    reply: Reply | None,
    host: str | None,
    phase: Phase | None,
    statements: tuple[Statement, ...],
) -> Recipient:
    return Recipient(
        address, original_address, None, _spoken_status(reply, statements), None, reply, host, phase, None, None, statements
    )  # fmt: skip


def _spoken_status(reply: Reply | None, statements: tuple[Statement, ...]) -> str | None:
    """The reply's own status, else that of the nearest voice around it."""
    if reply and reply.status:
        return reply.status
    return next((one.reply.status for one in statements if one.reply and one.reply.status), None)


def _named_in_fields(message: Message) -> tuple[str, ...]:
    """``X-Failed-Recipients`` (Exim, Gmail) and the recipient of an MDN."""
    names: list[str] = []
    for value in message.headers.all("x-failed-recipients"):
        names.extend(parse_addresses(value))
    machine = message.machine.get("disposition-notification")
    if machine is not None:
        for group in parse_groups(machine.decode_body()):
            address = parse_address(group.get("final-recipient") or group.get("original-recipient"))
            if address:
                names.append(address)
    return tuple(dict.fromkeys(names))


def _align(
    recipients: list[Recipient], named: tuple[str, ...], notice: str, action: Action
) -> list[Recipient]:
    """Keep the recipients that a field names, with the words found for each."""
    by_address = {(one.address or "").lower(): one for one in recipients}
    aligned = []
    for name in named:
        found = by_address.get(name.lower())
        if found is None and len(recipients) == len(named) == 1:
            found = replace(recipients[0], address=name)
        if found is None:
            statements, host = _speak_prose(notice, "text")
            reply = statements[0].reply if statements else None
            found = replace(
                _recipient(name, None, reply, host, find_phase(notice), statements), action=action
            )
        aligned.append(found)
    return aligned


def _unnamed(
    message: Message, notice: str, original: Original | None, excluded: frozenset[str]
) -> Recipient:
    """Nobody is named: VERP, then an original with one recipient, else an unknown one."""
    address = read_verp_recipient(parse_addresses(message.headers.get("to")))
    if address is None and original is not None:
        others = [one for one in original.to if one.lower() not in excluded]
        address = others[0] if len(others) == 1 and not original.cc else None
    statements, host = _speak_prose(notice, "text")
    reply = statements[0].reply if statements else None
    return _recipient(address, None, reply, host, find_phase(notice), statements)


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
    return [_recipient(name, None, None, None, None, ()) for name in names[:200]]

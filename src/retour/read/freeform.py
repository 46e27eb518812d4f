"""Recipients of a notice that has no machine-readable part, or one that leaves the reason open."""

from dataclasses import replace

from retour.model.report import Original, Recipient, Statement
from retour.model.vocabulary import Action
from retour.read.message import Message
from retour.read.prose import Mention, find_mentions, read_verp_recipient
from retour.read.session import find_phase
from retour.read.transcript import Account, read_dialogue, read_transcript
from retour.read.voices import Spoken, speak, speak_prose, whole_notice
from retour.wire.address import parse_address, parse_addresses, unwrap_address
from retour.wire.fields import parse_groups

_SESSION = "text/session"
_ADDRESSEES_MAX = 5


def claims_of_notice(
    message: Message,
    notice: str,
    original: Original | None,
    action: Action,
) -> list[Recipient]:
    """Find recipients and reasons in a notice without a machine-readable part.

    Args:
        message: the report message.
        notice: its own words.
        original: the message it is about; asked where the notice names nobody.
        action: what the notice as a whole says.

    Returns:
        At least one recipient, in the worst case one without an address.
    """
    excluded = find_addressees(message)
    recipients = claims_of_words(notice, excluded, original, action)
    named = _named_in_fields(message)
    if named:
        recipients = _align(recipients, named, notice, action)
    if not recipients:
        address = _unnamed(message, original, excluded)
        recipients = [_recipient(address, None, action, speak_prose(notice, "text"))]
    return recipients


def find_addressees(message: Message) -> frozenset[str]:
    """Return the addresses, in lower case, to which the report itself went."""
    return frozenset(
        address.lower()
        for to in parse_addresses(message.headers.get("to"))[:_ADDRESSEES_MAX]
        for address in (to, unwrap_address(to))
    )


def claims_of_words(
    notice: str,
    excluded: frozenset[str],
    original: Original | None,
    action: Action | None = None,
) -> list[Recipient]:
    """Read the words alone: a session transcript where there is one, else any prose."""
    accounts = read_transcript(notice) or read_dialogue(notice)
    whole = whole_notice(notice)
    if accounts:
        return [_of_account(account, whole, action) for account in accounts]
    mentions = find_mentions(notice, excluded)
    if mentions and mentions[0].strength == 1:
        mentions = _prefer_original(mentions, original)
    if len(mentions) == 1:
        return [_of_only_mention(mentions[0], notice, whole, action)]
    return [_recipient(one.address, None, action, _of_mention(one, whole)) for one in mentions]


def _prefer_original(mentions: list[Mention], original: Original | None) -> list[Mention]:
    """Of addresses that only occur somewhere keep those the original went to, else the first."""
    if original:
        wanted = {address.lower() for address in (*original.to, *original.cc)}
        kept = [one for one in mentions if one.address.lower() in wanted]
        if kept:
            return kept
    return mentions[:1]


def _of_mention(mention: Mention, whole: tuple[Statement, ...]) -> Spoken:
    spoken = speak_prose(mention.reason, f"text/{mention.line}")
    return spoken._replace(statements=spoken.statements + whole)


def _of_only_mention(
    mention: Mention, notice: str, whole: tuple[Statement, ...], action: Action | None
) -> Recipient:
    spoken = _of_mention(mention, whole)
    if spoken.reply is None:
        # "Could not be delivered because of 550 …. The following recipients were affected: …"
        outer = speak_prose(notice, "text", only_reply=True)
        if outer.reply:
            spoken = Spoken(
                outer.statements + spoken.statements,
                spoken.host or outer.host,
                spoken.phase or outer.phase,
            )
    return _recipient(mention.address, None, action, spoken)


def _of_account(account: Account, whole: tuple[Statement, ...], action: Action | None) -> Recipient:
    statements: list[Statement] = []
    for text in (account.reason, *account.answers):
        if text and all(text != known.text for known in statements):
            statements += speak(text, _SESSION, "remote" if account.host else "reporter")
    for note in account.notes:
        statements += (
            replace(one, speaker="reporter") for one in speak(note, _SESSION, "reporter")
        )
    # The innermost voice is the first that gave a reply.
    statements.sort(key=lambda one: one.reply is None)
    phase = find_phase(f">>> {account.phase}") if account.phase else None
    spoken = Spoken((*statements, *whole), account.host, phase)
    return _recipient(account.address, account.expanded_from, action, spoken)


def _recipient(
    address: str | None, original_address: str | None, action: Action | None, spoken: Spoken
) -> Recipient:
    return Recipient(
        address,
        original_address,
        action,
        spoken.status,
        None,
        spoken.reply,
        spoken.host,
        spoken.phase,
        None,
        None,
        spoken.statements,
    )


def _named_in_fields(message: Message) -> tuple[str, ...]:
    """``X-Failed-Recipients`` (Exim, Gmail) and the recipient of an MDN (RFC 8098 §3.2.4)."""
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
        aligned.append(found or _recipient(name, None, action, speak_prose(notice, "text")))
    return aligned


def _unnamed(message: Message, original: Original | None, excluded: frozenset[str]) -> str | None:
    """Nobody is named: a VERP return path tells, else an original with one recipient."""
    address = read_verp_recipient(parse_addresses(message.headers.get("to")))
    if address is None and original is not None:
        others = [one for one in original.to if one.lower() not in excluded]
        address = others[0] if len(others) == 1 and not original.cc else None
    return address

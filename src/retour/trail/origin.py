"""Did the original of a report come from us? Yes, no, or not to be told; see docs/context.md."""

from retour.model.known import Reach
from retour.model.report import Report
from retour.model.route import Route
from retour.model.story import Copy
from retour.trail.assembly import is_same_system
from retour.trail.return_path import list_return_paths
from retour.wire.address import unwrap_address
from retour.wire.header import parse_headers
from retour.wire.words import decode_words

DAY_US = 86_400_000_000
_DATE_SLACK_S = 60
_QUEUE_DAYS = 14
_SIGNATURES = ("dkim-signature", "arc-seal")


def is_unsent(report: Report, route: Route, reach: Reach) -> bool | None:
    """Say whether a message that the trail does not know was never sent by us.

    Returns:
        True: it was not; None: it cannot be told. Never False, for that takes a known message.
    """
    original = report.original
    domain = domain_of(find_sender(report) or "")
    if not domain or not (reach.sends and reach.covers) or reach.has_similar:
        return None
    is_named = original and original.message_id and original.from_ and route.hops
    if not (is_named or _came_to_unknown_path(report, reach, domain)):
        return None
    for hop in route.hops:
        # A stamp in our name may be forged; then too it is no time to be sure.
        if not hop.by or is_below(hop.by, domain):
            return None
        if any(system and is_same_system(system, hop.by) for system in reach.systems):
            return None
    headers = parse_headers(original.header_block if original else "")
    if any(
        f"d={domain}" in "".join(v.lower().split()) for n in _SIGNATURES for v in headers.all(n)
    ):
        return None  # somebody who may sign for the domain, such as a mailing service
    return True


def find_sender(report: Report) -> str | None:
    """Find whose message a report is about: the author, else to whom the report came."""
    if report.original and report.original.from_:
        return report.original.from_
    paths = list_return_paths(report)
    return unwrap_address(paths[0]) if paths else None


def _came_to_unknown_path(report: Report, reach: Reach, domain: str) -> bool:
    """Say whether a report came to a return path that mail of the domain does not have.

    Where all mail that goes out bears signed ones, that is the bare address, and every signature
    that was not given.
    """
    paths = [path for path in list_return_paths(report) if domain_of(path) == domain]
    return bool(paths) and reach.signs and not reach.gave_path


def is_sent(report: Report, route: Route, copies: list[Copy]) -> bool:
    """Say whether copies of the same name show that the original went out over our systems.

    That its Message-ID is known is not enough: what is sent to many in our name comes to us, too.
    """
    names = {
        name.lower()
        for recipient in report.recipients
        for name in (recipient.address, recipient.original_address)
        if name
    }
    for copy in copies:
        for attempt in copy.hand_overs:
            if {attempt.recipient.lower(), (attempt.original_recipient or "").lower()} & names:
                return True
        if any(is_stamp_of(hop.by, hop.id, copy) for hop in route.hops):
            return True
    return False


def is_stamp_of(by: str | None, queue_id: str | None, copy: Copy) -> bool:
    """Say whether a ``Received:`` stamp is that of a copy."""
    if not by or not queue_id or not copy.system or copy.queue_id != queue_id:
        return False
    return is_same_system(copy.system, by)


def is_alike(report: Report, copy: Copy, *, is_first: bool) -> bool:
    """Say whether nothing speaks against a copy being one of the original.

    Message-IDs and queue ids come back. Subject, date and sender must not contradict, as far as
    both sides tell them.

    Args:
        report: about the original.
        copy: with the same Message-ID or queue id.
        is_first: it came of no other copy, so that its envelope sender is the message's own.
    """
    original = report.original
    if original is None:
        return _fits_date(report, copy)
    if original.message_id and copy.message_id and original.message_id != copy.message_id:
        return False
    return (
        _fits_subject(original.subject, copy)
        and _fits_date(report, copy)
        and (not is_first or _fits_sender(report, copy))
    )


def _fits_subject(subject: str | None, copy: Copy) -> bool:
    """Compare subjects; a list's tag before it, or a log's cut behind it, is no difference."""
    if not subject or not copy.subject:
        return True
    one = " ".join(subject.casefold().split())
    other = " ".join(decode_words(copy.subject).casefold().split())
    return "�" in one + other or one in other or other in one


def _fits_date(report: Report, copy: Copy) -> bool:
    """Hold the time of the arrival against the Date field, else against the report's."""
    original = report.original
    if original and original.date:
        arrived_s = copy.first_us / 1_000_000 - original.date.timestamp()
        return -86_400 <= arrived_s <= _QUEUE_DAYS * 86_400
    if report.date is None:
        return True
    before_s = report.date.timestamp() - copy.first_us / 1_000_000
    return -86_400 <= before_s <= _QUEUE_DAYS * 86_400


def _fits_sender(report: Report, copy: Copy) -> bool:
    """Compare the envelope sender with the author and with whom the notice went to."""
    original = report.original
    sender = copy.mail_from
    if not sender or not original or not original.from_:
        return True
    returned_to = domain_of(parse_headers(report.headers).get("to") or "")
    known = {domain_of(original.from_), returned_to.strip("<> ")} - {""}
    # Lists, forwards and senders of their own kind write the address into theirs (VERP, SRS).
    return any(name in sender.lower() for name in known)


def domain_of(address: str) -> str:
    """Return the domain of an address, lower case; ``""`` where it has none."""
    return address.rpartition("@")[2].lower().rstrip(".") if "@" in address else ""


def is_below(host: str, domain: str) -> bool:
    """Say whether a host is the domain or lies below it."""
    name = host.lower().rstrip(".")
    return bool(domain) and (name == domain or name.endswith("." + domain))

"""The real stations of a message, and how far it got: the progress bar.

Exchange Online's graphic marks who must act and is read as progress; here progress is all it says.
"""

import re
from collections.abc import Iterable

from retour.model.document import State, Station
from retour.model.vocabulary import StoppedAt
from retour.rendering.case import Case
from retour.rendering.foreign import fold_address

_RELAYS_MAX = 3
_SECOND_LEVEL = frozenset(
    {
        "ac",
        "co",
        "com",
        "edu",
        "gov",
        "govt",
        "gob",
        "gouv",
        "go",
        "mil",
        "ne",
        "net",
        "nom",
        "or",
        "org",
    }
)
# A server that hands a mail to itself, to a filter and back, is one station.
_ITSELF = re.compile(r"localhost(?:\..*)?|127\..*|\[?::1\]?", re.IGNORECASE)
_PLACES: dict[StoppedAt, int] = {
    "sender-system": 1,
    "in-transit": 2,
    "recipient-gateway": 3,
    "recipient-mailbox": 4,
    "arrived": 5,
}


def build_stations(case: Case) -> tuple[Station, ...]:
    """Return the stations from the sender to the mailbox, each with what is known of it."""
    say = case.wording.say
    sender, relays, target = _hosts(case)
    # Without relays the system "on the way" that refused it may be the one the sender gave it to.
    refused_at_once = sender is not None and not relays and sender == _refuser_between(case)
    if target == fold_address(case.domain):
        target = None  # the label says it
    stations = [
        Station(say("station", "sender"), _sender(case), _state(case, 0)),
        Station(say("station", "sender_system"), sender, _state(case, 2 if refused_at_once else 1)),
        *([] if refused_at_once else _relay_stations(case, relays)),
        Station(_system_label(case), target, _state(case, 3)),
        Station(_mailbox_label(case), None, _state(case, 4)),
    ]
    return tuple(stations)


def _sender(case: Case) -> str | None:
    original = case.analysis.report.original
    return fold_address(original.from_) or None if original else None


def _state(case: Case, place: int) -> State:
    """Return how it fared at a place: 0 sender, 1 and 3 the systems, 2 between, 4 mailbox."""
    diagnosis = case.diagnosis
    if diagnosis is None:
        # A relayed or expanded message went on where no word comes back from.
        return "passed" if place < 4 or case.first.action == "delivered" else "maybe"
    outcome, end = diagnosis.outcome, _PLACES.get(diagnosis.stopped_at)
    if outcome == "probably-delivered":
        return "passed" if place < 4 else "maybe"
    if place == 0 or outcome == "delivered" or end == 5:
        return "passed"
    if end is None:
        return "maybe"
    if place < end:
        return "passed"
    if place == end:
        return "waiting" if outcome == "delayed" else "stopped"
    return "maybe" if outcome == "unknown" else "ahead"


def _system_label(case: Case) -> str:
    say, domain = case.wording.say, case.domain
    if not domain:
        return say("station", "unnamed_system")
    return say("station", "recipient_system", fields={"domain": fold_address(domain)})


def _mailbox_label(case: Case) -> str:
    say = case.wording.say
    if len(case.recipients) > 1:
        return say("station", "mailboxes")
    if not case.address:
        return say("station", "unnamed_mailbox")
    return say("station", "mailbox", fields={"recipient": fold_address(case.address)})


def _relay_stations(case: Case, relays: list[str]) -> list[Station]:
    say = case.wording.say
    label = say("station", "relay")
    # All relays that left a stamp were passed; only the last place can be where it stopped.
    stamped: State = "maybe" if _state(case, 2) == "maybe" else "passed"
    hidden = len(relays) - _RELAYS_MAX
    if hidden > 0:
        more = say("station", "relays", fields={"n": str(hidden + 1)})
        head = [Station(label, host, stamped) for host in relays[: _RELAYS_MAX - 1]]
        shown = [*head, Station(more, None, stamped)]
    else:
        shown = [Station(label, host, stamped) for host in relays]
    if not _is_stopped_between(case):
        return shown
    host = _refuser_between(case)
    if shown and host and shown[-1].host == host:
        shown.pop()
    return [*shown, Station(label, host, _state(case, 2))]


def _is_stopped_between(case: Case) -> bool:
    return case.diagnosis is not None and case.diagnosis.stopped_at == "in-transit"


def _refuser_between(case: Case) -> str | None:
    """Return the host that refused the message on its way between the two ends, where named."""
    diagnosis = case.diagnosis
    if diagnosis is None or not _is_stopped_between(case):
        return None
    return fold_address(diagnosis.rejected_by) or None


def _hosts(case: Case) -> tuple[str | None, list[str], str | None]:
    """Return the sender's host, the relays' and the recipient's, one host a system."""
    report, diagnosis = case.analysis.report, case.diagnosis
    target = _target(case)
    systems = _systems(hop.by for hop in case.analysis.route.hops)
    if target and len(systems) > 1 and system_of(systems[-1]) == system_of(target):
        systems.pop()
    if systems and diagnosis and diagnosis.stopped_at == "sender-system":
        return systems[-1], [], target  # it never left: every stamp is of the sender's own systems
    if systems:
        # A reporter that speaks for itself tells no host of the other side.
        return systems[0], systems[1:], None if target == systems[0] else target
    reporter = fold_address(report.reporting_mta) or None
    speaks_itself = diagnosis is not None and reporter == target
    return (None if speaks_itself else reporter), [], target


def _target(case: Case) -> str | None:
    """Return the host of the recipient's system, as far as the report gives it away."""
    diagnosis = case.diagnosis
    host = case.first.remote_mta
    if diagnosis and diagnosis.stopped_at == "in-transit" and host == diagnosis.rejected_by:
        return None  # that host is the relay where it stopped
    if diagnosis and diagnosis.stopped_at in ("recipient-gateway", "recipient-mailbox"):
        host = diagnosis.rejected_by or host
    return fold_address(host) or None


def _systems(hosts: Iterable[str | None]) -> list[str]:
    """Return the last host of each run of hosts that belong to one system."""
    runs: list[str] = []
    for host in hosts:
        name = fold_address(host)
        if not name or _ITSELF.fullmatch(name):
            continue
        if runs and system_of(runs[-1]) == system_of(name):
            runs[-1] = name
        else:
            runs.append(name)
    return runs


def system_of(host: str) -> str:
    """Return the name under which a host's system is registered, by the look of it.

    The last two labels, or three under a country's second level (``example.co.uk``). Good enough
    to draw one station a system; nothing is concluded from it.
    """
    labels = host.lower().rstrip(".").split(".")
    if len(labels) < 2 or labels[-1].isdigit() or ":" in host:
        return host.lower()
    if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL:
        return ".".join(labels[-3:])
    return ".".join(labels[-2:])

"""The stations of a copy and the runs of systems that they make.

The mail names the stations that it had passed; where the receiving system's own record is there,
its arrival is one station more, so that copies seen at a gateway and copies from a mailbox are
judged alike.
"""

import re
from datetime import datetime
from typing import NamedTuple

from retour.model.copies import Copy
from retour.model.route import Hop
from retour.read.route import system_of
from retour.trail.assembly import is_same_system

# What stands behind "id" and is none: Exchange's version, a bare count.
_NO_ID = re.compile(r"\d+(?:\.\d+){2,4}|\d{1,3}")
# Names and addresses under which every system knows itself.
_NOBODY = re.compile(r"(?:.*\.)?(?:localhost|localdomain|local|internal|lan)", re.I)
_LMTP = re.compile(r"LMTPS?A?\b", re.I)
# From this length on a queue id names one message whatever host it is stamped beside.
_LONG_ID = 8
# A stamp is written when the content begins, the record when it was checked to its end.
_ARRIVAL_S = 3_600


class Station(NamedTuple):
    """One system that took a copy.

    Attributes:
        host: its name, lower case; None where it named none.
        system: the domain of its owner; ``""`` where the name tells none (``localhost``).
        id: its queue id; None where there is none that names a message.
        from_: who gave it the message.
        for_: the envelope recipient as stamped, case folded.
        at: when.
        n: the hop's number; for an arrival that only the envelope tells of, one more than the last.
        is_arrival: known by the receiving system's own record.
        is_stamped: the mail itself names it.
        is_logged: a system's own log names it.
        is_mailbox: it took the copy by LMTP, which ends in mailboxes and hands nothing on
            (RFC 2033, section 1; RFC 3848 has the keywords).
    """

    host: str | None
    system: str
    id: str | None
    from_: str | None
    for_: str | None
    at: datetime | None
    n: int
    is_arrival: bool
    is_stamped: bool
    is_logged: bool = False
    is_mailbox: bool = False

    @property
    def where(self) -> str:
        """Where it stands, for a quote."""
        if self.is_logged:
            return f"log/{self.n}"
        return f"Received/{self.n}" if self.is_stamped else "envelope"

    @property
    def stamp(self) -> str:
        """What names it, in the words of a stamp."""
        words = [f"by {self.host}"] if self.host else []
        words += [f"id {self.id}"] if self.id else []
        words += [f"for <{self.for_}>"] if self.for_ else []
        words += [self.at.isoformat(timespec="seconds")] if self.at else []
        return " ".join(words)


def list_stations(copy: Copy) -> tuple[Station, ...]:
    """Return a copy's stations, oldest first, its arrival last where an envelope tells of it."""
    read = _read_logged if copy.extent == "log" else _read_station
    stations = [read(hop) for hop in copy.route.hops]
    envelope = copy.envelope
    if envelope is None or envelope.queue_id is None:
        return tuple(stations)
    known = [n for n, station in enumerate(stations) if station.id == envelope.queue_id]
    if known:
        last = known[-1]
        stations[last] = stations[last]._replace(is_arrival=True)
        return tuple(stations)
    host = (envelope.host or "").lower() or None
    only = next(iter(envelope.recipients)) if len(envelope.recipients) == 1 else None
    stations.append(
        Station(
            host,
            find_system(host),
            envelope.queue_id,
            envelope.peer_name or envelope.helo,
            only,
            envelope.arrived_at,
            len(stations) + 1,
            is_arrival=True,
            is_stamped=False,
        )
    )
    return tuple(stations)


def _read_station(hop: Hop) -> Station:
    host = hop.by.lower().rstrip(".") if hop.by else None
    id_ = hop.id if hop.id and not _NO_ID.fullmatch(hop.id) else None
    for_ = hop.for_.casefold() if hop.for_ and "@" in hop.for_ else None
    return Station(
        host,
        find_system(host),
        id_,
        hop.from_,
        for_,
        hop.at,
        hop.n,
        is_arrival=False,
        is_stamped=True,
        is_mailbox=bool(hop.with_ and _LMTP.match(hop.with_)),
    )


def _read_logged(hop: Hop) -> Station:
    """Read a station that a log tells of: a host that is named without a domain is one, too."""
    station = _read_station(hop)
    host = station.host or ""
    return station._replace(
        system=station.system or ("" if _NOBODY.fullmatch(host) else host),
        id=hop.id,
        is_stamped=False,
        is_logged=True,
    )


def find_system(host: str | None) -> str:
    """Return the domain of a host's owner; ``""`` where its name tells none."""
    if host is None or "." not in host or ":" in host or _NOBODY.fullmatch(host):
        return ""
    return "" if host.replace(".", "").isdigit() else system_of(host)


def list_systems(stations: tuple[Station, ...]) -> tuple[str, ...]:
    """Return the systems in the order of passing; servers of one system in a row are one pass."""
    systems: list[str] = []
    for station in stations:
        if station.system and (not systems or systems[-1] != station.system):
            systems.append(station.system)
    return tuple(systems)


class Overlay(NamedTuple):
    """Two chains laid on each other.

    Attributes:
        common: index pairs of the stations that are one and the same, ascending.
        is_proof: one of them is known by its queue id; host and second alone may be two messages,
            and so may an id that both chains came to from elsewhere.
        rest_a, rest_b: what either passed behind the last common station.
    """

    common: tuple[tuple[int, int], ...]
    is_proof: bool
    rest_a: tuple[Station, ...]
    rest_b: tuple[Station, ...]


def lay_over(a: tuple[Station, ...], b: tuple[Station, ...]) -> Overlay:
    """Find the stations that two chains share.

    A queue id with its time names a station even where hosts were renamed; without ids host,
    giver and second must agree. Stations missing in one chain (removed traces) are passed over.
    """
    by_id: dict[str, list[int]] = {}
    by_time: dict[tuple[str | None, datetime], list[int]] = {}
    for n, station in enumerate(a):
        if station.id:
            by_id.setdefault(station.id, []).append(n)
        if station.at:
            by_time.setdefault((station.host, station.at), []).append(n)
    common: list[tuple[int, int]] = []
    is_proof = False
    last = last_b = -1
    for m, station in enumerate(b):
        places = by_id.get(station.id, ()) if station.id else ()
        found = next((n for n in places if n > last and _is_same(a[n], station)), None)
        if found is not None:
            is_proof = True
        elif station.at:
            places = by_time.get((station.host, station.at), ())
            found = next((n for n in places if n > last and _may_be_same(a[n], station)), None)
            # Two copies may pass one server in one second, so nothing may lie between; only the
            # oldest traces may be missing on one side.
            follows = found == last + 1 and m == last_b + 1
            if not follows and (common or (found and m)):
                found = None
        if found is not None:
            common.append((found, m))
            last, last_b = found, m
    ends = common[-1] if common else (-1, -1)
    is_proof = is_proof and not _come_together(a[: common[0][0]], b[: common[0][1]])
    return Overlay(tuple(common), is_proof, a[ends[0] + 1 :], b[ends[1] + 1 :])


def _come_together(below_a: tuple[Station, ...], below_b: tuple[Station, ...]) -> bool:
    """Say whether both chains began elsewhere: then the id that they share is a session's.

    Some servers stamp the id of a connection, in which they take one message after the other.
    """
    return any(one.id for one in below_a) and any(one.id for one in below_b)


def _is_same(one: Station, other: Station) -> bool:
    """Say whether two stations with the same queue id are one.

    Ids come back (Postfix's short ones within days), so the time must agree. An arrival that the
    envelope or a log tells of has a clock reading of its own beside the stamp's.
    """
    if one.at and other.at:
        apart = abs((one.at - other.at).total_seconds())
        is_read = one.is_arrival or other.is_arrival or one.is_logged != other.is_logged
        if apart > (_ARRIVAL_S if is_read else 0):
            return False
    same_host = one.host == other.host or (one.system == other.system and one.system != "")
    if not same_host and one.is_logged != other.is_logged and one.host and other.host:
        same_host = is_same_system(one.host, other.host)
    return same_host or len(one.id or "") >= _LONG_ID


def _may_be_same(one: Station, other: Station) -> bool:
    if one.id and other.id:
        return False
    return one.from_ == other.from_ and not (one.for_ and other.for_ and one.for_ != other.for_)

"""The way of a message through the systems whose logs are in the trail.

A line names the next copy where it can (a queue id in a reply, ``forwarded as``). What no line
names is found by host, moment and recipient, and only where one copy alone can be meant: a
hand-over whose reply never came, and a program that sends on what was delivered to it.
"""

from collections import defaultdict
from collections.abc import Iterable

from retour.model.story import Copy
from retour.trail.assembly import SILENCE_US, is_same_system
from retour.trail.delivery import list_addresses
from retour.trail.joining import find_next, leads_to

_DEPTH_MAX = 150
"""Stations of one chain; the most patient servers stop a loop at 100."""
_SENT_ON_US = 3_600_000_000
"""A program (Sieve, a list manager) sends on what it was given within this time."""
_SKEW_US = 5_000_000
"""Clocks of systems that hand on to each other agree this far, or nothing is made of them."""
_CONTINUATIONS = ("handed-on", "forwarded")


class Ways:
    """The copies of one message, and which of them led to which."""

    def __init__(self, copies: Iterable[Copy]) -> None:
        """Take the copies of one story, without reports about it."""
        self._copies = [copy for copy in copies if copy.queue_id is not None]
        self._givers: dict[int, list[Copy]] = defaultdict(list)
        self._names: dict[int, str] = {}
        by_name: dict[str, list[Copy]] = defaultdict(list)
        for copy in self._copies:
            by_name[copy.queue_id or ""].append(copy)
        for giver in self._copies:
            named = {attempt.next_queue_id for attempt in giver.hand_overs}
            named |= {link.other_queue_id for link in giver.links}
            for later in (one for name in named if name for one in by_name[name]):
                if leads_to(giver, later) in _CONTINUATIONS and _agree(giver, later):
                    self._givers[later.copy_id].append(giver)
        self._name_systems()
        self._add_alike()

    def find_giver(self, copy: Copy) -> Copy | None:
        """Find the copy that led to another; None where there is none, or it may be several."""
        named = self._givers[copy.copy_id]
        if named:
            return min(named, key=lambda giver: abs(copy.first_us - giver.last_us))
        for find in (self._find_bringing, self._find_delivered):
            if found := find(copy):
                return found[0] if len(found) == 1 else None
        return None

    def list_chain(self, copy: Copy) -> list[Copy]:
        """List the copies that led to one, oldest first, itself the last."""
        chain = [copy]
        seen = {copy.copy_id}
        while len(chain) < _DEPTH_MAX:
            giver = self.find_giver(chain[-1])
            if giver is None or giver.copy_id in seen:
                break
            chain.append(giver)
            seen.add(giver.copy_id)
        return chain[::-1]

    def name_system(self, copy: Copy) -> str:
        """Return a copy's system, by its whole name where the systems beside it tell that.

        Syslog writes ``mx`` where every other system says ``mx.example.net``, and several systems
        may call themselves ``mx``.
        """
        return self._names.get(copy.copy_id, copy.system.lower())

    def _name_systems(self) -> None:
        """Learn whole names: by what hosts a copy was handed to, and brought the next one."""
        for later in self._copies:
            for giver in self._givers[later.copy_id]:
                if leads_to(giver, later) != "handed-on":
                    continue
                for attempt in giver.hand_overs:
                    if attempt.next_queue_id == later.queue_id:
                        self._learn(later, attempt.host)
                self._learn(giver, later.peer_name)
        for later in self._copies:  # what was forwarded inside a system did not leave it
            for giver in self._givers[later.copy_id]:
                if leads_to(giver, later) == "forwarded":
                    self._learn(later, self._names.get(giver.copy_id))
                    self._learn(giver, self._names.get(later.copy_id))

    def _learn(self, copy: Copy, name: str | None) -> None:
        name = (name or "").lower().rstrip(".")
        is_short = "." not in copy.system and copy.system
        if is_short and "." in name and is_same_system(copy.system, name):
            self._names.setdefault(copy.copy_id, name)

    def _add_alike(self) -> None:
        """Join hand-overs whose replies name nothing, by Message-ID, moment and recipient."""
        open_ = [copy for copy in self._copies if not self._givers[copy.copy_id]]
        for giver in self._copies:
            for attempt in giver.hand_overs:
                if attempt.outcome == "relayed" and attempt.next_queue_id is None:
                    later = find_next(giver, attempt, open_)
                    if later is not None:
                        self._givers[later.copy_id].append(giver)

    def _find_bringing(self, copy: Copy) -> list[Copy]:
        """Find the copies at the host that brought one which tried its recipient at that time.

        The next system took the message and its reply never came: so no line names its queue id.
        """
        peers = {name.lower() for name in (copy.peer_name, copy.helo) if name and "." in name}
        recipients = {name.lower() for name in list_addresses(copy)}
        found = [
            giver
            for giver in self._copies
            if giver.copy_id != copy.copy_id
            and _agree(giver, copy)
            and giver.first_us - _SKEW_US <= copy.first_us <= _find_end(giver, recipients)
            and any(is_same_system(giver.system, peer) for peer in peers if giver.system)
            and (giver.copy_id not in self._names or self._names[giver.copy_id] in peers)
        ]
        exact = [giver for giver in found if self.name_system(giver) in peers]
        return exact or found

    def _find_delivered(self, copy: Copy) -> list[Copy]:
        """Find the copy that was delivered to a program at the system, which sent it on itself."""
        if copy.message_id is None or not _is_local(copy):
            return []
        return [
            giver
            for giver in self._copies
            if giver.copy_id != copy.copy_id
            and giver.message_id == copy.message_id
            and giver.system == copy.system
            and self.name_system(giver) == self.name_system(copy)
            and giver.first_us <= copy.first_us <= giver.last_us + _SENT_ON_US
            and any(attempt.outcome == "delivered" for attempt in giver.hand_overs)
        ]


def _find_end(giver: Copy, recipients: set[str]) -> int:
    """Return until when a copy may have been handed on for a recipient; 0: it never was.

    An attempt is logged when it has ended. A copy of which no log tells, only a stamp of a stored
    mail, may have waited for days.
    """
    if giver.hand_overs:
        tried = (one.at_us for one in giver.hand_overs if one.recipient.lower() in recipients)
        return max(tried, default=-_SKEW_US) + _SKEW_US
    is_for_one = recipients & {name.lower() for name in list_addresses(giver)}
    return giver.first_us + SILENCE_US if is_for_one else 0


def _is_local(copy: Copy) -> bool:
    address = copy.peer_address or ""
    is_from_afar = bool(address) and not address.startswith("127.") and address != "::1"
    return not is_from_afar and (copy.peer_name or "localhost").startswith("localhost")


def _agree(giver: Copy, copy: Copy) -> bool:
    """Tell whether the Message-IDs of two copies do not speak against one message."""
    return giver.message_id is None or copy.message_id in (None, giver.message_id)

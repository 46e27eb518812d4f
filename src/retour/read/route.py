"""The original's ``Received:`` lines as a `Route`: order, delays, clock skew, repeats."""

from datetime import datetime

from retour.model.route import NO_ROUTE, Hop, Route
from retour.wire.header import Headers
from retour.wire.received import Stamp, parse_received

# Longer chains exist only where mail is made to hurt; a true loop ends at 100 (mta.md trap 9).
HOPS_MAX = 200
# Clocks that differ by less are not worth a word.
SKEW_S = 2.0
# Second-level labels under which registries hand out names (a stand-in for the public suffix list,
# which takes longer to load than a mail to explain; docs/decisions/systems-of-hosts.md).
_SECOND_LEVEL = frozenset(
    [
        "co",
        "com",
        "net",
        "org",
        "ac",
        "gov",
        "edu",
        "gob",
        "gv",
        "ne",
        "or",
        "go",
        "ad",
        "ed",
        "gr",
        "lg",
        "mil",
        "nom",
        "sch",
    ]
)


def read_route(headers: Headers | None, sent_at: datetime | None) -> Route:
    """Read the stations of a message.

    Args:
        headers: the original's fields, or None where they did not come back.
        sent_at: the time of its ``Date`` field; the first delay is counted from it.

    Returns:
        The hops, oldest first.
    """
    if headers is None:
        return NO_ROUTE
    values = headers.all("received")
    complete = bool(values) and not headers.cut and len(values) <= HOPS_MAX
    stamps = [parse_received(value) for value in reversed(values[:HOPS_MAX])]
    repeats = find_repeats(stamps) if len(stamps) > 2 else ()
    hops = []
    before = sent_at
    for n, stamp in enumerate(stamps, start=1):
        at = stamp.at
        delay = (at - before).total_seconds() if at and before else None
        defects = _stamp_defects(stamp, delay)
        hops.append(
            Hop(
                n,
                stamp.from_,
                stamp.by,
                stamp.with_,
                stamp.tls,
                stamp.id,
                stamp.for_,
                at,
                delay,
                (n - 1) in repeats,
                defects,
            )
        )
        before = at or before
    return Route(tuple(hops), complete)


def _stamp_defects(stamp: Stamp, delay: float | None) -> tuple[str, ...]:
    if stamp.at and stamp.by and (delay is None or delay >= -SKEW_S):
        return ()
    defects = []
    if stamp.at is None:
        defects.append("no-date")
    if stamp.by is None:
        defects.append("no-by")
    if delay is not None and delay < -SKEW_S:
        defects.append("clock-skew")
    return tuple(defects)


def system_of(host: str) -> str:
    """Return the domain under which a host's owner runs its servers (``example.co.uk``)."""
    labels = host.lower().rstrip(".").split(".")
    if len(labels) <= 2 or labels[-1].isdigit():
        return ".".join(labels)
    keep = 3 if len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL else 2
    return ".".join(labels[-keep:])


def find_repeats(stamps: list[Stamp]) -> set[int]:
    """Find the hops at which a system takes a message that it had already passed on.

    Servers of one system in a row are one pass. A host that is met again after another system had
    the message is a repeat, and so is the third pass of one system (large ones never show the same
    host twice; a second pass alone is how gateways and hybrid set-ups work). A stamp for another
    envelope recipient is another delivery.

    Returns:
        Indices into ``stamps``.
    """
    repeats: set[int] = set()
    last_system = ""
    passes: dict[str, int] = {}
    seen: dict[str, tuple[int, str | None]] = {}
    run = 0
    for index, stamp in enumerate(stamps):
        host = (stamp.by or "").lower()
        if "." not in host:
            continue
        system = system_of(host)
        if system != last_system:
            run += 1
            passes[system] = passes.get(system, 0) + 1
            last_system = system
        known = seen.get(host)
        if (known and known[0] != run and _same_recipient(known[1], stamp.for_)) or passes[
            system
        ] >= 3:
            repeats.add(index)
        if known is None:
            seen[host] = (run, stamp.for_)
    return repeats


def _same_recipient(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one.lower() == other.lower()

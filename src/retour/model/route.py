"""The stations of a message, read from its ``Received:`` lines (RFC 5321 §4.4)."""

from datetime import datetime

from retour.model.value import value


@value(frozen=True, slots=True)
class Hop:
    """One hand-over as the taking server stamped it.

    Attributes:
        n: 1 for the oldest.
        from_: the host that gave the message (its own name, else its address).
        by: the host that took it.
        with_: protocol as stamped (``ESMTPS``, ``mapi`` ...).
        tls: protocol version, where stamped.
        id: the taking server's queue id.
        for_: the envelope recipient, where stamped.
        at: aware time; None where the stamp has no readable date.
        delay: seconds since the hop before (the Date field for the first); negative means that
            the clocks disagree; None where a time is missing.
        repeated: the taking system already took this message earlier in the chain.
        defects: names of what was odd: ``no-date``, ``no-by``, ``clock-skew`` ...
    """

    n: int
    from_: str | None
    by: str | None
    with_: str | None
    tls: str | None
    id: str | None
    for_: str | None
    at: datetime | None
    delay: float | None
    repeated: bool
    defects: tuple[str, ...]


@value(frozen=True, slots=True)
class Route:
    """The hops of the original, oldest first.

    Attributes:
        hops: the stations.
        complete: True where the chain was read to its end (the original's headers came back and no
            bound cut them), so that "no server twice" means something.
    """

    hops: tuple[Hop, ...]
    complete: bool


NO_ROUTE = Route(hops=(), complete=False)
"""Where nothing came back that tells of stations."""

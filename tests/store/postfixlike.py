"""Observations as a Postfix host logs them."""

from collections.abc import Iterator

from retour.model.trail import Arrival, End, HandOver, HandOverOutcome, Observation

T0 = 1_772_355_600_000_000
"""2026-03-01T09:00:00Z."""
SECOND = 1_000_000
DAY = 86_400 * SECOND


def message(
    queue_id: str,
    at_us: int = T0,
    *,
    system: str = "mx.example.com",
    message_id: str | None = None,
    sender: str = "ann@example.com",
    recipients: tuple[str, ...] = ("bob@example.net",),
    outcome: HandOverOutcome = "relayed",
    next_queue_id: str | None = None,
    subject: str | None = None,
    ended: bool = True,
) -> Iterator[Observation]:
    """Yield what the lines about one message say."""
    yield Arrival(at_us, system, queue_id, peer_name="c.example", peer_address="192.0.2.7")
    yield Arrival(
        at_us + 1000, system, queue_id, message_id=message_id or f"<{queue_id}@example.com>"
    )
    yield Arrival(
        at_us + 2000,
        system,
        queue_id,
        mail_from=sender,
        size_bytes=1234,
        recipient_count=len(recipients),
        subject=subject,
    )
    for n, recipient in enumerate(recipients):
        yield HandOver(
            at_us + 3 * SECOND + n,
            system,
            queue_id,
            recipient,
            None,
            outcome,
            "mx.example.net",
            "198.51.100.25",
            "2.0.0",
            f"250 2.0.0 Ok: queued as {next_queue_id or 'X' + queue_id}",
            "TLSv1.3",
            3000,
            40,
            next_queue_id,
        )
    if ended:
        yield End(at_us + 3 * SECOND + 500, system, queue_id)

"""Which copy led to which: over the next system's queue id, or inside one system."""

from collections.abc import Iterable

from retour.model.story import Copy
from retour.model.trail import HandOver
from retour.trail.assembly import SILENCE_US, is_same_system

NEAR_US = 86_400_000_000
"""Clocks, and stamps without a time zone, differ by hours; queue ids come back after more."""
AT_ONCE_US = 120_000_000
"""A hand-over and the arrival that it is lie this near where only the Message-ID joins them."""
FILTER_US = 5_000_000
"""A filter that is a program has given the message back before its exit is logged, or just then."""


def leads_to(copy: Copy, other: Copy) -> str | None:
    """Tell whether one copy led to another, and how.

    Returns:
        ``handed-on``, or the relation of a :class:`retour.model.trail.Link`; None where nothing
        says so.
    """
    if copy.copy_id == other.copy_id or other.queue_id is None:
        return None
    if any(is_taken_as(attempt, other) for attempt in copy.hand_overs):
        return "handed-on"
    for link in copy.links:
        if (
            link.other_queue_id == other.queue_id
            and is_same_system(copy.system, other.system)
            and abs(other.first_us - link.at_us) <= SILENCE_US
        ):
            return link.relation
    return None


def is_taken_as(attempt: HandOver, other: Copy) -> bool:
    """Tell whether a copy is what the next system made of a hand-over, by the name in its reply."""
    if attempt.next_queue_id is None or attempt.next_queue_id != other.queue_id:
        return False
    return abs(other.first_us - attempt.at_us) <= NEAR_US


def find_next(copy: Copy, attempt: HandOver, copies: Iterable[Copy]) -> Copy | None:
    """Find the copy that a hand-over became.

    Args:
        copy: the one that was handed on.
        attempt: its hand-over, taken by the next system.
        copies: those that may be it.

    Returns:
        The one that the reply names; else one with the same Message-ID that arrived elsewhere at
        that moment for that recipient, where the reply names none that logs go by; None where the
        next system is not in the trail.
    """
    others = [other for other in copies if other.copy_id != copy.copy_id]
    named = [other for other in others if is_taken_as(attempt, other) and _agree(copy, other)]
    if named:
        return min(named, key=lambda other: abs(other.first_us - attempt.at_us))
    is_named = attempt.next_queue_id is not None and not _is_internal(attempt)
    if is_named or copy.message_id is None:
        return None
    wanted = attempt.recipient.lower()
    alike = [
        other
        for other in others
        if other.message_id == copy.message_id
        and other.queue_id is not None
        and not (copy.system and other.system == copy.system)
        and abs(other.first_us - attempt.at_us) <= AT_ONCE_US
        and wanted in (recipient.lower() for recipient in other.recipients)
        # One that a reply names came by that way: a list's or a forward's copy, for one.
        and not any(
            is_taken_as(handed, other) for at in (copy, *others) for handed in at.hand_overs
        )
    ]
    return min(alike, key=lambda other: abs(other.first_us - attempt.at_us), default=None)


def _is_internal(attempt: HandOver) -> bool:
    """Tell whether a reply names a number that the log behind it does not go by: Exchange's."""
    return "InternalId=" in (attempt.reply or "")


def find_returned(copy: Copy, attempt: HandOver, copies: Iterable[Copy]) -> Copy | None:
    """Find the copy that a program made of what was delivered to it: a filter gives mail back.

    Args:
        copy: the one that was delivered to a program.
        attempt: its delivery.
        copies: those that may be it.

    Returns:
        One of the same message for the same recipient, handed in locally at that moment.
    """
    if copy.message_id is None:
        return None
    wanted = attempt.recipient.lower()
    began_us = attempt.at_us - 1_000 * (attempt.delay_ms or 0) - FILTER_US
    return next(
        (
            other
            for other in copies
            if other.copy_id > copy.copy_id
            and other.protocol == "local"
            and other.message_id == copy.message_id
            and other.queue_id is not None
            and is_same_system(other.system, copy.system)
            and began_us <= other.first_us <= attempt.at_us + FILTER_US
            and wanted in (recipient.lower() for recipient in other.recipients)
        ),
        None,
    )


def _agree(copy: Copy, other: Copy) -> bool:
    """Tell whether two copies do not speak against being one message."""
    return copy.message_id is None or other.message_id in (None, copy.message_id)

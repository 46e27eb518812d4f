"""What the fields of one copy, beside the other's, tell of its way and of its recipient."""

from collections import Counter
from collections.abc import Iterable
from itertools import islice

from retour.model.copies import Copy, Field
from retour.read.second_way import (
    FORWARD_FIELDS,
    LIST_FIELDS,
    RESENT_FIELDS,
    RULE_AGENT,
    RULE_FIELD,
)
from retour.wire.address import parse_address

# Written by the system that put the mail into a mailbox, above all stamps.
_FINAL_FIELDS = ("delivered-to", "envelope-to", "x-envelope-to")
_ASKED_FIELDS = ("x-original-to",)


_PATH_FIELDS = frozenset({"precedence", RULE_FIELD, "return-path", *_FINAL_FIELDS, *_ASKED_FIELDS})
_NAMES = LIST_FIELDS | FORWARD_FIELDS | RESENT_FIELDS | _PATH_FIELDS
_MARKS_MAX = 200


def select_marks(fields: Iterable[Field]) -> tuple[Field, ...]:
    """Return the fields that the functions here look at, the first of them."""
    return tuple(islice((field for field in fields if field.name.lower() in _NAMES), _MARKS_MAX))


def find_list_marks(copy: Copy, other: Copy) -> tuple[Field, ...]:
    """Return the fields of a list manager that one copy has and the other has not."""
    return _missing_in(other, (field for field in copy.marks if _is_list_field(field)))


def find_forward_marks(copy: Copy, other: Copy) -> tuple[Field, ...]:
    """Return the fields of a forwarding mailbox that one copy has and the other has not."""
    return _missing_in(other, (field for field in copy.marks if _is_forward_field(field)))


def find_resent_marks(copy: Copy, other: Copy) -> tuple[Field, ...]:
    """Return the ``Resent-*`` fields that only one copy has, where a person may have set them.

    List managers and forwarding rules set them too; then their own fields stand at the same stage.
    """
    automatic = {
        field.hops_below
        for field in copy.marks
        if _is_list_field(field) or _is_forward_field(field)
    }
    resent = (field for field in copy.marks if field.name.lower() in RESENT_FIELDS)
    return tuple(field for field in _missing_in(other, resent) if field.hops_below not in automatic)


def _is_list_field(field: Field) -> bool:
    name = field.name.lower()
    return name in LIST_FIELDS or (name == "precedence" and field.value.strip().lower() == "list")


def _is_forward_field(field: Field) -> bool:
    name = field.name.lower()
    return name in FORWARD_FIELDS or (name == RULE_FIELD and RULE_AGENT in field.value.lower())


def _missing_in(other: Copy, fields: Iterable[Field]) -> tuple[Field, ...]:
    """Return the fields that the other one has not; none where its header is not known."""
    if other.extent == "log":
        return ()
    there = Counter((field.name.lower(), field.value) for field in other.marks)
    missing = []
    for field in fields:
        key = (field.name.lower(), field.value)
        if there[key] > 0:
            there[key] -= 1
        else:
            missing.append(field)
    return tuple(missing)


def find_delivered_to(copy: Copy, other: Copy) -> tuple[Field, ...]:
    """Return the ``Delivered-To`` fields that one copy has and the other has not."""
    delivered = (field for field in copy.marks if field.name.lower() == "delivered-to")
    return _missing_in(other, delivered)


def is_from_mailbox(copy: Copy) -> bool:
    """Say whether a copy was taken from a mailbox: ``Return-Path`` stands above all stamps.

    The system of final delivery writes it (RFC 5321 §4.4).
    """
    hops = len(copy.route.hops)
    return any(
        field.name.lower() == "return-path" and field.hops_below >= hops for field in copy.marks
    )


def place_is_known(copy: Copy) -> bool:
    """Say whether it is known where a copy was found: a mailbox, or by the system's own record."""
    return is_from_mailbox(copy) or bool(copy.envelope and copy.envelope.queue_id)


def find_recipients(copy: Copy) -> tuple[frozenset[str], frozenset[str]]:
    """Return the recipients that were asked for, and those whose mailbox took the copy.

    From the envelope, else from what the delivering system wrote above all stamps. Empty where
    nothing tells.
    """
    top = [field for field in copy.marks if field.hops_below >= len(copy.route.hops)]
    final = _addresses(top, _FINAL_FIELDS)
    if copy.envelope and copy.envelope.rcpt:
        return copy.envelope.recipients, final or copy.envelope.recipients
    return _addresses(top, _ASKED_FIELDS), final


def _addresses(fields: list[Field], names: tuple[str, ...]) -> frozenset[str]:
    found = (parse_address(f.value) for f in fields if f.name.lower() in names)
    return frozenset(address.casefold() for address in found if address)

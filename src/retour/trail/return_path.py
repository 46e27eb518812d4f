"""What the address that a report came to tells of its original.

Servers that sign their return paths (BATV, draft-levine-smtp-batv-01) and lists that give each
recipient one of its own (VERP) let a report be known by it alone, whatever it returned. An address
that was rewritten for a forward (SRS) tells of the forwarded message and is none of these.
"""

from retour.model.report import Report
from retour.wire.address import parse_address, read_verp, unwrap_address
from retour.wire.header import parse_headers

_FIELDS = ("to", "x-original-to", "delivered-to", "envelope-to", "x-envelope-to")


def list_return_paths(report: Report) -> tuple[str, ...]:
    """List the addresses that a report came to, as they stand, lower case, each once."""
    headers = parse_headers(report.headers)
    found = (parse_address(value) for name in _FIELDS for value in headers.all(name)[:5])
    return tuple(dict.fromkeys(address.lower() for address in found if address))


def is_signed(address: str) -> bool:
    """Tell whether an address bears a signature (BATV)."""
    return not address.lower().startswith(("srs0", "srs1")) and unwrap_address(address) != address


def is_tagged(address: str) -> bool:
    """Tell whether an address bears a mark of the message or of its recipient (BATV, VERP)."""
    return is_signed(address) or read_verp(address) is not None

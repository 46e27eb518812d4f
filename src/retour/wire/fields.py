"""Field groups of machine-readable report parts (RFC 3464 §2.1, RFC 5965 §3, RFC 8098 §3.1)."""

import re

from retour.wire.header import Headers, parse_headers

# Groups of one part that are read: a list server may report thousands of recipients at once.
GROUPS_MAX = 1_000
_BLANK_LINE = re.compile(r"\n[ \t]+(?=\n)")


def parse_groups(body: str) -> list[Headers]:
    """Split a body into its groups of fields, in order; empty groups are left out."""
    if " \n" in body or "\t\n" in body:
        body = _BLANK_LINE.sub("\n", body)
    groups = []
    for block in body.split("\n\n", GROUPS_MAX)[:GROUPS_MAX]:
        if ":" in block:
            group = parse_headers(block.strip("\n"))
            if group:
                groups.append(group)
    return groups

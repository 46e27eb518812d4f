"""One ``Received:`` field (RFC 5321 §4.4) as real servers stamp it."""

import re
from datetime import datetime
from typing import NamedTuple

from retour.wire.date import parse_date

# A stamp is looked at this far.
_VALUE_MAX = 2_000
# A comment (RFC 5322 §3.2.2; nested once or twice in practice), passed over, or a clause.
_CLAUSE = re.compile(
    r"\((?:[^()]++|\((?:[^()]++|\([^()]*+\))*+\))*+\)|\b(from|by|with|id|for)\s++(<[^<>\s]*+>|[^\s;(]++)",
    re.I,
)
_TLS = re.compile(r"\b(TLS|SSL)v?_?([0-9])(?:[._]([0-9]))?", re.I)
_ADDRESS_LITERAL = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f:.]{3,45})\]")


class Stamp(NamedTuple):
    """The clauses of one ``Received:`` field; None where a clause is missing."""

    from_: str | None
    by: str | None
    with_: str | None
    tls: str | None
    id: str | None
    for_: str | None
    at: datetime | None


def parse_received(value: str) -> Stamp:
    """Read one unfolded ``Received:`` value. Never fails; missing clauses are None."""
    value = value[:_VALUE_MAX]
    words, semicolon, date = value.rpartition(";")
    if not semicolon:
        words = date = value
    at = parse_date(date)
    if at is None and semicolon:
        at = parse_date(value)
    clauses: dict[str, str] = {}
    for name, text in _CLAUSE.findall(words):
        if name:
            clauses.setdefault(name.lower(), text)
    host = clauses.get("from")
    if host is not None:
        host = _host(host) or _literal(words)
    for_ = clauses.get("for")
    return Stamp(
        host,
        _host(clauses.get("by")),
        clauses.get("with"),
        _tls_version(words),
        clauses["id"].strip("<>;") if "id" in clauses else None,
        for_.strip("<>;,") if for_ else None,
        at,
    )


def _host(text: str | None) -> str | None:
    if text is None:
        return None
    host = text.strip("[]()<>,;.\"'")
    return host or None


def _literal(words: str) -> str | None:
    found = _ADDRESS_LITERAL.search(words)
    return found[1] if found else None


def _tls_version(words: str) -> str | None:
    if "TLS" not in words and "tls" not in words and "SSL" not in words:
        return None
    found = _TLS.search(words)
    if not found:
        return None
    minor = found[3] or "0"
    return f"{found[1].upper()}v{found[2]}.{minor}"

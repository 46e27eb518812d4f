"""What the words gave away: addresses, sizes and times, ready to be filled into texts."""

import re
from collections.abc import Mapping

from retour.diagnose.claims import Claim
from retour.diagnose.decision import Decision
from retour.diagnose.spelling import suggest_address
from retour.model.diagnosis import Facts
from retour.model.report import Original, Recipient

_NUMBER = re.compile(r"(\d[\d,' ]*(?:\.\d+)?)\s*([a-z]*)", re.IGNORECASE)
_BYTES = {"k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_URL = re.compile(r"https?://[^\s<>\"']{1,500}")
_IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)")
_ABOUT_IP = frozenset({"ip-blocklisted", "host-identity", "spf-failed"})
# Where the domain itself may be mistyped.
_ABOUT_DOMAIN = frozenset({"domain-not-found", "no-mail-host", "unreachable", "dns-failure"})
_NO_FACTS = Facts()


def collect_facts(
    decision: Decision, claims: tuple[Claim, ...], recipient: Recipient, original: Original | None
) -> Facts:
    """Collect the facts that belong to the decided cause.

    Args:
        decision: what was concluded.
        claims: all claims; those for the cause give their holes' contents, strongest first.
        recipient: whose address may be mistyped.
        original: the message; the other domains that it names may be the right spelling.
    """
    holes: dict[str, str] = {}
    text = ""
    for claim in claims:
        if claim.cause == decision.cause or claim is decision.claim:
            text = text or claim.statement.text
            if claim.match.facts:
                holes = {**claim.match.facts, **holes}
    url = holes.get("url") or (_find(_URL, text) if "://" in text else None)
    ip = holes.get("ip") or _find_ip(decision.cause, text)
    suggested = _suggest(decision.cause, recipient, original)
    if not (holes or url or ip or suggested):
        return _NO_FACTS
    return Facts(
        new_address=holes.get("new_address"),
        ip=ip,
        url=_clean_url(url),
        size_limit=_read_size(holes),
        retry_after=_read_seconds(holes),
        suggested_address=suggested,
    )


def _find(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return found[0] if found else None


def _find_ip(cause: str, text: str) -> str | None:
    return _find(_IPV4, text) if cause in _ABOUT_IP else None


def _clean_url(url: str | None) -> str | None:
    return url.rstrip(".,;:)]}>") if url else None


def _suggest(cause: str, recipient: Recipient, original: Original | None) -> str | None:
    if cause not in _ABOUT_DOMAIN:
        return None
    named = (original.from_, *original.to, *original.cc) if original else ()
    domains = (address.rpartition("@")[2].casefold() for address in named if address)
    return suggest_address(recipient.address, frozenset(domains))


def _read_size(holes: Mapping[str, str]) -> int | None:
    """Return a size in bytes; ``10 MB`` counts in powers of 1024, as servers do."""
    number = _read_number(holes.get("size_limit"))
    if number is None:
        return None
    value, unit = number
    return int(value * _BYTES.get(unit[:1], 1))


def _read_seconds(holes: Mapping[str, str]) -> float | None:
    number = _read_number(holes.get("retry_after"))
    if number is None:
        return None
    value, unit = number
    return value * _SECONDS.get(unit[:1] or "s", 1)


def _read_number(text: str | None) -> tuple[float, str] | None:
    found = _NUMBER.search(text or "")
    if not found:
        return None
    digits = re.sub(r"[,' ]", "", found[1])
    try:
        return float(digits[:15]), found[2].lower()
    except ValueError:
        return None

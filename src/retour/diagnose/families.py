"""Which causes can be true of one failure at once, and which fit an enhanced status code.

Two claims contradict each other only where they share no family. The families are wide on purpose:
a contradiction that is shown must be one (RFC 3463 gives codes a meaning, servers use them
loosely).
"""

_MEMBERS: dict[str, str] = {
    # Who it was for: "no such user" and "account closed" are one finding in two wordings.
    "destination": "user-unknown address-malformed mailbox-disabled mailbox-moved suppressed"
    " domain-not-found no-mail-host",
    "closed": "mailbox-disabled recipient-restricted mailbox-moved suppressed",
    "room": "mailbox-full system-full too-large",
    "size": "too-large mailbox-full",
    "network": "unreachable dns-failure domain-not-found no-mail-host expired tls-failed"
    " system-error misconfigured",
    "temporary": "expired greylisted rate-limited unreachable dns-failure system-error system-full"
    " mailbox-full tls-failed",
    "loop": "routing-loop duplicate-refused misconfigured",
    "system": "system-error system-full misconfigured protocol-error unreachable dns-failure",
    "protocol": "protocol-error malformed-message encoding-unsupported auth-required tls-failed"
    " address-malformed too-many-recipients",
    "content": "spam-content virus attachment-refused url-blocklisted malformed-message"
    " encoding-unsupported policy-refused moderation-rejected too-large domain-blocklisted",
    "policy": "policy-refused recipient-restricted moderation-rejected relay-denied auth-required"
    " tls-failed spf-failed dkim-failed dmarc-failed authentication-failed sender-rejected"
    " sender-domain-invalid host-identity ip-blocklisted domain-blocklisted url-blocklisted"
    " rate-limited greylisted spam-content virus attachment-refused duplicate-refused"
    " too-many-recipients suppressed",
}

_FAMILIES: dict[str, frozenset[str]] = {}
for _family, _names in _MEMBERS.items():
    for _name in _names.split():
        _FAMILIES[_name] = _FAMILIES.get(_name, frozenset()) | {_family}

# Causes that fit a code's subject and detail (RFC 3463 §3, RFC 5248, RFC 7372 and others), as
# families and single causes. A code that is not here says nothing that words could contradict:
# undefined codes (x.y.0), those that providers fill as they like (x.7.1), private ones (x.7.606).
_FITTING: dict[str, str] = {
    "1.1": "destination closed",
    "1.2": "destination network",
    "1.3": "destination protocol",
    "1.4": "destination misconfigured",
    "1.6": "destination closed",
    "1.7": "sender-rejected sender-domain-invalid policy",
    "1.8": "sender-rejected sender-domain-invalid policy dns-failure",
    "1.10": "destination",
    "2.1": "destination closed rate-limited policy-refused system-error",
    "2.2": "room rate-limited",
    "2.3": "size",
    "2.4": "misconfigured recipient-restricted loop system",
    "3.1": "room system",
    "3.2": "system policy temporary",
    "3.3": "protocol system",
    "3.4": "size",
    "3.5": "misconfigured loop system network",
    "4.1": "network temporary",
    "4.2": "network temporary",
    "4.3": "network temporary",
    "4.4": "network destination misconfigured",
    "4.5": "temporary system",
    "4.6": "loop",
    "4.7": "temporary network system policy",
    "5.1": "protocol policy system",
    "5.2": "protocol policy system",
    "5.3": "too-many-recipients rate-limited",
    "5.4": "protocol policy system",
    "5.5": "protocol",
    "6.1": "content protocol",
    "6.2": "content protocol",
    "6.3": "content protocol",
    "6.5": "content protocol",
    "6.6": "content protocol",
    "6.7": "protocol",
    "6.9": "protocol",
    "7.2": "policy closed",
    "7.5": "protocol tls-failed dkim-failed",
    "7.7": "content protocol",
    "7.8": "auth-required policy",
    "7.9": "auth-required policy",
    "7.10": "tls-failed auth-required",
    "7.13": "closed auth-required policy",
    "7.17": "destination",
    "7.18": "destination",
    "7.20": "policy",
    "7.21": "policy",
    "7.22": "policy",
    "7.23": "policy",
    "7.24": "policy dns-failure",
    "7.25": "policy dns-failure",
    "7.26": "policy",
    "7.27": "policy",
    "7.28": "policy",
    "7.29": "policy",
}


def _spell_out(names: str) -> frozenset[str]:
    causes: set[str] = set()
    for name in names.split():
        causes.update(_MEMBERS[name].split() if name in _MEMBERS else (name,))
    return frozenset(causes)


_FITS: dict[str, frozenset[str]] = {code: _spell_out(names) for code, names in _FITTING.items()}
_LOOSE = frozenset({"unknown", "expired"})


def are_compatible(one: str, other: str) -> bool:
    """Say whether two causes can both be true of one failure.

    ``unknown`` and ``expired`` fit everything: a time that ran out had some reason.
    """
    if one == other or one in _LOOSE or other in _LOOSE:
        return True
    return not _FAMILIES.get(one, frozenset()).isdisjoint(_FAMILIES.get(other, frozenset()))


def fits_status(cause: str, status: str) -> bool:
    """Say whether a cause can stand behind an enhanced status code.

    Args:
        cause: a name of the closed list.
        status: ``class.subject.detail``.

    Returns:
        True also for codes without a meaning of their own.
    """
    if cause in _LOOSE:
        return True
    fitting = _FITS.get(status.partition(".")[2])
    return fitting is None or cause in fitting


def is_undefined(status: str) -> bool:
    """Say whether a code is ``x.0.0``, which no reply can contradict."""
    return status.endswith(".0.0")

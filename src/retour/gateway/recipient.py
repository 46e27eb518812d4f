"""Who reads what comes to an address: a person, or a program that handles returned mail.

Programs find out by the address alone for whom a report is (VERP, SRS) and read its parts; a
rewritten one helps nobody there.
"""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

# Names of roles: mailing lists (RFC 2142 §6 and the habits of Mailman, ezmlm, Majordomo, Sympa,
# LISTSERV), and addresses that nobody reads.
_ROLE = re.compile(
    r"(?:owner|request|errors?|bounces?|return|verp)[-+_=].*"
    r"|.*[-+_](?:owner|request|errors?|bounces?)(?:[-+_=].*)?"
    r"|bounces?\..*"
    r"|.*-return-.*"
    r"|bounces?|returns?|double-bounce|mailer-daemon|no-?reply|do-?not-?reply|devnull|nobody"
)
# SRS (a forwarder rewrote the sender) and VERP (the recipient's address inside the sender's).
_SRS = re.compile(r"srs[01][-+=].*")
_VERP = re.compile(r".*[-+._].*=[a-z0-9-]+(?:\.[a-z0-9-]+)+")
# BATV (draft-levine-smtp-batv): a person's own address with a signature in front.
_BATV = re.compile(r"prvs=(?:[0-9a-z]{10}=(.+)|(.+)/[0-9a-z]{10})", re.I)
_BATV_OTHER = re.compile(r"btv1==[0-9a-z]+==(.+)", re.I)


def strip_signature(local: str) -> str:
    """Return a local part without a BATV signature in front of it."""
    found = _BATV.fullmatch(local) or _BATV_OTHER.fullmatch(local)
    return next(part for part in found.groups() if part) if found else local


def is_for_program(address: str) -> bool:
    """Tell whether an address belongs to a program, as far as its form shows.

    A BATV signature (``prvs=``) does not make it one: the mailbox behind it is a person's.
    """
    local, at_sign, _ = address.rpartition("@")
    local = strip_signature(local if at_sign else address).lower()
    return not local or any(form.fullmatch(local) for form in (_ROLE, _SRS, _VERP))


def is_listed(address: str, patterns: Iterable[str]) -> bool:
    """Tell whether an address matches one of an operator's patterns.

    Args:
        address: as in the envelope.
        patterns: in small letters: ``address@domain``, ``@domain``, with ``*`` and ``?``.
    """
    address = address.lower()
    return any(
        fnmatchcase(address, f"*{pattern}" if pattern.startswith("@") else pattern)
        for pattern in patterns
    )


def find_domain(address: str) -> str:
    """Return an address's domain in small letters."""
    return address.rpartition("@")[2].lower().rstrip(".")


def is_within(domain: str, domains: Iterable[str]) -> bool:
    """Tell whether a domain is one of these; ``.example.com`` stands for all below it."""
    return any(domain.endswith(own) if own.startswith(".") else domain == own for own in domains)

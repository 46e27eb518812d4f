"""Whether a message is rewritten, and into what: bytes and envelope in, a decision out.

Nothing here waits or looks anything up, except by the `Verify` that is passed in.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from retour.analyse import explain
from retour.gateway.batv import is_signed_by_us
from retour.gateway.recipient import find_domain, is_for_program, is_listed, is_within
from retour.model.analysis import Analysis
from retour.rendering.catalogues import find_catalogue
from retour.rendering.mailheader import carries_mark
from retour.rendering.printing import AUTO, render
from retour.wire.header import split_fields

if TYPE_CHECKING:
    from retour.model.document import Scope
    from retour.rendering.letterhead import Letterhead

Reason = Literal[
    "report",
    "no-recipient",
    "program-recipient",
    "listed-recipient",
    "too-large",
    "marked",
    "signed",
    "kind",
    "unverified",
    "same",
]
"""Why a message with a null sender was rewritten (``report``) or not."""

Verdict = Literal["rewritten", "unchanged"]

Verify = Callable[[Analysis, tuple[str, ...]], bool | None]
"""Tells whether we sent what a report is about (design: *verified*), which came to these addresses;
None: cannot be known."""

Weigh = Callable[[Analysis], Analysis]
"""Adds what the trail knows of the original; gives the answer back as it was where it is away."""

KINDS = frozenset(("failure", "delay", "mixed"))
"""What people have to know; successes and the like stay as they are."""

_SIGNATURES = frozenset(("dkim-signature", "arc-message-signature", "domainkey-signature"))


@dataclass(frozen=True, slots=True)
class Policy:
    """What an operator decided.

    Attributes:
        domains: the organisation's own; ``.example.com`` for all below it.
        never_to: patterns of addresses whose mail stays as it is.
        size_max_bytes: a message stays as it is that is larger, or would be when rewritten.
        rewrite_signed: whether reports with a DKIM signature are rewritten, which breaks it.
        with_banner: whether a report from outside that nobody can verify is rewritten, too, with a
            banner that says so; else it stays as it is.
        batv_keys: of signed return paths.
        language: BCP 47, or ``auto``.
        languages: by ``address@domain``, ``domain`` or ``.domain``.
        language_header: the field of a report (or of the original in it) that names a language.
        letterhead: for HTML.
        texts: a folder of catalogues that replace single texts.
        pages: where a server of ours explains codes and causes; empty: nowhere.
    """

    domains: tuple[str, ...] = ()
    never_to: tuple[str, ...] = ()
    size_max_bytes: int = 2_000_000
    rewrite_signed: bool = False
    with_banner: bool = False
    batv_keys: tuple[str, ...] = ()
    language: str = AUTO
    languages: Mapping[str, str] = field(default_factory=dict)
    language_header: str = ""
    letterhead: "Letterhead | None" = None
    texts: Path | None = None
    pages: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """For whom a message with a null sender is.

    Attributes:
        recipients: without angle brackets.
        is_own: whether the mail server itself wrote the message.
    """

    recipients: tuple[str, ...]
    is_own: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a message.

    Attributes:
        verdict: what was done.
        reason: why.
        kind: what the message is; empty where it was not read.
        causes: of the recipients' failures, without repetition.
        verified: whether we sent what it is about, where that was asked.
        raw: the new message, with CRLF; empty where nothing changes.
    """

    verdict: Verdict
    reason: Reason
    kind: str = ""
    causes: tuple[str, ...] = ()
    verified: bool | None = None
    raw: bytes = b""


def screen_envelope(envelope: Envelope, policy: Policy) -> Reason | None:
    """Return why nothing is rewritten for these recipients; None: nothing speaks against it."""
    if not envelope.recipients:
        return "no-recipient"
    if any(map(is_for_program, envelope.recipients)):
        return "program-recipient"
    if any(is_listed(recipient, policy.never_to) for recipient in envelope.recipients):
        return "listed-recipient"
    return None


def screen_header(header: bytes, policy: Policy) -> Reason | None:
    """Return why a message with this header stays as it is; None: nothing speaks against it.

    Args:
        header: all fields, with CRLF, and the empty line.
        policy: the operator's.
    """
    if carries_mark(header):
        return "marked"
    if not policy.rewrite_signed:
        text = header.decode("latin-1").replace("\r\n", "\n")
        if any(name in _SIGNATURES for name, _ in split_fields(text)):
            return "signed"
    return None


def decide(
    raw: bytes,
    envelope: Envelope,
    policy: Policy,
    *,
    today: int,
    verify: Verify | None = None,
    weigh: Weigh | None = None,
) -> Decision:
    """Decide about a message that passed both screens.

    Args:
        raw: the message, with CRLF.
        envelope: for whom it is.
        policy: the operator's.
        today: days since 1970-01-01, for signed return paths.
        verify: asks the trail; None: there is none.
        weigh: adds what the trail knows; None: there is none.

    Returns:
        The decision. A report from outside is rewritten only where it is verified, or with a
        banner: a forged one must not get our words.
    """
    analysis = explain(raw)
    kind = analysis.report.kind
    causes = _list_causes(analysis)
    if kind not in KINDS:
        return Decision("unchanged", "kind", kind, causes)
    verified = envelope.is_own or _verify(analysis, envelope, policy, today, verify)
    if not verified and not policy.with_banner:
        return Decision("unchanged", "unverified", kind, causes, verified)
    if verified and weigh is not None:
        analysis = weigh(analysis)
        causes = _list_causes(analysis)
    new = render(
        analysis,
        format="eml",
        language=choose_language(analysis, envelope, policy),
        scope=choose_scope(envelope, policy),
        letterhead=policy.letterhead,
        texts=policy.texts,
        doubtful=not verified,
        pages=policy.pages,
    )
    if new == raw:
        return Decision("unchanged", "same", kind, causes, verified)
    if len(new) > policy.size_max_bytes:
        # A server that finds our mail too large would keep the report from its reader.
        return Decision("unchanged", "too-large", kind, causes, verified)
    reason: Reason = "report" if verified else "unverified"
    return Decision("rewritten", reason, kind, causes, verified, new)


def _list_causes(analysis: Analysis) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found.cause for found in analysis.diagnoses if found))


def choose_scope(envelope: Envelope, policy: Policy) -> "Scope":
    """Return ``internal`` where every recipient is within the organisation."""
    inside = (
        is_within(find_domain(recipient), policy.domains) for recipient in envelope.recipients
    )
    return "internal" if all(inside) else "external"


def choose_language(analysis: Analysis, envelope: Envelope, policy: Policy) -> str:
    """Return the first recipient's language.

    The map comes first (address, domain, domains above it), then the header field, then the
    setting, which may be ``auto``.
    """
    address = envelope.recipients[0].lower()
    domain = find_domain(address)
    labels = domain.split(".")
    above = ["." + ".".join(labels[n:]) for n in range(1, len(labels))]
    for key in (address, domain, *above):
        if key in policy.languages:
            return policy.languages[key]
    return _read_language(analysis, policy.language_header) or policy.language


def _read_language(analysis: Analysis, field_name: str) -> str | None:
    """Return the language that a field of the original or of the report names, if we have it."""
    if not field_name:
        return None
    original = analysis.report.original
    for block in (original.header_block if original else "", analysis.report.headers):
        for name, text in split_fields(block):
            if name == field_name.lower():
                tag = text.partition(":")[2].partition(",")[0].partition(";")[0].strip()
                return tag if find_catalogue(tag) else None
    return None


def _verify(
    analysis: Analysis, envelope: Envelope, policy: Policy, today: int, verify: Verify | None
) -> bool | None:
    """Ask the signed return path, then the trail."""
    signed = [
        is_signed_by_us(recipient, policy.batv_keys, today) for recipient in envelope.recipients
    ]
    if True in signed:
        return True
    known = verify(analysis, envelope.recipients) if verify else None
    return known if known is not None else (False if False in signed else None)

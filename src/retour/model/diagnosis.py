"""What we conclude about one recipient, and from what."""

from retour.model.value import value
from retour.model.vocabulary import (
    Actor,
    ContradictionKind,
    Outcome,
    Retry,
    Scope,
    Speaker,
    StoppedAt,
    Weight,
)


@value(frozen=True, slots=True)
class Evidence:
    """One statement that supports or contradicts a cause.

    Attributes:
        speaker: who said it.
        where: where it stands (part path and field, or ``text/LINE``).
        quote: the words that were read.
        cause: the cause that they speak for.
        rule: the id of the rule that read them.
        weight: how much they carry.
    """

    speaker: Speaker
    where: str
    quote: str
    cause: str
    rule: str
    weight: Weight


@value(frozen=True, slots=True)
class Contradiction:
    """Two claims that cannot both be true.

    Attributes:
        claim: the claim that we do not follow, quoted.
        against: what stands against it, quoted.
        kind: how they clash; each kind is one sentence in the catalogues, table ``why``.
    """

    claim: str
    against: str
    kind: ContradictionKind


@value(frozen=True, slots=True)
class Alternative:
    """A runner-up with its share of confidence (0 to 1)."""

    cause: str
    confidence: float


@value(frozen=True, slots=True)
class Facts:
    """What the words gave away, filled into the texts for people.

    Attributes:
        new_address: where the recipient has moved to.
        ip: the address that was refused.
        url: the page that the remote names.
        size_limit: bytes.
        retry_after: seconds.
        suggested_address: a likely right spelling; a suggestion, never a correction.
    """

    new_address: str | None = None
    ip: str | None = None
    url: str | None = None
    size_limit: int | None = None
    retry_after: float | None = None
    suggested_address: str | None = None


@value(frozen=True, slots=True)
class Diagnosis:
    """The conclusion for one recipient.

    Attributes:
        cause: a name of the closed list of causes.
        confidence: calibrated: of the answers given 0.9, nine in ten are right.
        outcome: whether the recipient has the message.
        permanent: would the same message fail again in an hour? None for ``unknown`` causes.
        retry: whether sending again makes sense.
        actor: who has to act.
        scope: what the failure is about.
        stopped_at: the station where the message stopped.
        rejected_by: the host that refused or failed.
        facts: what the words gave away.
        evidence: for the cause first, then against.
        contradictions: claims that do not fit each other.
        alternatives: runners-up, most likely first.
    """

    cause: str
    confidence: float
    outcome: Outcome
    permanent: bool | None
    retry: Retry
    actor: Actor
    scope: Scope
    stopped_at: StoppedAt
    rejected_by: str | None
    facts: Facts
    evidence: tuple[Evidence, ...]
    contradictions: tuple[Contradiction, ...]
    alternatives: tuple[Alternative, ...]

"""The values that knowledge is made of: causes, rules, matches, and the whole.

One rule: nothing here reads a file or a text; `load` makes these values, `match` applies them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, get_args

from retour.model.vocabulary import Actor, Retry, Scope

Tier = Literal["receiver", "server", "phrase", "status", "generic", "vague", "code"]
"""Who speaks, most telling first.

``receiver``: a provider's or filter product's own words and tags; ``server``: an MTA product's own
words; ``phrase``: words that many use; ``status``: a telling enhanced status code; ``generic``:
vague words; ``vague``: a vague enhanced status code (x.y.0, x.7.1); ``code``: the three digits.
"""

TIERS: tuple[Tier, ...] = get_args(Tier)

FACTS = ("new_address", "ip", "url", "size_limit", "retry_after")
"""What the hole of a rule may fill (`retour.model.diagnosis.Facts`)."""


class KnowledgeError(ValueError):
    """Broken knowledge data; the message is one sentence with the file and the rule."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One of the closed list of causes, with what is usual for it.

    Attributes:
        name: for example ``mailbox-full``.
        says: one plain sentence.
        actor: who usually has to act.
        permanent: would the same message usually fail again in an hour?
        scope: what would have to be another one for the mail to pass.
        retry: whether sending again usually makes sense.
        borderline: where it ends and another cause begins; empty where nothing is to be said.
    """

    name: str
    says: str
    actor: Actor
    permanent: bool
    scope: Scope
    retry: Retry
    borderline: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A quotation with holes (or a bare code), what it means, and who says so.

    Attributes:
        id: unique, ``file/slug``.
        tier: who speaks.
        cause: a name of the closed list.
        text: the wordings, any of which speaks; empty for bare code rules.
        status: enhanced status codes that the reply must have one of (``5.2.1``, ``x.2.2``,
            ``5.7.606-649``); empty: any.
        code: reply codes that the reply must have one of; empty: any.
        remote: names that the rejecting host's name must be or end with; empty: any host.
        actor: who has to act, where it is not the cause's usual actor; else None.
        permanent: likewise.
        yields_to: ids of rules that win where both speak.
        facts: which hole fills which fact, as (fact, hole) pairs.
        source: the page, standard, source file or sample that the rule was derived from.
        checked: ISO date on which the source was last looked at.
        examples: replies that the rule must win.
        counter_examples: replies that it must not match.
        file: where the rule stands, relative to the data folder.
    """

    id: str
    tier: Tier
    cause: str
    text: tuple[str, ...]
    status: tuple[str, ...]
    code: tuple[int, ...]
    remote: tuple[str, ...]
    actor: Actor | None
    permanent: bool | None
    yields_to: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    source: str
    checked: str
    examples: tuple[str, ...]
    counter_examples: tuple[str, ...]
    file: str

    @property
    def conditions(self) -> int:
        """How much is demanded of the reply besides its words; more is more specific."""
        return 2 * bool(self.remote) + bool(self.status) + bool(self.code)


class Match(NamedTuple):
    """A rule that speaks about a text, and where.

    A tuple, because a frozen dataclass takes four times as long to make, and each reply makes
    several.

    Attributes:
        rule: the rule.
        quote: the words that it read, as the text spells them (white space folded); for a bare
            code rule the code.
        start: offset of the quote in the folded text.
        end: offset behind it; 0 (like ``start``) where a code does not stand in the text.
        facts: what the holes caught, by fact name, as written (``"10 MB"``).
        literal: how many literal characters matched; more is more specific.
    """

    rule: Rule
    quote: str
    start: int
    end: int
    facts: Mapping[str, str]
    literal: int = 0


class Matcher(Protocol):
    """What finds the rules that speak; see `match.Index`."""

    def match(
        self,
        text: str,
        code: int | None,
        status: str | None,
        remote: str | None,
        *,
        one_a_cause: bool,
    ) -> list[Match]:
        """Return every rule that speaks, best first; or of each cause the best."""
        ...  # pragma: no cover - a protocol has no body


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything that is known, ready to be asked. Made by `load.load`.

    Attributes:
        causes: the closed list, by name.
        rules: all rules, by id.
        statuses: IANA's words for enhanced status codes, by ``X.subject.detail``.
        codes: the RFCs' words for three-digit reply codes.
        matcher: the compiled rules.
    """

    causes: Mapping[str, Cause]
    rules: Mapping[str, Rule]
    statuses: Mapping[str, str]
    codes: Mapping[int, str]
    matcher: Matcher

    def match(
        self,
        text: str,
        *,
        code: int | None = None,
        status: str | None = None,
        remote: str | None = None,
        one_a_cause: bool = False,
    ) -> list[Match]:
        """Return every rule that speaks about a reply, best first.

        Args:
            text: one reply's words; read up to `match.TEXT_MAX` characters.
            code: its three-digit reply code.
            status: its enhanced status code, ``5.1.1``.
            remote: the name of the host that gave it.
            one_a_cause: leave out rules for a cause that a better one speaks for.

        Returns:
            Matches by tier, then by ``yields_to``, then by literal characters; bare code rules
            included. Never raises on content.
        """
        return self.matcher.match(text, code, status, remote, one_a_cause=one_a_cause)

    def describe_status(self, status: str) -> str | None:
        """Return the registry's words for an enhanced status code, None where it has none."""
        _, dot, rest = status.partition(".")
        return self.statuses.get("X." + rest) if dot else None

    def describe_code(self, code: int) -> str | None:
        """Return the RFC's words for a reply code, None where the list has none."""
        return self.codes.get(code)

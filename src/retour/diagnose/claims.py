"""What the statements about one recipient claim, strongest first.

Order (innermost voice first, three parties kept apart): the server that refused, by words or by a
telling status code; then the reporter's words and code; then the ``Status`` field, wrappers and
their codes; then vague words and bare numbers, in the same order of speakers.
"""

from operator import attrgetter
from typing import Literal, NamedTuple

from retour.diagnose.families import fits_status
from retour.knowledge.schema import Knowledge, Match, Tier
from retour.model.diagnosis import Evidence
from retour.model.report import Recipient, Statement
from retour.model.vocabulary import Speaker, Weight

TELLING: frozenset[Tier] = frozenset({"receiver", "server", "phrase"})
"""Tiers whose rules read words that mean one thing."""

Voice = Literal["remote", "reporter", "wrapper", "notice"]
"""Speakers as they rank: a whole notice holds words of everybody, so it ranks on its own."""

# Weight of a claim by who speaks and how clearly: smaller is stronger. Words of one voice rank by
# the order of its statements, not by tier: inside one statement the knowledge has ranked them.
_RANKS: dict[Voice, dict[Tier, int]] = {
    "remote": {"receiver": 0, "server": 0, "phrase": 0, "status": 1, "generic": 6, "vague": 9},
    "reporter": {"receiver": 2, "server": 2, "phrase": 2, "status": 3, "generic": 8, "vague": 9},
    # A wrapper's vague words name the step of the conversation, not the reason.
    "wrapper": {"receiver": 4, "server": 4, "phrase": 4, "status": 5},
    "notice": {"receiver": 7, "server": 7, "phrase": 7, "status": 8, "generic": 8, "vague": 10},
}
_VOICES: dict[Speaker, Voice] = {"remote": "remote", "wrapper": "wrapper"}
_CODE_RANK = 11
_FIELD_RANK = 4
_BELOW_FIELD_RANK = 5
# These write "Status: 5.0.0", or one of their own making, whatever the remote said (measured on
# real servers); their field is the last resort.
_CARELESS = frozenset({"exim", "courier", "opensmtpd"})
_CARELESS_RANK = 11
_FIELD_SPEAKER: Speaker = "reporter"
_WHOLE_NOTICE = "text"
# A reason in prose is a sentence or two; what is longer holds footers and advice.
_REASON_MAX = 400
_EXPIRED = "expired"
_BY_STRENGTH = attrgetter("rank", "position")


class Claim(NamedTuple):
    """One statement read by one rule.

    A tuple, because each recipient has several and a frozen dataclass takes four times as long to
    make.

    Attributes:
        statement: what was said, by whom.
        match: the rule and the words that it read.
        rank: how strong; smaller is stronger.
        position: of the statement, innermost voice first.
        voice: as whom the statement ranks.
        cause: the cause that the claim speaks for.
        tier: how telling the rule is.
        telling: whether the words mean one thing.
        firm: whether they do and were said about this failure, not somewhere.
    """

    statement: Statement
    match: Match
    rank: int
    position: int
    voice: Voice
    cause: str
    tier: Tier
    telling: bool
    firm: bool

    def evidence(self, weight: Weight) -> Evidence:
        """Return the claim as evidence of a given weight."""
        statement = self.statement
        return Evidence(
            speaker=statement.speaker,
            where=statement.where,
            quote=self.match.quote,
            cause=self.cause,
            rule=self.match.rule.id,
            weight=weight,
        )


def gather_claims(
    recipient: Recipient, producer: str | None, knowledge: Knowledge, *, alone: bool = True
) -> tuple[Claim, ...]:
    """Read every statement about a recipient and its ``Status`` field; strongest claim first.

    Args:
        recipient: the claims of the report.
        producer: the system that wrote the notice.
        knowledge: the rules.
        alone: whether the report is about this recipient only, or gives no recipient a reply
            of its own, so that its words are meant for each.
    """
    claims: list[Claim] = []
    seen: set[str] = set()
    said: set[str | None] = set()
    firm = False
    for index, statement in enumerate(recipient.statements):
        # A notice repeats what its machine part says; its prose is the last resort, and the whole
        # of it speaks of all recipients.
        others = not alone and index > 0 and statement.where == _WHOLE_NOTICE
        if statement.text in seen or others or (firm and is_prose(statement)):
            continue
        seen.add(statement.text)
        if statement.reply:
            said.add(statement.reply.status)
        read = _read(statement, index, recipient, producer, knowledge)
        firm = firm or any(_settles(claim) for claim in read)
        claims += read
    # Beside telling words the field is no claim of its own: it can only fit them or not.
    if recipient.status_field and not firm and recipient.status_field not in said:
        claims += _read_field(recipient, producer, knowledge)
    claims.sort(key=_BY_STRENGTH)
    return tuple(claims)


def _read(
    statement: Statement,
    index: int,
    recipient: Recipient,
    producer: str | None,
    knowledge: Knowledge,
) -> list[Claim]:
    reply, speaker = statement.reply, statement.speaker
    matches = knowledge.match(
        statement.text,
        code=reply.code if reply else None,
        status=reply.status if reply else None,
        remote=recipient.remote_mta if speaker == "remote" else None,
        # The first match of each cause speaks for all weaker ones of that cause.
        one_a_cause=True,
    )
    if not matches:
        return []
    voice = _voice(statement)
    ranks = _RANKS[voice]
    prose = is_prose(statement)
    long_prose = prose and len(statement.text) > _REASON_MAX
    field = recipient.status_field if prose and producer not in _CARELESS else None
    claims: list[Claim] = []
    for match in matches:
        cause, tier = match.rule.cause, match.rule.tier
        rank = ranks.get(tier, _CODE_RANK)
        if rank == _CODE_RANK and speaker == "wrapper":
            continue
        telling = tier in TELLING
        # A vague word somewhere in a long text is advice or a footer, not the reason.
        if long_prose and not telling:
            continue
        # Prose that does not fit the code beside it may be a footer about something else.
        if field and rank < _BELOW_FIELD_RANK and not fits_status(cause, field):
            rank = _BELOW_FIELD_RANK
        firm = telling and voice != "notice"
        claims.append(Claim(statement, match, rank, index, voice, cause, tier, telling, firm))
    return claims


def _settles(claim: Claim) -> bool:
    """Say whether a claim is so plain that weaker voices need not be heard."""
    return claim.firm and claim.rank < _FIELD_RANK and claim.cause != _EXPIRED


def is_prose(statement: Statement) -> bool:
    """Say whether a statement is words for people around or beside a reply."""
    return statement.reply is None and statement.where.startswith(_WHOLE_NOTICE)


def _is_rambling(statement: Statement) -> bool:
    """Say whether a text is the whole notice, or so much of it that it speaks of other things."""
    if statement.where == _WHOLE_NOTICE:
        return True
    return len(statement.text) > _REASON_MAX and statement.where.startswith(_WHOLE_NOTICE)


def _voice(statement: Statement) -> Voice:
    if statement.reply is None and _is_rambling(statement):
        return "notice"
    return _VOICES.get(statement.speaker, "reporter")


def _read_field(recipient: Recipient, producer: str | None, knowledge: Knowledge) -> list[Claim]:
    status = recipient.status_field or ""
    statement = Statement(_FIELD_SPEAKER, _field_place(recipient), status, None)
    careless = producer in _CARELESS
    index = len(recipient.statements)
    claims: list[Claim] = []
    for match in knowledge.match("", status=status):
        cause, tier = match.rule.cause, match.rule.tier
        rank = _CARELESS_RANK if careless or tier != "status" else _FIELD_RANK
        # Codes are no words: none of them is telling.
        claims.append(
            Claim(statement, match, rank, index, "reporter", cause, tier, telling=False, firm=False)
        )
    return claims


def _field_place(recipient: Recipient) -> str:
    for statement in recipient.statements:
        group, slash, _ = statement.where.rpartition("/")
        if slash and group.startswith("delivery-status/"):
            return group + "/Status"
    return "delivery-status/Status"

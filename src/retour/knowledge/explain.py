"""Why one rule won: every rule that speaks about a reply, with the reason for its place."""

from dataclasses import dataclass

from retour.knowledge.schema import Knowledge, Match


@dataclass(frozen=True, slots=True)
class Ranked:
    """A match and why it stands where it does, in one sentence."""

    match: Match
    reason: str


def explain_match(
    knowledge: Knowledge,
    text: str,
    *,
    code: int | None = None,
    status: str | None = None,
    remote: str | None = None,
) -> list[Ranked]:
    """Return every rule that speaks, best first, each but the first with what beat it.

    Args: as `Knowledge.match`.
    """
    matches = knowledge.match(text, code=code, status=status, remote=remote)
    return [
        Ranked(match, _beaten_by(match, matches[n - 1], matches) if n else _won(matches))
        for n, match in enumerate(matches)
    ]


def _won(matches: list[Match]) -> str:
    if len(matches) == 1:
        return "the only rule that speaks"
    return f"wins over {matches[1].rule.id}"


def _beaten_by(match: Match, above: Match, matches: list[Match]) -> str:
    """Return the reason why a match stands below the one above it."""
    ahead = {one.rule.id for one in matches[: matches.index(match)]}
    yielded = [one for one in match.rule.yields_to if one in ahead]
    if yielded:
        return f"yields to {yielded[0]}"
    if match.rule.tier != above.rule.tier:
        return f"tier {match.rule.tier} ranks below tier {above.rule.tier}"
    if match.literal != above.literal:
        return f"{match.literal} literal characters against {above.literal} of {above.rule.id}"
    if match.rule.conditions != above.rule.conditions:
        return f"sets fewer conditions than {above.rule.id}"
    return f"stands later in the reply than {above.rule.id}"

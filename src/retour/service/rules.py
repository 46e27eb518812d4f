"""Looks into the rules: which speak about a reply, and whether they all hold."""

from retour.knowledge.audit import Finding, audit
from retour.knowledge.explain import Ranked, explain_match
from retour.knowledge.load import load
from retour.wire.reply import parse_reply, unwrap


def rank_rules(text: str) -> list[Ranked]:
    """Name every rule that speaks about a reply's innermost voice, best first, each with why.

    Args:
        text: a reply as a server gave it, wrappers and all.
    """
    inner = next(iter(unwrap(text)), text)
    reply = parse_reply(inner)
    return explain_match(
        load(),
        inner,
        code=reply.code if reply else None,
        status=reply.status if reply else None,
    )


def audit_rules() -> tuple[int, list[Finding]]:
    """Let the knowledge test itself.

    Returns:
        How many rules there are, and what is wrong with them.

    Raises:
        KnowledgeError: a data file that cannot even be read.
    """
    knowledge = load()
    return len(knowledge.rules), audit(knowledge, parse_reply)

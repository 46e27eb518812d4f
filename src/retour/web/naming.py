"""Names that the trail and its numbers have, in words."""

from collections.abc import Mapping
from functools import lru_cache

from retour.knowledge.load import load
from retour.rendering.cause import build_cause_document
from retour.web.page import Text


@lru_cache(maxsize=512)
def say_cause(name: str, language: str) -> str:
    """Return a cause in words; nothing for a name that is none."""
    if name not in load().causes:
        return ""
    part = build_cause_document(name, language=language).recipients[0]
    return part.sender.headline if part.sender else ""


def say_seconds(milliseconds: int) -> str:
    """Return a length of time in seconds."""
    return f"{milliseconds / 1000:g} s"


def say_narrowing(text: Text, asked: Mapping[str, str], name: str) -> str:
    """Return in words what a number of the overview narrows a search to.

    Args:
        text: the page's.
        asked: what is looked for.
        name: the field.
    """
    value = asked[name]
    if name == "cause":
        return say_cause(value, text.wording.language) or value
    if name == "actor":
        return text.label("actor", value, "row") or value
    if name == "trouble":
        return text("search", "trouble", value) or value
    if name in ("check_over_ms", "check_max_ms"):
        key = "longer" if name == "check_over_ms" else "up_to"
        return text("overview", key, time=say_seconds(int(value)))
    return value

"""The language that the reader of a report most likely reads best.

The reader is the person who sent the original. What tells of them, the most telling first:

1. ``Accept-Language`` of the original (RFC 3282 §3): the languages that its writer asks to be
   answered in. Outlook and Exchange write it from the languages that the person set up.
2. ``Content-Language`` of the original (RFC 3282 §2): the language that the person wrote in, or
   what the mail program took for it. Who writes a language can read it; it may not be their first.
3. The language of the notice. A notice of the sender's own system often speaks the sender's
   language, one of a foreign system only that of its administrators.

Where somebody else wrote the original under the reader's address, its fields tell of a stranger and
the notice alone counts.
"""

import re
from collections.abc import Iterator

from retour.model.analysis import Analysis
from retour.rendering.catalogues import FALLBACK, find_catalogue
from retour.wire.header import parse_headers

_COMMENT = re.compile(r"\([^()]*\)")
_TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
"""A language range without its private (``x-``) and old (``i-``) forms, which no catalogue has."""
_WEIGHT = re.compile(r"(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)")
_TAGS_MAX = 50


def choose_language(analysis: Analysis) -> str:
    """Return the language to write a report in where nobody chose one.

    Args:
        analysis: the claims and conclusions on one mail.

    Returns:
        A language that has a catalogue; English where nothing points to another one.
    """
    return next(filter(None, map(find_catalogue, _wishes(analysis))), FALLBACK)


def _wishes(analysis: Analysis) -> Iterator[str]:
    """Yield the tags that may be the reader's, the most telling first."""
    original = analysis.report.original
    if original and not analysis.backscatter:
        headers = parse_headers(original.header_block)
        for name in ("accept-language", "content-language"):
            yield from rank_tags(", ".join(headers.all(name)))
    if analysis.report.language:
        yield analysis.report.language


def rank_tags(value: str) -> tuple[str, ...]:
    """Read a list of language tags with weights, as RFC 9110 §12.5.4 and RFC 3282 §3 write it.

    Args:
        value: ``de-AT, de;q=0.9, en;q=0.5``. What is no tag is passed over, also ``*``.

    Returns:
        The tags, the heaviest first, equal ones in their order. Weight 0 means "not this one".
    """
    weighed: list[tuple[float, str]] = []
    for item in _COMMENT.sub(" ", value).split(",", _TAGS_MAX)[:_TAGS_MAX]:
        tag, *parameters = (part.strip() for part in item.split(";"))
        weight = _read_weight(parameters)
        if weight and _TAG.fullmatch(tag):
            weighed.append((weight, tag))
    weighed.sort(key=lambda pair: -pair[0])
    return tuple(tag for _, tag in weighed)


def _read_weight(parameters: list[str]) -> float:
    """Return the weight among an item's parameters: 1 without one, 0 for one that is no number."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            return float(value) if _WEIGHT.fullmatch(value := value.strip()) else 0.0
    return 1.0

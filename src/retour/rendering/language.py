"""The language in which a report is written where nobody chose one."""

from retour.model.analysis import Analysis
from retour.rendering.wording import FALLBACK, find_catalogue


def choose_language(analysis: Analysis) -> str:
    """Return the notice's language where there is a catalogue for it, else English."""
    language = analysis.report.language
    return (find_catalogue(language) if language else None) or FALLBACK

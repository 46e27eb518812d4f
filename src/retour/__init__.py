"""Retour reads mail that came back and tells people the truth about it.

>>> import retour
>>> retour.explain_reply("550 5.1.1 <info@example.net>: user unknown").diagnosis.cause
'user-unknown'

``explain`` takes the bytes of a mail (or the text of a bounce that somebody pasted) and returns an
`Analysis`; ``explain_reply`` takes one server reply or one code and returns a `ReplyAnalysis`. Both
are pure: no network, no clock, the same answer for the same bytes. ``render`` prints an analysis as
HTML, text or JSON.
"""

from retour.analyse import explain, explain_reply
from retour.model.analysis import Analysis, ReplyAnalysis
from retour.model.defect import Defect
from retour.model.diagnosis import Alternative, Contradiction, Diagnosis, Evidence, Facts
from retour.model.reply import Reply
from retour.model.report import Original, Recipient, Report, Statement
from retour.model.route import Hop, Route
from retour.rendering.printing import render
from retour.version import __version__

__all__ = [
    "Alternative",
    "Analysis",
    "Contradiction",
    "Defect",
    "Diagnosis",
    "Evidence",
    "Facts",
    "Hop",
    "Original",
    "Recipient",
    "Reply",
    "ReplyAnalysis",
    "Report",
    "Route",
    "Statement",
    "__version__",
    "explain",
    "explain_reply",
    "render",
]

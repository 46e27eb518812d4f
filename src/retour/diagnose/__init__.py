"""From claims to conclusions: cause, confidence, outcome, actor, and what contradicts what."""

from retour.diagnose.diagnosis import diagnose, diagnose_reply

__all__ = ["diagnose", "diagnose_reply"]

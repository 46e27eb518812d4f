"""Retour reads mail that came back and tells people the truth about it."""

__version__ = "0.1.0"

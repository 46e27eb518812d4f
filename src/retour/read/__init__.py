"""Bytes to what a mail claims: kind, standard parts, free-form notices, the original, its way."""

from retour.read.report import read

__all__ = ["read"]

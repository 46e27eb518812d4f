"""Captures: files of packets to SMTP sessions."""

from retour.ingest.capture.reader import PORTS, Capture

__all__ = ["PORTS", "Capture"]

"""Our own mails, in the manner of many systems."""

from pathlib import Path

from retour.model.report import Report
from retour.model.route import Route
from retour.read import read

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "mails"


def read_fixture(name: str) -> tuple[Report, Route]:
    """Read one of them by its name."""
    return read((FIXTURES / f"{name}.eml").read_bytes())

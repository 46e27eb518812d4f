"""The registries: what standards say a code means, verbatim. Our own reading of codes is rules.

Files and their origin: ``data/registries/MANIFEST.toml``.
"""

import csv
from pathlib import Path


def read_statuses(path: Path) -> dict[str, str]:
    """Return IANA's sample text by ``X.subject.detail`` (enhanced status codes registry)."""
    with path.open(encoding="utf-8", newline="") as lines:
        return {
            row["code"]: row["sample_text"] for row in csv.DictReader(lines) if row["sample_text"]
        }


def read_codes(path: Path) -> dict[int, str]:
    """Return the meaning by three-digit reply code."""
    with path.open(encoding="utf-8", newline="") as lines:
        return {int(row["code"]): row["meaning"] for row in csv.DictReader(lines)}

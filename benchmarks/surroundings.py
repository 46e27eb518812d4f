"""Where the labelled data and the installed command are."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("RETOUR_SHARED", ROOT.parent / "shared"))
COMMAND = Path(sys.executable).with_name("retour")


def has_shared() -> bool:
    """Tell whether the labelled data is here, and say so where it is not."""
    if (SHARED / "score.py").is_file():
        return True
    print(f"skipped: no labelled data in {SHARED}")
    return False


def read_corpus() -> list[bytes]:
    """Read the corpus' mails, each distinct one once."""
    folder = SHARED / "corpus"
    return list(
        dict.fromkeys(
            file.read_bytes()
            for file in sorted(folder.rglob("*"))
            if file.is_file()
            and "LICENSES" not in file.parts
            and file.name not in ("labels.jsonl", "README.md", "SOURCE.md")
        )
    )


def read_lab() -> list[bytes]:
    """Read the bounces that servers of a lab wrote; none of them is in the corpus."""
    return [file.read_bytes() for file in sorted((SHARED / "lab" / "bounces").glob("*.eml"))]

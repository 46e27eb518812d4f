"""Shared fixtures."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of labelled third-party data beside the checkout; skips where it is absent."""
    folder = Path(os.environ.get("RETOUR_SHARED", ROOT.parent / "shared"))
    if not (folder / "corpus" / "labels.jsonl").is_file():
        missing = "labelled mails are not here: ../shared/corpus/labels.jsonl"
        if os.environ.get("RETOUR_REQUIRE_SHARED"):
            pytest.fail(missing)
        pytest.skip(missing)
    return folder

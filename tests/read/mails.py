"""Our own mails, in the manner of many systems."""

import tomllib
from email.header import Header
from pathlib import Path
from typing import Any

from retour.model.report import Report
from retour.model.route import Route
from retour.read import read

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "mails"
NOTICES: list[dict[str, Any]] = tomllib.loads(
    (FIXTURES.parent / "notices.toml").read_text(encoding="utf-8")
)["case"]
"""Notices in many words, and mails that only look like one."""


def read_fixture(name: str) -> tuple[Report, Route]:
    """Read one of them by its name."""
    return read((FIXTURES / f"{name}.eml").read_bytes())


def write_mail(case: dict[str, Any]) -> bytes:
    """Write one of the `NOTICES` as the bytes that come in: a mail, or its words alone."""
    words = str(case["text"])
    if case.get("pasted"):
        return words.encode()
    fields = [
        f"Return-Path: {case.get('return_path', '<>')}",
        f"From: {case['from']}",
        "To: ann@example.org",
        f"Subject: {Header(case['subject'], 'utf-8', maxlinelen=200).encode()}",
        "Date: Tue, 10 Nov 2026 09:15:02 +0100",
        "Message-ID: <notice-1@example.net>",
        *([case["header"]] if "header" in case else []),
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
    ]
    return ("\n".join(fields) + "\n\n" + words).encode()

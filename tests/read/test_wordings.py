"""Notices in many systems' and languages' words, pasted dialogs, and mails that only look alike.

The cases are data, ``tests/fixtures/notices.toml``: what a mail says, and what it is.
"""

import tomllib
from email.header import Header
from typing import Any

import pytest
from mails import FIXTURES

from retour.read import read

_CASES: list[dict[str, Any]] = tomllib.loads(
    (FIXTURES.parent / "notices.toml").read_text(encoding="utf-8")
)["case"]
_NAMED = [case for case in _CASES if any(case.get("recipients", ()))]


def write_mail(case: dict[str, Any]) -> bytes:
    """Write a case as the bytes that come in: a mail, or its words alone."""
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


@pytest.mark.parametrize("case", _CASES, ids=[case["name"] for case in _CASES])
def test_a_mail_is_told_by_what_it_says(case: dict[str, Any]) -> None:
    """Reports are recognised in any wording; what only looks like one is left alone."""
    report, _ = read(write_mail(case))

    assert report.kind == case["kind"]


@pytest.mark.parametrize("case", _NAMED, ids=[case["name"] for case in _NAMED])
def test_the_recipients_that_the_words_name_are_found(case: dict[str, Any]) -> None:
    """All that are named, and nobody else: no sender, no postmaster, no owner of a list."""
    report, _ = read(write_mail(case))

    assert [one.address for one in report.recipients] == case["recipients"]

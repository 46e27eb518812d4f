"""Notices in many systems' and languages' words, pasted dialogs, and mails that only look alike.

The cases are data, ``tests/fixtures/notices.toml``: what a mail says, and what it is.
"""

from typing import Any

import pytest
from mails import NOTICES, write_mail

from retour.read import read

_NAMED = [case for case in NOTICES if any(case.get("recipients", ()))]


@pytest.mark.parametrize("case", NOTICES, ids=[case["name"] for case in NOTICES])
def test_a_mail_is_told_by_what_it_says(case: dict[str, Any]) -> None:
    """Reports are recognised in any wording; what only looks like one is left alone."""
    report, _ = read(write_mail(case))

    assert report.kind == case["kind"]


@pytest.mark.parametrize("case", _NAMED, ids=[case["name"] for case in _NAMED])
def test_the_recipients_that_the_words_name_are_found(case: dict[str, Any]) -> None:
    """All that are named, and nobody else: no sender, no postmaster, no owner of a list."""
    report, _ = read(write_mail(case))

    assert [one.address for one in report.recipients] == case["recipients"]

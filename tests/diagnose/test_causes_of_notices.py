"""Notices in many systems' and languages' words give the cause that they state."""

from typing import Any

import pytest
from mails import NOTICES, write_mail

import retour

_STATED = [case for case in NOTICES if "causes" in case]


@pytest.mark.parametrize("case", _STATED, ids=[case["name"] for case in _STATED])
def test_a_notice_gives_the_cause_that_it_states(case: dict[str, Any]) -> None:
    """Each recipient's words are read, in whatever language."""
    analysis = retour.explain(write_mail(case))

    assert [one.cause if one else None for one in analysis.diagnoses] == case["causes"]

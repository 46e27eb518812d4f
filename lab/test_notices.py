"""Notices of real servers, as Retour explains them."""

from lab.scenario import Scenario
from lab.world import World


def test_notice_is_explained(world: World, scenario: Scenario, server: str) -> None:
    """The notice that comes back gives each recipient's true cause and outcome."""
    expected = scenario.expected_of(server)
    notices = world.wait_for_notices(
        scenario.sender(server), {one.recipient for one in expected}
    )
    said = {}
    for notice in notices:
        assert notice.report is not None
        for recipient, diagnosis in zip(notice.report.recipients, notice.diagnoses, strict=True):
            if diagnosis is not None and recipient.action != "delayed":
                said[recipient.address] = (diagnosis.cause, diagnosis.outcome)
    for one in expected:
        cause, outcome = said[one.recipient]
        assert cause in one.cause, one.recipient
        assert outcome == one.outcome, one.recipient
    assert set(said) <= {one.recipient for one in expected}, "nobody else failed"

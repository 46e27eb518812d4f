"""Notices of real servers, as Retour explains them."""

from lab.scenario import Scenario
from lab.world import World, read_notices


def test_notice_is_explained(world: World, scenario: Scenario, server: str) -> None:
    """The notice that comes back gives each recipient's true cause and outcome."""
    expected = {(one.recipient, one.action): one for one in scenario.expected_of(server)}
    said = read_notices(world.wait_for_end(scenario, server))
    wrong = [
        f"{one.recipient}: {said[what].cause}, {said[what].outcome}"
        for what, one in expected.items()
        if said[what].cause not in one.cause or said[what].outcome != one.outcome
    ]
    assert wrong == []
    failed = {address for address, action in said if action == "failed"}
    assert failed <= {one.recipient for one in expected.values()}, "nobody else failed"

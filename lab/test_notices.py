"""Notices of real servers, as Retour explains them."""

import pytest

from lab.scenario import Scenario, list_pairs, name_pair
from lab.world import World, read_notices


@pytest.mark.parametrize("pair", list_pairs(), ids=name_pair)
def test_notice_is_explained(world: World, pair: tuple[Scenario, str]) -> None:
    """The notice that comes back gives each recipient's true cause and outcome."""
    scenario, server = pair
    expected = {(one.recipient, one.action): one for one in scenario.expected_of(server)}
    said = read_notices(world.wait_for_end(scenario, server))
    wrong = [
        f"{one.recipient}: {said[what].cause}, {said[what].outcome}"
        for what, one in expected.items()
        if said[what].cause not in one.cause or said[what].outcome not in one.outcome
    ]
    assert wrong == []
    failed = {address for address, action in said if action == "failed"}
    assert failed <= {one.recipient for one in expected.values()}, "nobody else failed"

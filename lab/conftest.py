"""What the scenarios share: one lab, with every mail handed in before the first is looked for."""

import os
from collections.abc import Iterator

import pytest

from lab.isolation import find_fault
from lab.scenario import Scenario, load_scenarios
from lab.world import World


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    """The lab, with all mails on their way: queues expire side by side, not one after another."""
    fault = find_fault()
    if fault is not None:
        if os.environ.get("RETOUR_REQUIRE_SERVERS"):
            pytest.fail(fault)
        pytest.skip(fault)
    world = World()
    try:
        world.hand_in_all(_pairs(load_scenarios()))
        yield world
    finally:
        world.close()


def _pairs(scenarios: list[Scenario]) -> list[tuple[Scenario, str]]:
    return [(scenario, server) for scenario in scenarios for server in scenario.via]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what asks for a scenario and a server once for each pair."""
    if {"scenario", "server"} <= set(metafunc.fixturenames):
        pairs = _pairs(load_scenarios())
        ids = [f"{scenario.name}-{server}" for scenario, server in pairs]
        metafunc.parametrize(("scenario", "server"), pairs, ids=ids)

"""What the scenarios share: one lab, with every mail handed in before the first is looked for."""

import os
from collections.abc import Iterator

import pytest

from lab.isolation import find_fault
from lab.scenario import list_pairs
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
        world.hand_in_all(list_pairs())
        yield world
    finally:
        world.close()

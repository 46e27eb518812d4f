"""What a trail knows that has read the logs of all the servers."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lab.scenario import Scenario, list_pairs, name_pair
from lab.world import World

NAMELESS = ("opensmtpd",)
"""Servers whose log names no Message-ID."""

RETOUR = str(Path(sys.executable).with_name("retour"))


@pytest.fixture(scope="module")
def outcomes(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], str]:
    """What became of each message for each recipient, asked when the last notice has come."""
    pairs = list_pairs()
    for scenario, server in pairs:
        world.wait_for_end(scenario, server)
    store = str(tmp_path_factory.mktemp("trail") / "trail.sqlite3")
    for host in world.hosts.values():
        for log in (log for log in host.logs if log.name != "retour.log"):
            _retour(
                "trail",
                "ingest",
                "--store",
                store,
                "--zone",
                "UTC",
                "--system",
                host.full_name,
                str(log),
            )
    asked = [scenario.message_id(server) for scenario, server in pairs]
    told = _retour("trail", "delivered", "--store", store, "--format", "json", *asked)
    return {
        (answer["message_id"], address): recipient["outcome"]
        for answer in map(json.loads, told.splitlines())
        for recipient in answer["recipients"]
        for address in (recipient["address"], recipient["final_recipient"])
    }


LOGGED = [pair for pair in list_pairs() if pair[0].logged and pair[1] not in NAMELESS]


@pytest.mark.parametrize("pair", LOGGED, ids=name_pair)
def test_trail_knows_what_became_of_it(
    outcomes: dict[tuple[str, str], str], pair: tuple[Scenario, str]
) -> None:
    """For each recipient the trail says whether the message was delivered, as it truly was."""
    scenario, server = pair
    message_id = scenario.message_id(server)
    failed = [one.recipient for one in scenario.expected_of(server)]
    wanted = dict.fromkeys(failed, "not-delivered") | dict.fromkeys(scenario.delivered, "delivered")
    known = {address: outcomes.get((message_id, address)) for address in wanted}
    assert known == wanted


def _retour(*arguments: str) -> str:
    """Return what a command prints."""
    done = subprocess.run([RETOUR, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout

"""Running milters for tests, and their log."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lab_postfix import wait_for
from running_milter import Running, Start

from retour.gateway.journal import open_log
from retour.gateway.rewriting import Policy
from retour.service.milter import Place


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start servers with ``start(policy, ...)``."""
    servers: list[Running] = []

    def begin(policy: Policy, place: Place | None = None, **options: Any) -> Running:
        servers.append(Running(place or Place(str(tmp_path / "milter.sock")), policy, **options))
        return servers[-1]

    yield begin
    open_log()  # what pytest captured for the test ended with it
    for server in servers:
        if server._thread.is_alive():
            server.stop()


@pytest.fixture
def read_log(capfd: pytest.CaptureFixture[str]) -> Callable[[int], list[dict[str, Any]]]:
    """Wait until the log has that many lines, and return all."""
    written: list[str] = []

    def read(count: int) -> list[dict[str, Any]]:
        def look() -> bool:
            written.append(capfd.readouterr().err)
            return "".join(written).count("\n") >= count

        wait_for(look, f"{count} lines")
        return [json.loads(line) for line in "".join(written).splitlines()]

    return read

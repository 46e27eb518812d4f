"""The trail is taken away while many ask: nothing that was said to be written is lost."""

import os
from pathlib import Path

import pytest
from storming import Storm, find_missing


@pytest.mark.parametrize("is_postgres", [False, True])
def test_a_storm_loses_nothing(
    request: pytest.FixtureRequest, tmp_path: Path, *, is_postgres: bool
) -> None:
    """Answers are whole or a 503 with a Retry-After, and all is well again afterwards."""
    if missing := find_missing():
        if os.environ.get("RETOUR_REQUIRE_SERVERS"):
            pytest.fail(missing)
        pytest.skip(missing)
    if is_postgres:
        request.getfixturevalue("postgres_server")  # skips where there is none
    storm = Storm(tmp_path, is_postgres=is_postgres, seconds=6, connections=30, outages=2)

    account = storm.run()

    assert account.list_faults() == []
    assert account.statuses["200"]
    assert account.shared
    assert account.written
    if is_postgres:
        assert account.statuses["503"]

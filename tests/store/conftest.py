"""The store on each database; PostgreSQL is left out with one line where it is not installed."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from databases import find_programs, run_server

from retour.store import Store, open_store

_numbers = count()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Give the URL of a running server, with ``{name}`` for the database."""
    programs = find_programs()
    if programs is None:
        missing = "PostgreSQL's server is not installed (Debian: postgresql)"
        if os.environ.get("RETOUR_REQUIRE_POSTGRES"):
            pytest.fail(missing)
        pytest.skip(missing)
    with run_server(programs) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of an empty database, one of each kind."""
    if request.param == "sqlite":
        return str(tmp_path / "trail.sqlite3")
    server = request.getfixturevalue("postgres_server")
    name = f"trail{next(_numbers)}"
    with psycopg.connect(server.format(name="postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return str(server.format(name=name))


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """Give an empty store, on each database."""
    with open_store(store_url) as opened:
        yield opened

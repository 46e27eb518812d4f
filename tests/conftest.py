"""Shared fixtures."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from retour.store import Store

ROOT = Path(__file__).resolve().parent.parent

# A test that fails on a busy machine holds nothing: speed is measured in benchmarks/.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def _broken_pipes_raise() -> Iterator[None]:
    """What the command line does to SIGPIPE, for ``retour … | head``, ends with a test."""
    yield
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of labelled third-party data beside the checkout; skips where it is absent."""
    folder = Path(os.environ.get("RETOUR_SHARED", ROOT.parent / "shared"))
    if not (folder / "corpus" / "labels.jsonl").is_file():
        missing = "labelled mails are not here: ../shared/corpus/labels.jsonl"
        if os.environ.get("RETOUR_REQUIRE_SHARED"):
            pytest.fail(missing)
        pytest.skip(missing)
    return folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A running PostgreSQL's URL, with ``{name}`` for the database; skips where there is none."""
    from databases import find_programs, run_server  # noqa: PLC0415 - beside the store's tests

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
    """An empty database's URL, of each kind in turn."""
    if request.param == "sqlite":
        return str(tmp_path / "trail.sqlite3")
    from databases import create_database  # noqa: PLC0415 - as above

    return create_database(request.getfixturevalue("postgres_server"))


@pytest.fixture
def store(store_url: str) -> "Iterator[Store]":
    """An empty store, on each database in turn."""
    from retour.store import open_store  # noqa: PLC0415 - most tests need no store

    with open_store(store_url) as opened:
        yield opened

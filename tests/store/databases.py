"""Databases for tests: an SQLite file, and a PostgreSQL server of the tests' own."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

_numbers = count()


def find_programs() -> Path | None:
    """Find the folder of PostgreSQL's programs."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("initdb")
    if on_path:
        places.append(Path(on_path).resolve().parent)
    return next((place for place in places if (place / "initdb").exists()), None)


@contextmanager
def run_server(programs: Path) -> Iterator[str]:
    """Run a server in a temporary folder, reached by a socket in it.

    Yields:
        The URL of its ``postgres`` database, with ``{name}`` for another one's name.
    """
    folder = Path(tempfile.mkdtemp(prefix="retour-pg-"))
    # The server refuses to run as root.
    user = "nobody" if os.getuid() == 0 else None
    if user:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)

    def run(*command: str) -> None:
        # Output goes to files: a server that keeps a pipe open would never let this end.
        with (folder / "output").open("ab") as output:
            subprocess.run(
                command, check=True, stdout=output, stderr=output, user=user, cwd=folder, timeout=60
            )

    data = str(folder / "data")
    try:
        run(str(programs / "initdb"), "-D", data, "-U", "retour", "-A", "trust", "-N")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=30"
        run(str(programs / "pg_ctl"), "-D", data, "-w", "-o", options, "start")
        try:
            yield f"postgresql://retour@/{{name}}?host={folder}"
        finally:
            run(str(programs / "pg_ctl"), "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def create_database(server: str) -> str:
    """Create an empty database and return its URL."""
    name = f"trail{next(_numbers)}"
    with psycopg.connect(server.format(name="postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.format(name=name)

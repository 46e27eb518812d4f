"""Databases are made and migrated by whoever opens them first, and survive being killed."""

import multiprocessing
import os
import random
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from postfixlike import SECOND, T0, message

from retour.model.story import Query
from retour.model.trail import Remark
from retour.store import Store, open_store
from retour.store.opening import show_place
from retour.store.schema import REVISION, metadata


def test_migrations_make_the_tables_that_the_code_names(store: Store) -> None:
    """Alembic finds no difference between what it made and the schema, search apart."""

    def is_ours(name: str | None, kind: str, parents: object) -> bool:
        del parents
        if kind == "table":
            return name in metadata.tables
        return not (kind == "column" and name == "words")

    with store._reading() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": is_ours})
        differences = compare_metadata(context, metadata)
    # How the words of subjects are indexed is each database's own.
    assert [d for d in differences if "copies_words" not in repr(d)] == []


def test_the_newest_migration_is_the_one_that_the_code_expects() -> None:
    """The revision that is compared at opening is Alembic's head."""
    migrations = Path(sys.modules["retour.store.opening"].__file__ or "").with_name("migrations")
    assert ScriptDirectory(str(migrations)).get_current_head() == REVISION


def test_a_trail_without_remarks_is_brought_up_to_date(store_url: str) -> None:
    """Days that are there already take what newer tables hold."""
    with open_store(store_url) as store:
        store.write(message("A1"))
        with store._writing() as connection:
            connection.exec_driver_sql("DROP TABLE remarks")
            connection.exec_driver_sql("DROP INDEX hand_overs_slow")
            connection.exec_driver_sql("ALTER TABLE contents DROP COLUMN answer_us")
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0003'")
    remark = Remark(T0 + 5, "mx.example.com", "A1", "slow-reply", "end-of-data")
    with open_store(store_url) as store:
        store.write([remark])
        story = store.read_named("A1")
        assert story is not None
        assert story.copies[0].remarks == (remark,)


def _open_and_write(url: str, n: int) -> None:
    with open_store(url) as store:
        store.write(message(f"P{n}", T0 + n * SECOND))


def test_processes_that_open_an_empty_database_at_once_all_can_use_it(store_url: str) -> None:
    """One of them makes the tables, the others wait and find them."""
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_open_and_write, args=(store_url, n)) for n in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    with open_store(store_url) as store:
        assert len(store.find(Query())) == 4


_WRITE_ON = textwrap.dedent("""
    import sys
    from retour.model.trail import Arrival
    from retour.store import open_store
    with open_store(sys.argv[1]) as store:
        done = store.read_position("log") or 0
        print("ready", flush=True)
        while done < 100_000:
            lines = [Arrival(n * 1000, "mx", f"Q{n:06}") for n in range(done, done + 40)]
            done += 40
            store.write(lines, {"log": done})
""")


def test_a_killed_writer_leaves_rows_and_position_in_step(store_url: str) -> None:
    """After each SIGKILL the trail holds exactly the lines up to the position, each once."""
    chance = random.Random(1)
    before = 0
    for _ in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", _WRITE_ON, store_url], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0.02, 0.25))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        with open_store(store_url) as store:
            done = store.read_position("log") or 0
            names = [copy.queue_id for copy in store.find(Query(limit=200_000))]
        assert names == [f"Q{n:06}" for n in reversed(range(done))]
        assert done >= before
        before = done
    assert before > 0


def test_a_file_that_is_no_database_is_named_in_one_sentence(tmp_path: Path) -> None:
    """Neither it nor anything else is changed."""
    file = tmp_path / "notes.txt"
    file.write_text("these are notes, not a database " * 50)
    result = subprocess.run(
        [Path(sys.executable).with_name("retour"), "trail", "find", "--store", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    expected = f"retour: the trail at {file} cannot be used: file is not a database.\n"
    assert result.stderr == expected
    assert file.read_text().startswith("these are notes")


def test_a_write_ahead_log_lets_readers_read_while_a_writer_writes(tmp_path: Path) -> None:
    """A long transaction of another process stops no search."""
    url = str(tmp_path / "trail.sqlite3")
    with open_store(url) as store:
        store.write(message("A1"))
        other = sqlite3.connect(url, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM copies")
        assert len(store.find(Query())) == 1
        other.execute("ROLLBACK")
        other.close()


def test_passwords_are_not_shown() -> None:
    """A place that is named in a sentence comes without its password."""
    assert show_place("postgresql://ann:secret@db.example/trail") == (
        "postgresql://ann:***@db.example/trail"
    )
    assert "secret" not in show_place("postgresql://ann:secret@[db/trail")
    assert show_place("/var/lib/trail.sqlite3") == "/var/lib/trail.sqlite3"

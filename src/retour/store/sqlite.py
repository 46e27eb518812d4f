"""SQLite's own ways: one file, a write-ahead log, full-text search by FTS5."""

import json
import sqlite3
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    Table,
    Text,
    TypeDecorator,
    bindparam,
    column,
    create_engine,
    event,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy import table as sql_table
from sqlalchemy.engine import make_url
from sqlalchemy.pool import ConnectionPoolEntry

from retour.store.dialect import NUMBERS, Keys, Row, StoreError
from retour.store.schema import copies
from retour.trail.words import split_words

_PAUSE_S = 0.02
_CACHE_KIB = 65_536
_subject_words = sql_table("subject_words", column("rowid"), column("subject_words"))


class _JsonText(TypeDecorator[Collection[Any]]):
    """A list as one JSON text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Collection[Any] | None, dialect: Any) -> str:
        """Write the list down."""
        del dialect
        return json.dumps(list(value or ()))


@dataclass(frozen=True, slots=True)
class SqliteDialect:
    """See :class:`retour.store.dialect.Dialect`."""

    driver_error: ClassVar[type[Exception]] = sqlite3.Error
    merged_max: ClassVar[int] = 64

    def make_engine(self, url: str, patience_s: float) -> Engine:
        """Make the engine, and the folder of the file."""
        database = make_url(url).database
        pool: dict[str, Any] = {}
        if database and database != ":memory:":
            pool["pool_timeout"] = patience_s
            folder = Path(database).parent
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StoreError(f"{folder}: cannot be made: {error.strerror}.") from None
        engine = create_engine(url, connect_args={"timeout": patience_s}, **pool)
        event.listen(engine, "connect", partial(_prepare, patience_s=patience_s))
        event.listen(engine, "begin", _begin)
        return engine

    def lock(self, connection: Connection) -> None:
        """Become the only writer, waiting for another one to end."""
        # `_begin` left the transaction to whoever knows what it is for.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def insert(self, connection: Connection, table: Table, columns: str, rows: list[Row]) -> int:
        """Insert rows, passing over those whose key is there."""
        marks = ",".join("?" * (columns.count(",") + 1))
        statement = f"INSERT INTO {table.name}({columns}) VALUES({marks}) ON CONFLICT DO NOTHING"
        return int(_cursor(connection).executemany(statement, rows).rowcount)

    def execute_many(self, connection: Connection, statement: str, rows: list[Row]) -> None:
        """Run one statement for each row."""
        _cursor(connection).executemany(statement, rows)

    def is_one_of(self, field: ColumnElement[Any], values: Collection[Any]) -> ColumnElement[bool]:
        """Compare with a list that goes over as one JSON text, whatever its length."""
        listed = func.json_each(literal(values, _JsonText())).table_valued("value")
        return field.in_(select(listed.c.value))

    def has_part(self, text: ColumnElement[str], part: str) -> ColumnElement[bool]:
        """Compare as LIKE does here: it takes ASCII letters of both cases for the same."""
        return text.contains(part, autoescape=True)

    def is_key(self, key: ColumnElement[int]) -> ColumnElement[bool]:
        """Compare with a list that goes over as JSON, see :meth:`is_one_of`."""
        listed = func.json_each(bindparam(NUMBERS, type_=_JsonText())).table_valued("value")
        return key.in_(select(listed.c.value))

    def index_subjects(self, connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
        """Write to the table of words."""
        statement = "INSERT INTO subject_words(rowid, words) VALUES(?, ?)"
        _cursor(connection).executemany(statement, rows)

    def forget_subjects(self, connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
        """Delete from the table of words, which wants the words again (FTS5, section 6.2)."""
        statement = "INSERT INTO subject_words(subject_words, rowid, words) VALUES('delete', ?, ?)"
        _cursor(connection).executemany(statement, rows)

    def find_subjects(self, words: Sequence[str], keys: Keys, *, begins: bool) -> Select[Any]:
        """Match in the table of words, whose row numbers are those of copies."""
        asked = " ".join(f'"{word}"*' if begins else f'"{word}"' for word in words)
        return select(_subject_words.c.rowid.label("key")).where(
            _subject_words.c.subject_words.op("MATCH")(asked),
            _subject_words.c.rowid.between(*keys),
        )

    def has_words(self, words: Sequence[str], *, begins: bool) -> ColumnElement[bool]:
        """Split the subject anew: the table of words would put all rows with a word together."""
        return func.has_words(copies.c.subject, " ".join(words), begins) == 1

    def name_plainly(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """Make an expression of it: without statistics SQLite would walk all rows by time."""
        return column.op("+")(literal_column("0"))

    def slice_keys(self, connection: Connection, keys: Keys) -> Iterable[Keys]:
        """Leave it whole: one index reaches over all days."""
        del connection
        return [keys]

    def prepare_days(self, connection: Connection, days: Collection[int]) -> None:
        """Nothing: one file holds all days."""

    def drop_days(self, connection: Connection, before_day: int) -> int:
        """Nothing, see :meth:`ends_with_days`."""
        del connection, before_day
        return 0

    def ends_with_days(self) -> bool:
        """Rows have to be deleted."""
        return False


def _cursor(connection: Connection) -> Any:
    """Return the driver's own cursor: most of a log's cost is here, and Core would double it."""
    driver = connection.connection.driver_connection
    assert driver is not None
    return driver.cursor()


def _prepare(driver: Any, _: ConnectionPoolEntry, *, patience_s: float) -> None:
    """Set a new connection up."""
    driver.isolation_level = None  # transactions begin and end where we say so
    driver.create_function("has_words", 3, _has_words, deterministic=True)
    _write_ahead(driver, patience_s)
    for pragma in (
        f"busy_timeout={patience_s * 1000:.0f}",
        # What a crash of the machine takes is whole transactions, each with its position.
        "synchronous=NORMAL",
        f"cache_size=-{_CACHE_KIB}",
        "temp_store=MEMORY",
        "wal_autocheckpoint=4000",
        "secure_delete=FAST",
    ):
        driver.execute(f"PRAGMA {pragma}")


def _has_words(subject: str | None, asked: str, begins: int) -> bool:
    """Tell whether a subject has all of some words, or others that begin so."""
    words = split_words(subject or "")
    if begins:
        return all(any(word.startswith(one) for word in words) for one in asked.split())
    return set(asked.split()) <= set(words)


def _write_ahead(driver: Any, patience_s: float) -> None:
    """Switch a new file to a write-ahead log, once for good.

    SQLite does not wait for its lock there, whatever the timeout, so that of several processes that
    open a new file at once some would fail.
    """
    patience = time.monotonic() + patience_s
    while True:
        try:
            driver.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > patience:
                raise
            time.sleep(_PAUSE_S)


def _begin(_: Connection) -> None:
    """Leave the beginning to :meth:`SqliteDialect.lock`; reads need none."""

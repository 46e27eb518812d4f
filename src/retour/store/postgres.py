"""PostgreSQL's own ways: tables cut into days, words in a GIN index."""

import gc
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

import psycopg
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    Select,
    Table,
    Text,
    any_,
    bindparam,
    cast,
    create_engine,
    event,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.pool import ConnectionPoolEntry

from retour.store.dialect import LAST_KEY, NUMBERS, Keys, Row, within
from retour.store.schema import DAY_US, ID_BITS, PARTITIONED, copies

if TYPE_CHECKING:
    from psycopg.abc import PQGen

_LOCK = 0x7265746F7572
"""The advisory lock of whoever writes: the word "retour" in ASCII."""
_CONNECT_S = 10
_CONNECTIONS_MORE = 5
"""Of one process, beside the five that stay open; a server has a hundred for all, by default."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class HeardConnection(psycopg.Connection[Any]):
    """A connection to a server that may fall silent: one that was stopped still takes what is sent.

    Neither the network nor the server can tell it from one that is at work, so that who waits has
    to end it.

    Attributes:
        silence_s: how long a statement may go on without an answer; None: as long as it takes.
    """

    silence_s: float | None = None

    def wait(self, gen: "PQGen[Any]", *arguments: Any, **named: Any) -> Any:
        """Wait for an answer.

        Raises:
            psycopg.OperationalError: there was none in time; the connection is closed.
        """
        if self.silence_s is not None:
            gen = self._bound(gen, self.silence_s)
        return super().wait(gen, *arguments, **named)

    def _bound(self, gen: "PQGen[Any]", seconds: float) -> "PQGen[Any]":
        """Go through the steps of an answer, each of which waits a tenth of a second at most."""
        end = time.monotonic() + seconds
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and time.monotonic() > end:
                    self.close()
                    said = f"the server has said nothing for {seconds:g} seconds"
                    raise psycopg.OperationalError(said)
                wanted = gen.send(ready)
        except StopIteration as done:
            return done.value


@dataclass(frozen=True, slots=True)
class PostgresDialect:
    """See :class:`retour.store.dialect.Dialect`."""

    driver_error: ClassVar[type[Exception]] = psycopg.Error
    merged_max: ClassVar[int] = 1

    def make_engine(self, url: str, patience_s: float) -> Engine:
        """Make the engine, on psycopg 3."""
        # A connection that was there is asked first, and may take as long again.
        connect_s = max(2, min(_CONNECT_S, round(patience_s / 2)))
        scheme, colon, rest = url.partition("://")
        if scheme in ("postgres", "postgresql"):
            url = f"postgresql+psycopg{colon}{rest}"
        engine = create_engine(
            url,
            pool_pre_ping=True,
            pool_timeout=patience_s,
            max_overflow=_CONNECTIONS_MORE,
            # A plan that is kept for a search does not know what of it is rare.
            connect_args={"connect_timeout": connect_s, "prepare_threshold": None},
        )
        event.listen(engine, "do_connect", _connect)

        def bound(driver: HeardConnection | None, _: ConnectionPoolEntry) -> None:
            if driver is not None:  # it is None where it went wrong
                driver.silence_s = patience_s

        event.listen(engine, "connect", bound)
        event.listen(engine, "checkin", bound)
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "before_cursor_execute", _keep_plan)
        event.listen(engine, "after_cursor_execute", _keep_no_plan)
        return engine

    def lock(self, connection: Connection) -> None:
        """Become the only writer, waiting for another one to end; what writes may take long."""
        _driver(connection).silence_s = None
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")

    def insert(self, connection: Connection, table: Table, columns: str, rows: list[Row]) -> int:
        """Insert rows in one statement, passing over those whose key is there."""
        if not rows:
            return 0
        kinds = [_kind(table.c[name.strip()]) for name in columns.split(",")]
        arrays = ", ".join(f"%s::{kind}[]" for kind in kinds)
        statement = (
            f"INSERT INTO {table.name}({columns}) SELECT * FROM unnest({arrays}) "
            "ON CONFLICT DO NOTHING"
        )
        values = tuple(list(column) for column in zip(*rows, strict=True))
        return connection.exec_driver_sql(statement, values).rowcount

    def execute_many(self, connection: Connection, statement: str, rows: list[Row]) -> None:
        """Run one statement for each row, in the driver's pipeline."""
        with _driver(connection).cursor() as cursor:
            cursor.executemany(statement.replace("?", "%s"), rows)

    def is_one_of(self, field: ColumnElement[Any], values: Collection[Any]) -> ColumnElement[bool]:
        """Compare with an array."""
        listed = list(values)
        kind = Text() if listed and isinstance(listed[0], str) else BigInteger()
        return field == any_(bindparam(None, listed, type_=ARRAY(kind)))

    def has_part(self, text: ColumnElement[str], part: str) -> ColumnElement[bool]:
        """Compare in lower case."""
        return func.lower(text).contains(part, autoescape=True)

    def is_key(self, key: ColumnElement[int]) -> ColumnElement[bool]:
        """Join with the numbers: a plan that is kept finds the day of each when it runs."""
        listed = bindparam(NUMBERS, type_=ARRAY(BigInteger()))
        # Behind a query of its own the planner does not see how many they are, so that no plan
        # made for them looks better than the one that is kept.
        return key.in_(select(func.unnest(select(listed).scalar_subquery())))

    def index_subjects(self, connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
        """Fill the column of words."""
        connection.exec_driver_sql(
            "UPDATE copies c SET words = array_to_tsvector(string_to_array(new.words, ' ')) "
            "FROM unnest(%s::bigint[], %s::text[]) AS new(copy_id, words) "
            "WHERE c.copy_id = new.copy_id AND c.copy_id BETWEEN %s AND %s",
            (
                [key for key, _ in rows],
                [words for _, words in rows],
                min(key for key, _ in rows),
                max(key for key, _ in rows),
            ),
        )

    def forget_subjects(self, connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
        """Empty the column of words."""
        connection.exec_driver_sql(
            "UPDATE copies SET words = NULL WHERE copy_id = ANY(%s::bigint[])",
            ([key for key, _ in rows],),
        )

    def find_subjects(self, words: Sequence[str], keys: Keys, *, begins: bool) -> Select[Any]:
        """Match the column of words. They hold letters and digits alone, so none can be syntax."""
        return select(copies.c.copy_id.label("key")).where(
            self.has_words(words, begins=begins), within(copies.c.copy_id, keys)
        )

    def has_words(self, words: Sequence[str], *, begins: bool) -> ColumnElement[bool]:
        """Match the row's own column of words."""
        asked = " & ".join(f"'{word}':*" if begins else f"'{word}'" for word in words)
        column: ColumnElement[Any] = literal_column("copies.words")
        return column.op("@@")(cast(asked, TSQUERY))

    def name_plainly(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """Leave it: the planner has statistics, and leaves out days by this column."""
        return column

    def slice_keys(self, connection: Connection, keys: Keys) -> Iterable[Keys]:
        """Cut into days, then four times as many, and so on: mostly the newest are enough."""
        days = sorted(_list_days(connection))
        if not days:
            return
        width = DAY_US << ID_BITS
        low, high = keys
        newest, count = min(high // width, days[-1]), 1
        # The ends stay as they were asked for: where nothing is, the planner need not look for it.
        while newest >= max(low // width, days[0]):
            oldest = newest - count + 1
            first = low if oldest <= days[0] else max(low, oldest * width)
            yield first, high
            high, newest = first - 1, oldest - 1
            count *= 4

    def prepare_days(self, connection: Connection, days: Collection[int]) -> None:
        """Make the days' partitions; beside the parent first, so that readers go on."""
        names = {f"copies_{_day_name(day)}": day for day in days}
        there = connection.exec_driver_sql(
            "SELECT relname FROM pg_class WHERE relname = ANY(%s::text[]) "
            "AND relnamespace = current_schema()::regnamespace",
            (list(names),),
        ).scalars()
        for name in there:
            del names[name]
        for day in sorted(names.values()):
            first = (day * DAY_US) << ID_BITS
            end = min(first + (DAY_US << ID_BITS), LAST_KEY)
            for table in PARTITIONED:
                part = f"{table}_{_day_name(day)}"
                connection.exec_driver_sql(f"CREATE TABLE {part} (LIKE {table} INCLUDING ALL)")
                connection.exec_driver_sql(
                    f"ALTER TABLE {table} ATTACH PARTITION {part} "
                    f"FOR VALUES FROM ({first}) TO ({end})"
                )

    def drop_days(self, connection: Connection, before_day: int) -> int:
        """Drop the partitions of earlier days."""
        old = [day for day in _list_days(connection) if day < before_day]
        for day in old:
            for table in PARTITIONED:
                connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}_{_day_name(day)}")
        return len(old)

    def ends_with_days(self) -> bool:
        """Days are dropped whole."""
        return True


def _connect(*asked: Any) -> HeardConnection:
    """Connect, with what an engine asks for."""
    *_, named = asked
    try:
        return HeardConnection.connect(**named)
    except psycopg.OperationalError as error:
        said = str(error)
    # The driver leaves the socket of a connection that took too long in a cycle of references; a
    # server that comes back would be met by all that waited for it.
    gc.collect()
    raise psycopg.OperationalError(said)


def _prepare(driver: "psycopg.Connection[Any]", _: ConnectionPoolEntry) -> None:
    """Set a new connection up: to compile a search takes longer than to run it."""
    driver.execute("SET jit = off")
    driver.commit()


def _keep_plan(connection: Connection, *arguments: Any) -> None:
    """Have the plan of such a statement kept; that of a search is made for the days it reaches."""
    *_, context, _ = arguments
    if context.execution_options.get("planned_once"):
        _driver(connection).prepare_threshold = 0


def _keep_no_plan(connection: Connection, *_: Any) -> None:
    """Go back to plans that are made for the values."""
    _driver(connection).prepare_threshold = None


def _driver(connection: Connection) -> HeardConnection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, HeardConnection)
    return driver


def _list_days(connection: Connection) -> list[int]:
    """List the days that have a partition."""
    parts = connection.exec_driver_sql(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
        "WHERE i.inhparent = 'copies'::regclass"
    ).scalars()
    return [_day_of(part.removeprefix("copies_")) for part in parts]


def _kind(column: "ColumnElement[Any]") -> str:
    """Return the database's name of a column's type."""
    return column.type.compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]


def _day_name(day: int) -> str:
    """Name a day's partition: ``d20260301``; days that a calendar does not reach by number."""
    if day * 86_400 < 253_402_300_800:
        return f"d{_EPOCH + timedelta(days=day):%Y%m%d}"
    return f"n{day}"


@cache
def _day_of(name: str) -> int:
    """Return the day of a partition's name."""
    if name.startswith("n"):
        return int(name[1:])
    return (datetime.strptime(name[1:], "%Y%m%d").replace(tzinfo=UTC) - _EPOCH).days

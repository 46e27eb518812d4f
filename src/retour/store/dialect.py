"""What SQLite and PostgreSQL do differently, and nothing else."""

from collections.abc import Collection, Hashable, Iterable, Sequence
from typing import Any, ClassVar, Protocol

from sqlalchemy import ColumnElement, Connection, Engine, Select, Table, and_, true

Row = tuple[Any, ...]

PLANNED_ONCE: dict[str, Any] = {"planned_once": True}
"""Execution options of statements whose best plan is the same for all values, where a database's
planner takes longer than the reading itself."""

Keys = tuple[int, int]
"""The lowest and the highest ``copy_id`` that counts."""
LAST_KEY = (1 << 63) - 1
NUMBERS = "numbers"
"""The parameter of :meth:`Dialect.is_key`."""


class StoreError(Exception):
    """The trail cannot be used; its text is one sentence for people."""


def within(number: ColumnElement[int], keys: Keys) -> ColumnElement[bool]:
    """Say that a number lies between the keys; what bounds nothing would only be planned for."""
    low, high = keys
    bounds = [number >= low] if low > 0 else []
    if high < LAST_KEY:
        bounds.append(number <= high)
    return and_(true(), *bounds)


class Dialect(Hashable, Protocol):
    """One database's own ways.

    Attributes:
        driver_error: what its driver raises where SQLAlchemy stands aside.
        merged_max: how many ranges of an index, each in order, are better asked for one by one
            than left to its planner.
    """

    driver_error: ClassVar[type[Exception]]
    merged_max: ClassVar[int]

    def make_engine(self, url: str, patience_s: float) -> Engine:
        """Make the engine; whoever waits for others who use the database waits so long.

        Raises:
            StoreError: the place cannot be used.
        """

    def lock(self, connection: Connection) -> None:
        """Become the only writer until the transaction ends."""

    def insert(self, connection: Connection, table: Table, columns: str, rows: list[Row]) -> int:
        """Insert rows, passing over those whose key is there.

        Args:
            connection: inside a transaction.
            table: where to.
            columns: their names, with commas.
            rows: their values.

        Returns:
            How many were inserted.
        """

    def execute_many(self, connection: Connection, statement: str, rows: list[Row]) -> None:
        """Run one statement with ``?`` for values once for each row."""

    def is_one_of(self, field: ColumnElement[Any], values: Collection[Any]) -> ColumnElement[bool]:
        """Compare with any number of values, all numbers or all texts."""

    def has_part(self, text: ColumnElement[str], part: str) -> ColumnElement[bool]:
        """Say that a text has a part, which is in lower case, in whatever case."""

    def is_key(self, key: ColumnElement[int]) -> ColumnElement[bool]:
        """Compare a table's ``copy_id`` with the list that the parameter :data:`NUMBERS` gets."""

    def index_subjects(self, connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
        """Make copies found by the words of their subjects.

        Args:
            connection: inside a transaction.
            rows: ``copy_id``, and words parted by spaces.
        """

    def forget_subjects(self, connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
        """Undo :meth:`index_subjects`, before the copies themselves are changed or deleted."""

    def find_subjects(self, words: Sequence[str], keys: Keys, *, begins: bool) -> Select[Any]:
        """Select copies whose subjects have all these words, as column ``key``.

        Args:
            words: at least one.
            keys: the lowest and the highest ``copy_id`` that counts.
            begins: whether words that only begin so count, too; takes longer.
        """

    def has_words(self, words: Sequence[str], *, begins: bool) -> ColumnElement[bool]:
        """Say of a row of ``copies`` what `find_subjects` selects by."""

    def name_plainly(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """Name a column so that its own index is not taken for a search that another one serves."""

    def slice_keys(self, connection: Connection, keys: Keys) -> Iterable[Keys]:
        """Cut a range of ``copy_id`` into ranges to search one after the other, newest first.

        Args:
            connection: to read on.
            keys: the lowest and the highest that count.
        """

    def prepare_days(self, connection: Connection, days: Collection[int]) -> None:
        """Make room for copies of these days since 1970, where the database wants that."""

    def drop_days(self, connection: Connection, before_day: int) -> int:
        """Drop all copies of earlier days, where that takes no row by row; return how many days."""

    def ends_with_days(self) -> bool:
        """Tell whether :meth:`drop_days` deletes; else rows have to be deleted."""

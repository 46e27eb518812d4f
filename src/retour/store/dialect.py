"""What SQLite and PostgreSQL do differently, and nothing else."""

from collections.abc import Collection, Sequence
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Engine, Select, Table

Row = tuple[Any, ...]


class StoreError(Exception):
    """The trail cannot be used; its text is one sentence for people."""


class Dialect(Protocol):
    """One database's own ways.

    Attributes:
        driver_error: what its driver raises where SQLAlchemy stands aside.
    """

    driver_error: type[Exception]

    def make_engine(self, url: str) -> Engine:
        """Make the engine.

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

    def index_words(
        self, connection: Connection, table: Table, rows: Sequence[tuple[int, str]]
    ) -> None:
        """Make rows of ``copies`` or ``addresses`` found by words.

        Args:
            connection: inside a transaction.
            table: which of the two.
            rows: key, and words parted by spaces.
        """

    def forget_words(
        self, connection: Connection, table: Table, rows: Sequence[tuple[int, str]]
    ) -> None:
        """Undo :meth:`index_words`; before the rows themselves are changed or deleted."""

    def find_words(self, table: Table, words: Sequence[str], keys: tuple[int, int]) -> Select[Any]:
        """Select the keys of rows that have words which begin with each of these.

        Args:
            table: ``copies`` or ``addresses``.
            words: at least one.
            keys: the lowest and the highest key that counts.
        """

    def prepare_days(self, connection: Connection, days: Collection[int]) -> None:
        """Make room for copies of these days since 1970, where the database wants that."""

    def drop_days(self, connection: Connection, before_day: int) -> int:
        """Drop all copies of earlier days, where that takes no row by row; return how many days."""

    def ends_with_days(self) -> bool:
        """Tell whether :meth:`drop_days` deletes; else rows have to be deleted."""

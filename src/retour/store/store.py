"""The trail's store: one interface for every database."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DBAPIError

from retour.model.story import Copy, Query
from retour.model.trail import Observation
from retour.store.dialect import Dialect
from retour.store.finding import find_numbers
from retour.store.opening import explain_failure, open_engine
from retour.store.reading import read_copies
from retour.store.schema import positions
from retour.store.texts import clean_name
from retour.store.writing import Writer, write_positions
from retour.trail.assembly import assemble


class Store:
    """One trail. Every method is a transaction of its own and raises :class:`StoreError`."""

    def __init__(
        self, engine: Engine, dialect: Dialect, place: str, *, with_subjects: bool = True
    ) -> None:
        """Wrap an open database; see :func:`open_store`."""
        self._engine = engine
        self._dialect = dialect
        self._place = place
        self._writer = Writer(dialect, with_subjects=with_subjects)

    def close(self) -> None:
        """Let the database go."""
        self._engine.dispose()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(
        self,
        observations: Iterable[Observation],
        read_to: Mapping[str, object] | None = None,
    ) -> None:
        """Apply observations, and how far their sources were read, together or not at all.

        Args:
            observations: in any order; applying one again changes nothing. Some ten thousand at a
                time make the best speed.
            read_to: by source, whatever its reader wants back (values for JSON).
        """
        drafts = assemble(observations)
        with self._writing() as connection:
            if drafts:
                self._writer.write(connection, drafts)
            if read_to:
                write_positions(connection, self._dialect, read_to)

    def read_position(self, source: str) -> Any:
        """Return what was written last for a source; None: nothing."""
        statement = select(positions.c.position).where(positions.c.source == clean_name(source))
        with self._reading() as connection:
            found = connection.execute(statement).scalar()
        return None if found is None else json.loads(found)

    def find(self, query: Query) -> list[Copy]:
        """Find copies, newest first; the last one's ``copy_id`` is the next page's ``before``."""
        with self._reading() as connection:
            numbers = find_numbers(connection, self._dialect, query)
            return read_copies(connection, self._dialect, numbers)[::-1]

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """Open a connection to read on."""
        try:
            with self._engine.connect() as connection:
                yield connection
        except DBAPIError as error:
            raise explain_failure(error, self._place) from None

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Open a transaction that is the only one to write."""
        try:
            with self._engine.connect() as connection:
                self._dialect.lock(connection)
                yield connection
                connection.commit()
        except DBAPIError as error:
            self._writer.reset()
            raise explain_failure(error, self._place) from None
        except BaseException:
            self._writer.reset()
            raise


def open_store(url: str, *, with_subjects: bool = True) -> Store:
    """Open a trail, and bring its tables up to date.

    Args:
        url: a path to an SQLite file, or a database URL (``postgresql://user@host/name``).
        with_subjects: whether subjects are kept.

    Raises:
        StoreError: it cannot be reached or used; one sentence.
    """
    engine, dialect = open_engine(url)
    return Store(engine, dialect, url, with_subjects=with_subjects)

"""The trail's store: one interface for every database."""

import gc
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from retour.analyse import explain
from retour.model.statistics import Statistics
from retour.model.story import Copy, Query, ReportClaim, Story
from retour.model.trail import Observation
from retour.store.counting import Marked, count_hour, list_marked
from retour.store.dialect import Dialect
from retour.store.finding import find_numbers
from retour.store.keeping import (
    Ages,
    Removed,
    delete_old,
    find_person,
    forget_person,
    list_copies_of,
)
from retour.store.mails import write_mails
from retour.store.opening import PATIENCE_S, explain_failure, open_engine
from retour.store.reading import read_claims, read_copies
from retour.store.schema import ID_BITS, LAST_US, SPREAD, contents, positions, reports
from retour.store.statistics import read_counted, read_statistics
from retour.store.texts import clean_name
from retour.store.walking import find_by_name, find_repeated, read_repeated, read_story
from retour.store.writing import Writer, write_positions
from retour.trail.assembly import assemble
from retour.trail.mail import Mail, read_mail

_REPEATED_AT_ONCE = 200


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
        with _without_collector():
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

    def read_named(self, name: str, near_us: int | None = None) -> Story | None:
        """Read the story of what a Message-ID, a queue id or a ``copy_id`` names.

        Args:
            name: as somebody wrote it, with or without what stands around it.
            near_us: queue ids come back: which of their copies is meant; None: the newest.

        Returns:
            None where nothing has that name.
        """
        with self._reading() as connection:
            numbers, is_whole = find_by_name(connection, name, near_us)
            if not numbers:
                return None
            return read_story(connection, self._dialect, numbers, is_whole=is_whole)

    def list_repeated(self, since_us: int = 0, until_us: int = LAST_US) -> Iterator[Story]:
        """Read the stories of messages that one system took more than once, newest first.

        Args:
            since_us: when the newest copy arrived at the earliest.
            until_us: the latest arrival that counts.
        """
        low = min(max(since_us, 0), LAST_US) << ID_BITS
        end = (min(max(until_us, 0), LAST_US) << ID_BITS) + SPREAD
        high = end
        while True:
            with self._reading() as connection:
                found = find_repeated(connection, low, high, end, _REPEATED_AT_ONCE)
            for number, message_id in found:
                with self._reading() as connection:
                    story = read_repeated(connection, self._dialect, message_id, number, end)
                if story is not None:
                    yield story
            if len(found) < _REPEATED_AT_ONCE:
                return
            high = found[-1][0] - 1

    def read_claims_about(self, message_id: str) -> list[ReportClaim]:
        """Read what reports say of a message."""
        with self._reading() as connection:
            return read_claims(connection, reports.c.original_message_id == clean_name(message_id))

    def add_mail(
        self, raw: bytes, source: str, *, default_us: int = 0, keep_body: bool = False
    ) -> int:
        """Add a stored mail: a copy with its header, joined to what logs know of it.

        Args:
            raw: its bytes.
            source: where it came from.
            default_us: when it arrived, where it does not say so itself.
            keep_body: whether the body is kept.

        Returns:
            The ``copy_id``.
        """
        mail = read_mail(raw, explain(raw), default_us)
        return self.write_mails([mail], source, keep_bodies=keep_body)[0]

    def write_mails(
        self, mails: Sequence[Mail], source: str, *, keep_bodies: bool = False
    ) -> list[int]:
        """Write mails that were read, together or not at all.

        Args:
            mails: from `retour.trail.mail`; writing one again changes nothing.
            source: where they came from.
            keep_bodies: whether bodies that were read are kept.

        Returns:
            The ``copy_id`` of each.
        """
        with self._writing() as connection:
            return write_mails(
                connection,
                self._dialect,
                self._writer,
                mails,
                source=source,
                keep_body=keep_bodies,
            )

    def read_raw(self, copy_id: int) -> bytes | None:
        """Return a kept copy as a mail; None where header or body are not kept."""
        statement = select(contents.c.header_block, contents.c.body).where(
            contents.c.copy_id == copy_id
        )
        with self._reading() as connection:
            row = connection.execute(statement).first()
        if row is None or row.header_block is None or row.body is None:
            return None
        line_end = b"\r\n" if b"\r\n" in row.header_block else b"\n"
        return bytes(row.header_block) + line_end * 2 + bytes(row.body)

    def list_uncounted(self, limit: int = 100) -> list[Marked]:
        """Return hours whose numbers are not up to date, newest first."""
        with self._reading() as connection:
            return list_marked(connection, limit)

    def count_hour(self, marked: Marked, verdicts: Mapping[str, int]) -> None:
        """Count an hour anew; `retour.service.statistics` knows the verdicts."""
        with self._writing() as connection:
            count_hour(connection, self._dialect, marked, verdicts)

    def read_statistics(self, since_us: int, until_us: int) -> Statistics:
        """Read the numbers of the hours from one moment to another."""
        with self._reading() as connection:
            return read_statistics(connection, max(since_us, 0), min(until_us, LAST_US))

    def read_counted(self) -> tuple[int, int] | None:
        """Return the time that has numbers; None: nothing was counted yet."""
        with self._reading() as connection:
            return read_counted(connection)

    def list_of_person(self, address: str) -> Iterator[Copy]:
        """Read all copies that a person sent or was to get, oldest first."""
        with self._reading() as connection:
            entries = find_person(connection, address)
            numbers = [number for number, _ in entries]
            yield from list_copies_of(connection, self._dialect, numbers)

    def forget(self, address: str) -> int:
        """Make a person unknown; return how many copies had to do with them."""
        with self._writing() as connection:
            touched = forget_person(connection, self._dialect, address)
            self._writer.reset()
            return touched

    def delete_old(self, now_us: int, ages: Ages) -> Removed:
        """Delete what is older than it may be."""
        with self._writing() as connection:
            removed = delete_old(connection, self._dialect, now_us, ages)
            self._writer.reset()
            return removed

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """Open a connection to read on."""
        try:
            with self._engine.connect() as connection:
                yield connection
                connection.commit()  # a rollback would make psycopg forget the plans it keeps
        except (DBAPIError, NoConnectionError, self._dialect.driver_error) as error:
            raise explain_failure(error, self._place) from None

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Open a transaction that is the only one to write."""
        try:
            with self._engine.connect() as connection:
                self._dialect.lock(connection)
                yield connection
                connection.commit()
        except (DBAPIError, NoConnectionError, self._dialect.driver_error) as error:
            self._writer.reset()
            raise explain_failure(error, self._place) from None
        except BaseException:
            self._writer.reset()
            raise


@contextmanager
def _without_collector() -> Iterator[None]:
    """Hold the collector of cycles off: a batch makes many objects and no cycle among them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def open_store(url: str, *, with_subjects: bool = True, patience_s: float = PATIENCE_S) -> Store:
    """Open a trail, and bring its tables up to date.

    Args:
        url: a path to an SQLite file, or a database URL (``postgresql://user@host/name``).
        with_subjects: whether subjects are kept.
        patience_s: how long is waited for others who use it, before it is called out of reach.

    Raises:
        StoreError: it cannot be reached or used; one sentence.
    """
    engine, dialect = open_engine(url, patience_s)
    return Store(engine, dialect, url, with_subjects=with_subjects)

"""Fills a trail with millions of hand-overs in bulk, past the code that reads logs.

The same rows as that code writes for the same mails, in a tenth of the time: into a table without
its indexes, which are made at the end. :func:`check_likeness` compares the two on some thousands;
only the numbers of addresses, hosts and systems may differ.
"""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from zlib import crc32

import psycopg

from benchmarks.traffic import SYSTEMS, Mail, Traffic
from retour.service.statistics import count
from retour.store import open_store
from retour.store.counting import find_hour
from retour.store.opening import open_engine
from retour.store.schema import DAY_US, FROM, ID_BITS, SPREAD, TO, metadata
from retour.trail.words import split_words

Row = tuple[object, ...]

_BATCH = 20_000
_HOURS = 100
_COLUMNS = {
    "copies": "copy_id, system_id, queue_id, first_us, last_us, ended_us, message_id, sender_id, "
    "peer_id, protocol, tls, size_bytes, recipient_count, subject",
    "hand_overs": "copy_id, at_us, recipient_id, digest, outcome, host_id, status, reply, tls, "
    "delay_ms, before_queue_ms, next_queue_id",
    "parties": "copy_id, role, address_id",
    "systems": "system_id, name",
    "addresses": "address_id, address",
    "address_words": "word, address_id",
    "endings": "outcome, status",
    "uncounted": "hour, times",
    "hosts": "host_id, name, address, helo",
    "host_words": "word, host_id",
}
_LIKENESS = 3_000
_COMPARED = (
    "SELECT c.copy_id, c.queue_id, c.first_us, c.last_us, c.ended_us, c.message_id, c.protocol, "
    "c.tls, c.size_bytes, c.recipient_count, c.subject, y.name, p.name, p.address, p.helo, "
    "s.address, h.at_us, h.digest, h.original_id, h.outcome, h.phase, h.status, h.reply, h.tls, "
    "h.delay_ms, h.before_queue_ms, h.next_queue_id, r.address, n.name, n.address, n.helo "
    "FROM copies c JOIN systems y ON y.system_id = c.system_id JOIN hosts p ON p.host_id = "
    "c.peer_id JOIN addresses s ON s.address_id = c.sender_id JOIN hand_overs h ON h.copy_id = "
    "c.copy_id JOIN addresses r ON r.address_id = h.recipient_id JOIN hosts n ON n.host_id = "
    "h.host_id ORDER BY 1, h.at_us",
    "SELECT p.copy_id, p.role, a.address FROM parties p JOIN addresses a USING (address_id) "
    "ORDER BY 1, 2, 3",
    "SELECT w.word, a.address FROM address_words w JOIN addresses a USING (address_id) "
    "WHERE address_id IN (SELECT address_id FROM parties) ORDER BY 1, 2",
    "SELECT w.word, h.name FROM host_words w JOIN hosts h USING (host_id) WHERE host_id IN "
    "(SELECT peer_id FROM copies UNION SELECT host_id FROM hand_overs) ORDER BY 1, 2",
    "SELECT rowid FROM subject_words('re') ORDER BY 1",
    "SELECT outcome, status FROM endings ORDER BY 1, 2",
    "SELECT kind, hour, name, n FROM counts ORDER BY 1, 2, 3",
    "SELECT t.copy_id, t.n, t.kind, t.cause, t.actor, t.domain, a.address FROM troubles t "
    "LEFT JOIN addresses a USING (address_id) ORDER BY 1, 2",
    "SELECT hour FROM uncounted ORDER BY 1",
)


def fill(url: str, traffic: Traffic) -> None:
    """Make a trail and write all of the traffic to it.

    Args:
        url: a path to an SQLite file that is not there yet, or an empty PostgreSQL database.
        traffic: what to write.
    """
    if url.startswith("postgresql"):
        _fill_postgres(url, traffic)
    else:
        _fill_sqlite(url, traffic)
    with open_store(url) as store:
        while marked := store.list_uncounted(_HOURS):
            for hour in marked:
                store.count_hour(hour, {})  # no mail of the traffic comes twice


def check_likeness() -> None:
    """Compare what is written in bulk with what is written as from a log.

    Raises:
        AssertionError: they differ.
    """
    traffic = Traffic(_LIKENESS)
    with tempfile.TemporaryDirectory() as folder:
        bulk, logged = str(Path(folder) / "bulk.sqlite3"), str(Path(folder) / "logged.sqlite3")
        fill(bulk, traffic)
        with open_store(logged) as store:
            store.write(traffic.lines())
            count(store)
        with closing(sqlite3.connect(bulk)) as one, closing(sqlite3.connect(logged)) as other:
            for question in _COMPARED:
                rows = one.execute(question).fetchall()
                assert rows == other.execute(question).fetchall(), question


def _fill_sqlite(path: str, traffic: Traffic) -> None:
    open_store(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("synchronous=OFF", "cache_size=-500000", "temp_store=FILE"):
            connection.execute(f"PRAGMA {pragma}")
        indexes = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        ).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        for table, rows in _batch(traffic):
            names = _COLUMNS[table]
            marks = ",".join("?" * (names.count(",") + 1))
            connection.execute("BEGIN")
            connection.executemany(
                f"INSERT INTO {table}({names}) VALUES({marks}) ON CONFLICT DO NOTHING", rows
            )
            if table == "copies":
                connection.executemany(
                    "INSERT INTO subject_words(rowid, words) VALUES(?, ?)",
                    [(row[0], " ".join(split_words(str(row[-1])))) for row in rows],
                )
            connection.execute("COMMIT")
        for _, statement in indexes:
            connection.execute(statement)


def _fill_postgres(url: str, traffic: Traffic) -> None:
    engine, dialect = open_engine(url)
    days = {traffic.at(n) // DAY_US for n in range(0, traffic.count, 1_000)}
    days.add((traffic.at(traffic.count) + 2 * SPREAD) // DAY_US)
    with engine.begin() as connection:
        dialect.prepare_days(connection, days)
    engine.dispose()
    with psycopg.connect(url) as session, session.cursor() as cursor:
        for table, rows in _batch(traffic):
            names, written = _COLUMNS[table], rows
            if table == "copies":
                names += ", words"
                written = [(*row, _write_vector(str(row[-1]))) for row in rows]
            with cursor.copy(f"COPY {table}({names}) FROM STDIN") as copy:
                for row in written:
                    copy.write_row(row)
            session.commit()
        session.autocommit = True
        cursor.execute("VACUUM ANALYZE")  # as PostgreSQL itself does behind the writing


def _write_vector(subject: str) -> str:
    """Write a subject's words as PostgreSQL's ``tsvector``."""
    return " ".join(f"'{word}'" for word in split_words(subject))


def _batch(traffic: Traffic) -> Iterator[tuple[str, list[Row]]]:
    """Yield tables and rows for them, those in order of time."""
    yield "systems", list(enumerate(SYSTEMS, 1))
    yield from _list_names(traffic)
    copies: list[Row] = []
    hand_overs: list[Row] = []
    parties: list[Row] = []
    ends: set[tuple[str, str]] = set()
    hours: set[int] = set()
    for n in range(traffic.count):
        mail = traffic.mail(n)
        _add_rows(mail, copies, hand_overs, parties)
        ends.add((mail.outcome, mail.status))
        hours.add(find_hour(_number(mail)))
        if len(copies) == _BATCH or n == traffic.count - 1:
            yield "copies", copies
            yield "hand_overs", hand_overs
            yield "parties", parties
            copies, hand_overs, parties = [], [], []
    yield "endings", sorted(ends)
    yield "uncounted", [(hour, 1) for hour in sorted(hours)]


def _list_names(traffic: Traffic) -> Iterator[tuple[str, list[Row]]]:
    """Yield the rows of addresses, hosts and their words."""
    for name, key, listed in (
        ("addresses", "address_words", [(n, (text,)) for n, text in traffic.addresses()]),
        ("hosts", "host_words", [(n, (*host, "")) for n, host in traffic.hosts()]),
    ):
        yield name, [(number, *texts) for number, texts in listed]
        if key in metadata.tables:
            words = {
                (word, number) for number, texts in listed for word in split_words(" ".join(texts))
            }
            yield key, sorted(words)


def _number(mail: Mail) -> int:
    """Return a mail's ``copy_id``."""
    return (mail.at_us << ID_BITS) + (crc32(mail.queue_id.encode()) & SPREAD)


def _add_rows(mail: Mail, copies: list[Row], hand_overs: list[Row], parties: list[Row]) -> None:
    """Add the rows of one mail."""
    number = _number(mail)
    copies.append((
        number, mail.system_id, mail.queue_id, mail.at_us, mail.at_us + 900_000,
        mail.at_us + 900_000, mail.message_id, mail.sender_id, mail.peer_id, "ESMTPS", "TLSv1.3",
        mail.size_bytes, 1, mail.subject,
    ))  # fmt: skip
    host, address = mail.host
    digest = crc32(f"None {mail.outcome} {host} {address} {mail.reply}".encode())
    hand_overs.append((
        number, mail.at_us + 800_000, mail.recipient_id, digest, mail.outcome, mail.host_id,
        mail.status, mail.reply, "TLSv1.3", 800, 20, mail.next_queue_id,
    ))  # fmt: skip
    parties.append((number, FROM, mail.sender_id))
    parties.append((number, TO, mail.recipient_id))

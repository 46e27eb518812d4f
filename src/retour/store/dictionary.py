"""Addresses, hosts and systems to numbers: each text stands in the trail once.

That keeps rows and indexes small, makes searching part of an address a search among the different
addresses, and lets a person be forgotten in one place.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, func, select

from retour.store.dialect import Dialect, Row
from retour.store.schema import (
    address_words,
    addresses,
    endings,
    host_words,
    hosts,
    state,
    systems,
)
from retour.store.texts import clean_name
from retour.trail.words import split_words

_REMEMBERED = 100_000
"""Texts of a kind whose numbers are kept in memory."""
_GENERATION = "dictionary"

Host = tuple[str | None, str | None, str | None]
"""Name, address and HELO name."""


class Dictionary:
    """Finds and gives numbers, inside the transaction of whoever holds the writer's lock."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._generation = -1
        self._addresses: dict[str, int] = {}
        self._hosts: dict[Host, int] = {}
        self._systems: dict[str, int] = {}
        self._endings: set[Row] = set()

    def refresh(self, connection: Connection) -> None:
        """Forget remembered numbers that another process may have taken out of use."""
        generation = read_generation(connection)
        if generation != self._generation:
            self.reset()
            self._generation = generation

    def reset(self) -> None:
        """Forget all remembered numbers; a transaction that gave some was rolled back."""
        self._generation = -1
        self._addresses.clear()
        self._hosts.clear()
        self._systems.clear()
        self._endings.clear()

    def number_addresses(self, connection: Connection, wanted: set[str]) -> dict[str, int]:
        """Return the numbers of at least these addresses, by the address as it was given."""
        known = self._addresses
        missing = wanted - known.keys()
        if missing:
            if len(known) > _REMEMBERED:
                known.clear()
                missing = wanted
            known.update(self._add_addresses(connection, missing))
        return known

    def _add_addresses(self, connection: Connection, missing: Iterable[str]) -> dict[str, int]:
        texts = {given: clean_name(given) for given in missing}
        found = self._find(connection, addresses.c.address, set(texts.values()))
        new = [text for text in dict.fromkeys(texts.values()) if text not in found]
        if new:
            next_id = _next_number(connection, addresses.c.address_id)
            rows = list(enumerate(new, start=next_id))
            self._dialect.insert(connection, addresses, "address_id, address", rows)
            index_addresses(connection, self._dialect, rows)
            found.update((text, number) for number, text in rows)
        return {given: found[text] for given, text in texts.items()}

    def number_hosts(self, connection: Connection, wanted: set[Host]) -> dict[Host, int]:
        """Return the numbers of at least these hosts."""
        known = self._hosts
        missing = wanted - known.keys()
        if missing:
            if len(known) > _REMEMBERED:
                known.clear()
                missing = wanted
            known.update(self._add_hosts(connection, missing))
        return known

    def _add_hosts(self, connection: Connection, missing: Iterable[Host]) -> dict[Host, int]:
        texts = {
            host: (clean_name(host[0] or ""), clean_name(host[1] or ""), clean_name(host[2] or ""))
            for host in missing
        }
        names = {name for name, _, _ in texts.values()}
        listed = self._dialect.is_one_of(hosts.c.name, names)
        found = {
            (name, address, helo): int(number)
            for number, name, address, helo in connection.execute(select(hosts).where(listed))
        }
        new = [text for text in dict.fromkeys(texts.values()) if text not in found]
        if new:
            next_id = _next_number(connection, hosts.c.host_id)
            rows = [(number, *text) for number, text in enumerate(new, start=next_id)]
            self._dialect.insert(connection, hosts, "host_id, name, address, helo", rows)
            words: list[Row] = [
                (word, number) for number, *names in rows for word in split_words(" ".join(names))
            ]
            self._dialect.insert(connection, host_words, "word, host_id", words)
            found.update((text, number) for number, text in enumerate(new, start=next_id))
        return {host: found[text] for host, text in texts.items()}

    def number_systems(self, connection: Connection, wanted: set[str]) -> dict[str, int]:
        """Return the numbers of at least these systems."""
        missing = wanted - self._systems.keys()
        if missing:
            texts = {given: clean_name(given) for given in missing}
            found = self._find(connection, systems.c.name, set(texts.values()))
            new = [text for text in dict.fromkeys(texts.values()) if text not in found]
            next_id = _next_number(connection, systems.c.system_id)
            rows = list(enumerate(new, start=next_id))
            self._dialect.insert(connection, systems, "system_id, name", rows)
            found.update((text, number) for number, text in rows)
            self._systems.update((given, found[text]) for given, text in texts.items())
        return self._systems

    def note_endings(self, connection: Connection, found: set[Row]) -> None:
        """Keep which pairs of outcome and status occur; a status that is not known is ``""``."""
        missing = found - self._endings
        if missing:
            self._dialect.insert(connection, endings, "outcome, status", sorted(missing))
            if len(self._endings) > _REMEMBERED:
                self._endings.clear()
            self._endings |= missing

    def _find(self, connection: Connection, column: Any, texts: set[str]) -> dict[str, int]:
        """Return the numbers of the texts that have one."""
        key = next(iter(column.table.primary_key.columns))
        rows = connection.execute(select(column, key).where(self._dialect.is_one_of(column, texts)))
        return {text: int(number) for text, number in rows}


def index_addresses(
    connection: Connection, dialect: Dialect, rows: Iterable[tuple[int, str]]
) -> None:
    """Make addresses found by their words."""
    words: list[Row] = [(word, number) for number, text in rows for word in split_words(text)]
    dialect.insert(connection, address_words, "word, address_id", words)


def forget_addresses(
    connection: Connection, dialect: Dialect, rows: Iterable[tuple[int, str]]
) -> None:
    """Undo :func:`index_addresses`."""
    words: list[Row] = [(word, number) for number, text in rows for word in split_words(text)]
    statement = "DELETE FROM address_words WHERE word = ? AND address_id = ?"
    dialect.execute_many(connection, statement, words)


def read_generation(connection: Connection) -> int:
    """Return how often numbers were taken out of use."""
    found = connection.execute(select(state.c.value).where(state.c.name == _GENERATION)).scalar()
    return int(found or 0)


def start_generation(connection: Connection) -> None:
    """Make every process forget its remembered numbers before it writes again."""
    generation = read_generation(connection) + 1
    connection.execute(state.delete().where(state.c.name == _GENERATION))
    connection.execute(state.insert().values(name=_GENERATION, value=generation))


def _next_number(connection: Connection, column: Any) -> int:
    """Return the first number that is free; the writer's lock keeps it so."""
    return int(connection.execute(select(func.max(column))).scalar() or 0) + 1

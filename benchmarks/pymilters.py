# mypy: ignore-errors
"""Milters on libmilter to hold ours against: ``python pymilters.py SOCKET WAY DATABASE``.

``minimal`` lets messages go at MAIL. ``table`` writes queue id, envelope and header as one text
into a table. ``facts`` writes down what our trail does, and can find it by what our trail can.
"""

import queue
import sqlite3
import sys
import threading
import time
from email.utils import parseaddr

import Milter

_GATHER_S = 0.2
_BATCH_MAX = 500
_WRITING = queue.Queue()
_SEEN = {}
_TABLES = """
CREATE TABLE seen (id TEXT PRIMARY KEY, text TEXT);
CREATE TABLE copies (
    n INTEGER PRIMARY KEY, queue_id, system, at, message_id, peer_name, peer_address, helo, tls,
    size, header, seconds);
CREATE TABLE addresses (n INTEGER PRIMARY KEY, address UNIQUE);
CREATE TABLE parties (copy, role, address);
CREATE INDEX by_queue_id ON copies (queue_id);
CREATE INDEX by_message_id ON copies (message_id);
CREATE INDEX by_party ON parties (address, copy);
"""


class Minimal(Milter.Base):
    """Lets go whatever has a sender."""

    def envfrom(self, sender, *_):
        return Milter.CONTINUE if sender == "<>" else Milter.ACCEPT


class Table(Milter.Base):
    """Keeps a message as one text."""

    def envfrom(self, sender, *_):
        self.lines = [sender]
        return Milter.CONTINUE

    def envrcpt(self, recipient, *_):
        self.lines.append(recipient)
        return Milter.CONTINUE

    def header(self, name, value):
        self.lines.append(f"{name}: {value}")
        return Milter.CONTINUE

    def body(self, _):
        return Milter.SKIP

    def eom(self):
        _WRITING.put((self.getsymval("i"), "\n".join(self.lines)))
        return Milter.CONTINUE


class Facts(Milter.Base):
    """Keeps what our trail keeps; as there, only the end of the header is answered."""

    @Milter.noreply
    def connect(self, name, _, address):
        self.peer = (name, address and address[0])
        self.system = self.getsymval("j")
        return Milter.CONTINUE

    @Milter.noreply
    def hello(self, name):
        self.helo, self.tls = name, self.getsymval("{tls_version}")
        return Milter.CONTINUE

    @Milter.noreply
    def envfrom(self, sender, *words):
        self.sender = sender.strip("<>")
        self.size = next((int(word[5:]) for word in words if word.startswith("SIZE=")), None)
        self.recipients, self.fields, self.message_id, self.author = [], [], "", ""
        return Milter.CONTINUE

    @Milter.noreply
    def envrcpt(self, recipient, *_):
        self.recipients.append(recipient.strip("<>"))
        return Milter.CONTINUE

    @Milter.noreply
    def header(self, name, value):
        self.fields.append(f"{name}:{value}")
        if name.lower() == "message-id":
            self.message_id = value.strip()
        elif name.lower() == "from":
            self.author = parseaddr(value)[1]
        return Milter.CONTINUE

    def eoh(self):
        start = time.monotonic()
        for recipient in self.recipients:
            _SEEN[self.message_id, recipient] = time.time()
        envelope = (self.getsymval("i"), self.system, time.time(), self.message_id, *self.peer)
        header = "\r\n".join(self.fields)
        row = (*envelope, self.helo, self.tls, self.size, header, time.monotonic() - start)
        parties = ((0, self.sender), (1, self.author), *((2, name) for name in self.recipients))
        _WRITING.put((row, parties))
        return Milter.ACCEPT


def _write_text(base, rows):
    base.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", rows)


def _write_facts(base, rows, numbers={}):  # noqa: B006 - numbers of addresses, kept
    for row, parties in rows:
        n = base.execute(f"INSERT INTO copies VALUES (NULL{', ?' * len(row)})", row).lastrowid
        for _, address in parties:
            if address not in numbers:
                added = base.execute("INSERT INTO addresses VALUES (NULL, ?)", (address,))
                numbers[address] = added.lastrowid
        named = [(n, role, numbers[address]) for role, address in parties]
        base.executemany("INSERT INTO parties VALUES (?, ?, ?)", named)


def _write(place, put):
    base = sqlite3.connect(place)
    base.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;")
    base.executescript(_TABLES)
    while True:
        rows = [_WRITING.get()]
        time.sleep(_GATHER_S)
        while not _WRITING.empty() and len(rows) < _BATCH_MAX:
            rows.append(_WRITING.get())
        put(base, rows)
        base.commit()


def main():
    """Serve until SIGTERM."""
    socket, way, place = sys.argv[1:]
    Milter.factory = {"minimal": Minimal, "table": Table, "facts": Facts}[way]
    if put := {"table": _write_text, "facts": _write_facts}.get(way):
        threading.Thread(target=_write, args=(place, put), daemon=True).start()
    Milter.runmilter("minimal", f"unix:{socket}", 300)


if __name__ == "__main__":
    main()

"""The trail's tables; docs/trail.md says why they are shaped so.

The migrations make them. A test compares what they made with what stands here.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)

REVISION = "0006"
"""The newest migration."""

FROM = 1
"""``parties.role``: who sent it, by envelope or header."""
TO = 2
"""``parties.role``: whom it was for, as sent or as rewritten."""

ID_BITS = 10
"""A ``copy_id`` is the copy's first moment in microseconds, shifted by these bits, plus a part that
tells copies of one moment apart. So numbers, pages of disk and partitions follow time."""
SPREAD = (1 << 20) - 1
"""The most that the part adds: a millisecond, since traditional stamps put all of a second into one
moment."""
LAST_US = (1 << (63 - ID_BITS)) - 1_000_000
DAY_US = 86_400_000_000
HOUR_US = 3_600_000_000
QUEUED_SPAN = (7 * DAY_US) << ID_BITS
"""How far the ``copy_id`` of what follows from a copy may lie behind its own: a week, longer than
queues try (RFC 5321, 4.5.4.1: four to five days), far shorter than a trail, each day of which
PostgreSQL would have to look into."""

PARTITIONED = ("copies", "hand_overs", "parties", "links", "remarks", "contents", "reports")
"""Tables that begin with ``copy_id`` and are cut into days by it, in PostgreSQL."""

metadata = MetaData()
# In SQLite only the type INTEGER makes a key the row's own number.
_Number = BigInteger().with_variant(Integer(), "sqlite")

systems = Table(
    "systems",
    metadata,
    Column("system_id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, unique=True),
)

addresses = Table(
    "addresses",
    metadata,
    Column("address_id", _Number, primary_key=True, autoincrement=False),
    Column("address", Text, nullable=False, unique=True),
)

# Parts of addresses are looked up here: in order, so that a search can stop after some.
address_words = Table(
    "address_words",
    metadata,
    Column("word", Text, primary_key=True),
    Column("address_id", _Number, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# What is not known is "", so that NULLs do not make two of one host.
hosts = Table(
    "hosts",
    metadata,
    Column("host_id", _Number, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("helo", Text, nullable=False),
    Index("hosts_key", "name", "address", "helo", unique=True),
)

# As with addresses: who searches for a host knows a part of its name or address.
host_words = Table(
    "host_words",
    metadata,
    Column("word", Text, primary_key=True),
    Column("host_id", _Number, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# The ends of hand-overs that occur at all; a status that is not known is "".
endings = Table(
    "endings",
    metadata,
    Column("outcome", Text, primary_key=True),
    Column("status", Text, primary_key=True),
    sqlite_with_rowid=False,
)

copies = Table(
    "copies",
    metadata,
    Column("copy_id", _Number, primary_key=True, autoincrement=False),
    Column("system_id", Integer, nullable=False),
    Column("queue_id", Text, nullable=False),
    Column("first_us", BigInteger, nullable=False),
    Column("last_us", BigInteger, nullable=False),
    Column("ended_us", BigInteger),
    Column("message_id", Text),
    Column("sender_id", BigInteger),
    Column("peer_id", BigInteger),
    Column("protocol", Text),
    Column("tls", Text),
    Column("size_bytes", BigInteger),
    Column("recipient_count", Integer),
    Column("subject", Text),
    Column("given_up_us", BigInteger),
    Column("report_about", Text),
    Index("copies_queue_id", "queue_id"),
    Index("copies_message_id", "message_id"),
    Index("copies_peer", "peer_id", "copy_id"),
)

_given_up = copies.c.given_up_us.is_not(None)
Index("copies_given_up", copies.c.copy_id, sqlite_where=_given_up, postgresql_where=_given_up)
_about = copies.c.report_about.is_not(None)
Index("copies_about", copies.c.report_about, sqlite_where=_about, postgresql_where=_about)

hand_overs = Table(
    "hand_overs",
    metadata,
    Column("copy_id", BigInteger, primary_key=True, autoincrement=False),
    Column("at_us", BigInteger, primary_key=True, autoincrement=False),
    Column("recipient_id", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", BigInteger, primary_key=True, autoincrement=False),
    Column("original_id", BigInteger),
    Column("outcome", Text, nullable=False),
    Column("phase", Text),
    Column("host_id", BigInteger),
    Column("status", Text),
    Column("reply", Text),
    Column("tls", Text),
    Column("delay_ms", BigInteger),
    Column("before_queue_ms", BigInteger),
    Column("next_queue_id", Text),
    sqlite_with_rowid=False,
)
Index("hand_overs_end", hand_overs.c.outcome, hand_overs.c.status, hand_overs.c.copy_id)
_named = hand_overs.c.next_queue_id.is_not(None)
Index(
    "hand_overs_next",
    hand_overs.c.next_queue_id,
    sqlite_where=_named,
    postgresql_where=_named,
)
SLOW_CHECK_MS = 1_000
"""Checks before the queue that took longer are few, and have an index."""
_slow = hand_overs.c.before_queue_ms > SLOW_CHECK_MS
Index(
    "hand_overs_slow",
    hand_overs.c.copy_id,
    hand_overs.c.before_queue_ms,
    sqlite_where=_slow,
    postgresql_where=_slow,
)

parties = Table(
    "parties",
    metadata,
    Column("copy_id", BigInteger, primary_key=True, autoincrement=False),
    Column("role", SmallInteger, primary_key=True, autoincrement=False),
    Column("address_id", BigInteger, primary_key=True, autoincrement=False),
    Index("parties_address", "address_id", "role", "copy_id"),
    sqlite_with_rowid=False,
)

links = Table(
    "links",
    metadata,
    Column("copy_id", BigInteger, primary_key=True, autoincrement=False),
    Column("relation", Text, primary_key=True),
    Column("other_queue_id", Text, primary_key=True),
    Column("at_us", BigInteger, nullable=False),
    Index("links_other", "other_queue_id"),
    sqlite_with_rowid=False,
)

remarks = Table(
    "remarks",
    metadata,
    Column("copy_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("at_us", BigInteger, primary_key=True, autoincrement=False),
    Column("phase", Text, nullable=False),
    sqlite_with_rowid=False,
)

contents = Table(
    "contents",
    metadata,
    Column("copy_id", _Number, primary_key=True, autoincrement=False),
    Column("header_block", LargeBinary),
    Column("body_sha256", Text),
    Column("body", LargeBinary),
    Column("source", Text),
    Column("answer_us", BigInteger),
)

reports = Table(
    "reports",
    metadata,
    Column("copy_id", BigInteger, primary_key=True, autoincrement=False),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("at_us", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reporting_mta", Text),
    Column("original_message_id", Text),
    Column("original_queue_id", Text),
    Column("envelope_id", Text),
    Column("recipient_id", BigInteger),
    Column("original_id", BigInteger),
    Column("action", Text),
    Column("status", Text),
    Column("reply", Text),
    Column("remote_mta", Text),
    Column("cause", Text),
    Column("outcome", Text),
    Column("confidence", Float),
    Index("reports_original_message", "original_message_id"),
    Index("reports_original_queue", "original_queue_id"),
)

positions = Table(
    "positions",
    metadata,
    Column("source", Text, primary_key=True),
    Column("position", Text, nullable=False),
)

state = Table(
    "state",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

# The numbers of docs/statistics.md: counted behind the writing, hour by hour, from the rows above.
uncounted = Table(
    "uncounted",
    metadata,
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("times", Integer, nullable=False),
)

counts = Table(
    "counts",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("n", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

troubles = Table(
    "troubles",
    metadata,
    Column("copy_id", BigInteger, primary_key=True, autoincrement=False),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("domain", Text, nullable=False),
    Column("address_id", BigInteger),
    Index("troubles_address", "kind", "address_id", "copy_id"),
    Index("troubles_cause", "kind", "cause", "copy_id"),
    Index("troubles_actor", "kind", "actor", "copy_id"),
    Index("troubles_domain", "kind", "domain", "copy_id"),
    sqlite_with_rowid=False,
)

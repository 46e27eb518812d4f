"""The first tables, in PostgreSQL partitioned by day."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make everything."""
    _make_dictionaries()
    _make_copies()
    _make_hand_overs()
    _make_contents()
    _make_search()


def _number(name: str, **options: object) -> "sa.Column[Any]":
    return sa.Column(name, _NUMBER, autoincrement=False, **options)  # type: ignore[arg-type]


def _key(name: str, kind: type = sa.BigInteger) -> "sa.Column[Any]":
    return sa.Column(name, kind, primary_key=True, autoincrement=False)


def _table(name: str, *columns: "sa.Column[Any]") -> None:
    """Make a table that is cut by ``copy_id``."""
    clustered = name in ("hand_overs", "parties", "links")
    op.create_table(
        name,
        *columns,
        sqlite_with_rowid=not clustered,
        postgresql_partition_by="RANGE (copy_id)",
    )


def _index_known(name: str, table: str, column: str, known: str) -> None:
    """Make an index of the rows in which another column is known."""
    where = sa.text(f"{known} IS NOT NULL")
    op.create_index(name, table, [column], sqlite_where=where, postgresql_where=where)


def _text(*names: str) -> "list[sa.Column[Any]]":
    return [sa.Column(name, sa.Text) for name in names]


def _make_dictionaries() -> None:
    op.create_table(
        "systems",
        _key("system_id", sa.Integer),
        sa.Column("name", sa.Text, nullable=False, unique=True),
    )
    op.create_table(
        "addresses",
        _number("address_id", primary_key=True),
        sa.Column("address", sa.Text, nullable=False, unique=True),
    )
    op.create_table(
        "address_words",
        _key("word", sa.Text),
        _number("address_id", primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "hosts",
        _number("host_id", primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("name", "address", "helo")),
    )
    op.create_index("hosts_key", "hosts", ["name", "address", "helo"], unique=True)
    op.create_table(
        "positions",
        _key("source", sa.Text),
        sa.Column("position", sa.Text, nullable=False),
    )
    op.create_table(
        "state",
        _key("name", sa.Text),
        sa.Column("value", sa.BigInteger, nullable=False),
    )


def _make_copies() -> None:
    _table(
        "copies",
        _number("copy_id", primary_key=True),
        sa.Column("system_id", sa.Integer, nullable=False),
        sa.Column("queue_id", sa.Text, nullable=False),
        sa.Column("first_us", sa.BigInteger, nullable=False),
        sa.Column("last_us", sa.BigInteger, nullable=False),
        sa.Column("ended_us", sa.BigInteger),
        *_text("message_id"),
        sa.Column("sender_id", sa.BigInteger),
        sa.Column("peer_id", sa.BigInteger),
        *_text("protocol", "tls"),
        sa.Column("size_bytes", sa.BigInteger),
        sa.Column("recipient_count", sa.Integer),
        *_text("subject"),
        sa.Column("given_up_us", sa.BigInteger),
        *_text("report_about"),
    )
    op.create_index("copies_queue_id", "copies", ["queue_id"])
    op.create_index("copies_message_id", "copies", ["message_id"])
    op.create_index("copies_peer", "copies", ["peer_id", "copy_id"])
    _index_known("copies_given_up", "copies", "copy_id", "given_up_us")
    _index_known("copies_about", "copies", "report_about", "report_about")
    _table("parties", _key("copy_id"), _key("role", sa.SmallInteger), _key("address_id"))
    op.create_index("parties_address", "parties", ["address_id", "role", "copy_id"])
    _table(
        "links",
        _key("copy_id"),
        _key("relation", sa.Text),
        _key("other_queue_id", sa.Text),
        sa.Column("at_us", sa.BigInteger, nullable=False),
    )
    op.create_index("links_other", "links", ["other_queue_id"])


def _make_hand_overs() -> None:
    _table(
        "hand_overs",
        *(_key(name) for name in ("copy_id", "at_us", "recipient_id", "digest")),
        sa.Column("original_id", sa.BigInteger),
        sa.Column("outcome", sa.Text, nullable=False),
        *_text("phase"),
        sa.Column("host_id", sa.BigInteger),
        *_text("status", "reply", "tls"),
        sa.Column("delay_ms", sa.BigInteger),
        sa.Column("before_queue_ms", sa.BigInteger),
        *_text("next_queue_id"),
    )
    rare = sa.text("outcome NOT IN ('delivered', 'relayed')")
    op.create_index(
        "hand_overs_trouble",
        "hand_overs",
        ["outcome", "copy_id"],
        sqlite_where=rare,
        postgresql_where=rare,
    )
    _index_known("hand_overs_next", "hand_overs", "next_queue_id", "next_queue_id")


def _make_contents() -> None:
    _table(
        "contents",
        _number("copy_id", primary_key=True),
        sa.Column("header_block", sa.LargeBinary),
        *_text("body_sha256"),
        sa.Column("body", sa.LargeBinary),
        *_text("source"),
    )
    _table(
        "reports",
        _key("copy_id"),
        _key("n", sa.Integer),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        *_text("reporting_mta", "original_message_id", "original_queue_id", "envelope_id"),
        sa.Column("recipient_id", sa.BigInteger),
        sa.Column("original_id", sa.BigInteger),
        *_text("action", "status", "reply", "remote_mta", "cause", "outcome"),
        sa.Column("confidence", sa.Float),
    )
    op.create_index("reports_original_message", "reports", ["original_message_id"])
    op.create_index("reports_original_queue", "reports", ["original_queue_id"])


def _make_search() -> None:
    """Make what searches subjects: FTS5 beside the table, or a column of words with a GIN index."""
    if op.get_bind().dialect.name == "sqlite":
        # Only which rows have a word is kept (detail=none), and no text a second time (content='').
        op.execute(
            "CREATE VIRTUAL TABLE subject_words USING fts5(words, content='', detail=none, "
            "columnsize=0, tokenize='unicode61 remove_diacritics 0')"
        )
        return
    op.execute("ALTER TABLE copies ADD COLUMN words tsvector")
    op.execute("CREATE INDEX copies_words ON copies USING gin (words)")
    # Text in the order of its bytes serves searches from the beginning, as in SQLite.
    for table, column in (
        ("copies", "message_id"),
        ("copies", "queue_id"),
        ("address_words", "word"),
    ):
        op.execute(f'ALTER TABLE {table} ALTER {column} TYPE text COLLATE "C"')

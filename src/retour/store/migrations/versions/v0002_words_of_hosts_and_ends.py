"""Hosts are found by their words, hand-overs by any outcome and status."""

import sqlalchemy as sa
from alembic import op

from retour.trail.words import split_words

revision = "0002"
down_revision = "0001"

_BATCH = 10_000
_RARE = "outcome NOT IN ('delivered', 'relayed')"


def upgrade() -> None:
    """Make the tables, fill them from what is there, and exchange the index."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    words = op.create_table(
        "host_words",
        sa.Column("word", sa.Text, primary_key=True),
        sa.Column("host_id", number, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "endings",
        sa.Column("outcome", sa.Text, primary_key=True),
        sa.Column("status", sa.Text, primary_key=True),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        # Text in the order of its bytes serves searches from the beginning, as in SQLite.
        for table, column in (("host_words", "word"), ("endings", "status")):
            op.execute(f'ALTER TABLE {table} ALTER {column} TYPE text COLLATE "C"')
    _fill_words(words)
    op.execute(
        "INSERT INTO endings(outcome, status) "
        "SELECT DISTINCT outcome, coalesce(status, '') FROM hand_overs"
    )
    op.drop_index("hand_overs_trouble", "hand_overs")
    op.create_index("hand_overs_end", "hand_overs", ["outcome", "status", "copy_id"])


def _fill_words(words: sa.Table) -> None:
    """Split the names of the hosts that are there."""
    connection = op.get_bind()
    after = 0
    while True:
        rows = connection.execute(
            sa.text(
                "SELECT host_id, name, address, helo FROM hosts WHERE host_id > :after "
                "ORDER BY host_id LIMIT :batch"
            ),
            {"after": after, "batch": _BATCH},
        ).all()
        if not rows:
            return
        values = [
            {"word": word, "host_id": number}
            for number, *texts in rows
            for word in split_words(" ".join(texts))
        ]
        if values:
            connection.execute(words.insert(), values)
        after = rows[-1][0]

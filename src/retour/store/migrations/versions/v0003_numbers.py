"""Numbers over the trail: what is in it already is counted like what comes, behind the writing."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_HOUR = "(copy_id / 1024) / 3600000000"


def upgrade() -> None:
    """Make the tables, and mark every hour that has copies as not yet counted."""
    op.create_table(
        "uncounted",
        sa.Column("hour", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("times", sa.Integer, nullable=False),
    )
    op.create_table(
        "counts",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("hour", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("n", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "troubles",
        sa.Column("copy_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("n", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("domain", sa.Text, nullable=False),
        sa.Column("address_id", sa.BigInteger),
        sqlite_with_rowid=False,
    )
    for name, column in (
        ("address", "address_id"),
        ("cause", "cause"),
        ("actor", "actor"),
        ("domain", "domain"),
    ):
        op.create_index(f"troubles_{name}", "troubles", ["kind", column, "copy_id"])
    op.execute(f"INSERT INTO uncounted(hour, times) SELECT DISTINCT {_HOUR}, 1 FROM copies")

"""What captures show of how copies arrived."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table, in PostgreSQL with the days that the others have."""
    op.create_table(
        "remarks",
        sa.Column("copy_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("at_us", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("phase", sa.Text, nullable=False),
        sqlite_with_rowid=False,
        postgresql_partition_by="RANGE (copy_id)",
    )
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    days = connection.exec_driver_sql(
        "SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) "
        "FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
        "WHERE i.inhparent = 'copies'::regclass"
    ).all()
    for name, bounds in days:
        day = name.removeprefix("copies_")
        connection.exec_driver_sql(f"CREATE TABLE remarks_{day} PARTITION OF remarks {bounds}")

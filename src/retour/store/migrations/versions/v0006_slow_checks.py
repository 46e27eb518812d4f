"""Hand-overs whose checks before the queue took long are found without reading all others."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the index; few hand-overs are in it."""
    slow = sa.text("before_queue_ms > 1000")
    op.create_index(
        "hand_overs_slow",
        "hand_overs",
        ["copy_id", "before_queue_ms"],
        sqlite_where=slow,
        postgresql_where=slow,
    )

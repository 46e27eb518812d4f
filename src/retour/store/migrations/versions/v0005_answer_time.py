"""How long a mail server waited for our answer to the end of a message."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column; messages of before have none."""
    op.add_column("contents", sa.Column("answer_us", sa.BigInteger))

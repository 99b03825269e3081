"""A shortage is told to its customer once: when that was."""

import sqlalchemy as sa
from alembic import op

from fulfil.kit.columns import Utc

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cases", sa.Column("told_at", Utc, nullable=True))

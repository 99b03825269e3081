"""Submissions that are being undone are found by the same index as those that run."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('running', 'undoing')")


def upgrade() -> None:
    op.drop_index("ix_submissions_open", "submissions")
    op.create_index(
        "ix_submissions_open", "submissions", ["id"], unique=False, sqlite_where=OPEN, postgresql_where=OPEN
    )

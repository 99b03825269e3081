"""Where the walk of a ticket begins, and where the last walk of somebody on duty ended."""

import sqlalchemy as sa
from alembic import op

from fulfil.kit.columns import Real

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in ("begins_x", "begins_y"):
        op.add_column("tickets", sa.Column(column, Real, nullable=True))
    for column in ("x", "y"):
        op.add_column("worker_loads", sa.Column(column, Real, nullable=True))

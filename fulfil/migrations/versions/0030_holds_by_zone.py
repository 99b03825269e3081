"""What is held for an order that is not paid counts its zones and its weight."""

import sqlalchemy as sa
from alembic import op

from fulfil.kit.columns import Json

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("capacity_holds", sa.Column("picked", Json, nullable=True))

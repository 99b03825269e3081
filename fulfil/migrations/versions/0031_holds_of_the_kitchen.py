"""What is held for an order that is not paid counts what the kitchen has to make for it."""

import sqlalchemy as sa
from alembic import op

from fulfil.kit.columns import Json

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("capacity_holds", sa.Column("stations", Json, nullable=True))

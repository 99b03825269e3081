"""A shop's floor has a plan."""

import sqlalchemy as sa
from alembic import op

from fulfil.kit.columns import Int, Text, Utc

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "floor_plans",
        sa.Column("store_id", Int, autoincrement=False, nullable=False),
        sa.Column("document", Text, nullable=False),
        sa.Column("imported_by", Text, nullable=False),
        sa.Column("imported_at", Utc, nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_floor_plans_store_id_stores")),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_floor_plans")),
        sqlite_strict=True,
    )

"""When every order will be ready and delivered, as predicted while it is under way."""

import sqlalchemy as sa
from alembic import op

from fulfil.kit.columns import Int, Utc

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "predictions",
        sa.Column("fulfilment_id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("order_no", Int, nullable=False),
        sa.Column("ready_at", Utc, nullable=False),
        sa.Column("deliver_at", Utc, nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.Column("late_since", Utc, nullable=True),
        sa.Column("told_at", Utc, nullable=True),
        sa.ForeignKeyConstraint(
            ["fulfilment_id"], ["fulfilments.id"], name=op.f("fk_predictions_fulfilment_id_fulfilments")
        ),
        sa.PrimaryKeyConstraint("fulfilment_id", name=op.f("pk_predictions")),
        sqlite_strict=True,
    )

"""What a shop promises more than it predicts, so that most of it comes in time."""

import sqlalchemy as sa
from alembic import op

from fulfil.kit.columns import Int, Real, Utc

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "promise_margins",
        sa.Column("store_id", Int, nullable=False, autoincrement=False),
        sa.Column("seconds", Real, nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.CheckConstraint("seconds >= 0", name=op.f("ck_promise_margins_seconds")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_promise_margins_store_id_stores")),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_promise_margins")),
        sqlite_strict=True,
    )

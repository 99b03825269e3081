"""Pickers count shelves, and say whether the one that they emptied is empty."""

import sqlalchemy as sa
from alembic import op

from fulfil.kit.columns import Bool, Int, Text

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stock_counts", sa.Column("first", Int, nullable=True))
    op.add_column("pick_lines", sa.Column("left_empty", Bool, nullable=True))
    op.create_table(
        "count_lines",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("ticket_id", Int, nullable=False),
        sa.Column("order_no", Int, nullable=False),
        sa.Column("count_id", Int, nullable=False),
        sa.Column("second", Bool, nullable=False),
        sa.Column("sku", Text, nullable=False),
        sa.Column("location", Text, nullable=False),
        sa.Column("unit", Text, nullable=False),
        sa.Column("counted", Int, nullable=True),
        sa.CheckConstraint("counted >= 0", name=op.f("ck_count_lines_counted")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["pick_lists.id"], name=op.f("fk_count_lines_ticket_id_pick_lists")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count_lines")),
        sqlite_strict=True,
    )
    op.create_index("ix_count_lines_ticket", "count_lines", ["ticket_id"])
    op.create_index("ix_count_lines_count", "count_lines", ["store_id", "count_id"])

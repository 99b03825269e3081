"""What a stock-out means for others: warnings on their lines, products off sale, shelves to count."""

import sqlalchemy as sa
from alembic import op

from fulfil.kit.columns import Int, Text, Utc

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pick_lines", sa.Column("warning", Text, nullable=True))
    op.add_column("products", sa.Column("off_sale_reason", Text, nullable=False, server_default=""))
    op.add_column("products", sa.Column("off_sale_at", Utc, nullable=True))
    op.create_index(
        "ix_products_off_sale",
        "products",
        ["store_id", "off_sale_at"],
        sqlite_where=sa.text("off_sale_at IS NOT NULL"),
        postgresql_where=sa.text("off_sale_at IS NOT NULL"),
    )
    op.create_table(
        "stock_counts",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("sku", Text, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("reason", Text, nullable=False),
        sa.Column("opened_at", Utc, nullable=False),
        sa.Column("ended_at", Utc, nullable=True),
        sa.CheckConstraint("state IN ('open', 'counted')", name=op.f("ck_stock_counts_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_counts")),
        sqlite_strict=True,
    )
    waits = sa.text("state = 'open'")
    op.create_index(
        "uq_stock_counts_open",
        "stock_counts",
        ["store_id", "sku"],
        unique=True,
        sqlite_where=waits,
        postgresql_where=waits,
    )

"""What the shop itself makes to order: how goods are made, and the work of the kitchen."""

import sqlalchemy as sa
from alembic import op

from fulfil.kit.columns import Int, Text, Utc

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("items", sa.Column("prep", Text, nullable=True))
    op.add_column("fulfilment_lines", sa.Column("prep", Text, nullable=True))
    op.create_table(
        "prep_orders",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("fulfilment_id", Int, nullable=False),
        sa.Column("order_no", Int, nullable=False),
        sa.Column("station", Text, nullable=False),
        sa.Column("label", Text, nullable=False),
        sa.Column("seconds", Int, nullable=False),
        sa.Column("start_at", Utc, nullable=False),
        sa.CheckConstraint("seconds > 0", name=op.f("ck_prep_orders_seconds")),
        sa.ForeignKeyConstraint(
            ["fulfilment_id"], ["fulfilments.id"], name=op.f("fk_prep_orders_fulfilment_id_fulfilments")
        ),
        sa.ForeignKeyConstraint(["id"], ["tickets.id"], name=op.f("fk_prep_orders_id_tickets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prep_orders")),
        sqlite_strict=True,
    )
    op.create_index("ix_prep_orders_fulfilment", "prep_orders", ["fulfilment_id"])
    op.create_index("uq_prep_orders_label", "prep_orders", ["store_id", "label"], unique=True)
    op.create_table(
        "prep_lines",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("ticket_id", Int, nullable=False),
        sa.Column("fulfilment_id", Int, nullable=False),
        sa.Column("order_no", Int, nullable=False),
        sa.Column("line_no", Int, nullable=False),
        sa.Column("sku", Text, nullable=False),
        sa.Column("quantity", Int, nullable=False),
        sa.Column("short", Int, nullable=False),
        sa.Column("batch", Int, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("version", Int, nullable=False),
        sa.Column("cooking_at", Utc, nullable=True),
        sa.Column("ready_at", Utc, nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_prep_lines_quantity")),
        sa.CheckConstraint("short >= 0 AND short <= quantity", name=op.f("ck_prep_lines_short")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["prep_orders.id"], name=op.f("fk_prep_lines_ticket_id_prep_orders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prep_lines")),
        sa.UniqueConstraint("ticket_id", "line_no", name="uq_prep_lines_ticket_line"),
        sqlite_strict=True,
    )
    op.create_index("ix_prep_lines_order", "prep_lines", ["store_id", "order_no"])
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "ix_prep_lines_waiting", "prep_lines", ["ticket_id"], sqlite_where=waiting, postgresql_where=waiting
    )

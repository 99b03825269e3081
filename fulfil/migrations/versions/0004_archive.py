"""Orders that ended long ago leave for an archive, and nothing that leaves is looked for in a whole table.

An index on what refers to a row is what makes deleting that row cheap.
"""

import sqlalchemy as sa
from alembic import op

from fulfil.kit.columns import Bytes, Int, Text, Utc

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NEW = (
    ("ix_archived_orders_fulfilment", "archived_orders", ["fulfilment_id"], None),
    ("ix_archived_orders_owner", "archived_orders", ["owner_kind", "owner_id"], None),
    ("ix_archived_orders_unerased", "archived_orders", ["ended_at", "order_no"], "erased_at IS NULL"),
    ("ix_deliveries_fulfilment", "deliveries", ["fulfilment_id"], None),
    ("ix_handover_bags_bag", "handover_bags", ["bag_id"], None),
    ("ix_handovers_fulfilment", "handovers", ["fulfilment_id"], None),
    ("ix_ops_received", "ops", ["received_at"], None),
    ("ix_orders_unerased", "orders", ["ended_at", "id"], "erased_at IS NULL AND ended_at IS NOT NULL"),
    ("ix_pack_lines_fulfilment", "pack_lines", ["fulfilment_id"], None),
    ("ix_pay_refunds_serial", "pay_refunds", ["serial_no"], None),
    ("ix_pick_lists_fulfilment", "pick_lists", ["fulfilment_id"], None),
    ("ix_stock_movements_order", "stock_movements", ["order_no"], "order_no IS NOT NULL"),
    ("ix_stock_shortages_order", "stock_shortages", ["order_no"], None),
    ("ix_stockout_reports_ticket", "stockout_reports", ["ticket_id"], None),
    ("ix_tickets_session", "tickets", ["session_id"], None),
)
OLD = (
    ("ix_deliveries_fulfilment", "deliveries"),
    ("ix_handovers_fulfilment", "handovers"),
    ("ix_ops_store", "ops"),
)


def upgrade() -> None:
    op.create_table(
        "archived_orders",
        sa.Column("order_no", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("fulfilment_id", Int, nullable=True),
        sa.Column("owner_kind", Text, nullable=False),
        sa.Column("owner_id", Int, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("ended_at", Utc, nullable=False),
        sa.Column("archived_at", Utc, nullable=False),
        sa.Column("erased_at", Utc, nullable=True),
        sa.Column("document", Bytes, nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_archived_orders_store_id_stores")),
        sa.PrimaryKeyConstraint("order_no", name=op.f("pk_archived_orders")),
        sqlite_strict=True,
    )
    op.add_column("orders", sa.Column("erased_at", Utc, nullable=True))
    op.add_column("customers", sa.Column("seen_at", Utc, nullable=True))
    for name, table in OLD:
        op.drop_index(name, table)
    for name, table, columns, where in NEW:
        condition = None if where is None else sa.text(where)
        op.create_index(
            name, table, columns, unique=False, sqlite_where=condition, postgresql_where=condition
        )

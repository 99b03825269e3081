"""Orders are shown from copies: their table, and marks of what is to be copied, so far every order."""

import sqlalchemy as sa
from alembic import op

from fulfil.kit.columns import Int, Json, Text, Utc

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MONEY = ("goods", "discount", "delivery", "bags", "tax_included", "payable", "paid", "refunded")
INDEXES = (
    ("ix_order_views_owner", "order_views", ["owner_kind", "owner_id", "id"], None),
    ("ix_order_views_store", "order_views", ["store_id", "id"], None),
    ("ix_order_views_phone", "order_views", ["store_id", "phone"], "phone <> ''"),
    ("ix_order_views_name", "order_views", ["store_id", "name"], "name <> ''"),
    ("ix_order_changes_owner", "order_changes", ["owner_kind", "owner_id"], None),
)


def upgrade() -> None:
    op.create_table(
        "order_views",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("owner_kind", Text, nullable=False),
        sa.Column("owner_id", Int, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("delivery_state", Text, nullable=False),
        *(sa.Column(name, Int, nullable=False) for name in MONEY),
        sa.Column("currency", Text, nullable=False),
        sa.Column("promised_at", Utc, nullable=False),
        sa.Column("expires_at", Utc, nullable=False),
        sa.Column("track_token", Text, nullable=False),
        sa.Column("delivery_pin", Text, nullable=False),
        sa.Column("contact", Json, nullable=False),
        sa.Column("note", Text, nullable=False),
        sa.Column("created_at", Utc, nullable=False),
        sa.Column("paid_at", Utc, nullable=True),
        sa.Column("phone", Text, nullable=False),
        sa.Column("name", Text.with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("archived_at", Utc, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_views")),
        sqlite_strict=True,
    )
    op.create_table(
        "order_changes",
        sa.Column("store_id", Int, autoincrement=False, nullable=False),
        sa.Column("order_no", Int, autoincrement=False, nullable=False),
        sa.Column("owner_kind", Text, nullable=False),
        sa.Column("owner_id", Int, nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("store_id", "order_no", name=op.f("pk_order_changes")),
        sqlite_strict=True,
    )
    for name, table, columns, where in INDEXES:
        condition = None if where is None else sa.text(where)
        op.create_index(
            name, table, columns, unique=False, sqlite_where=condition, postgresql_where=condition
        )
    op.execute(
        "insert into order_changes (store_id, order_no, owner_kind, owner_id, at) "
        "select store_id, id, owner_kind, owner_id, created_at from orders where valid"
    )
    op.execute(
        "insert into order_changes (store_id, order_no, owner_kind, owner_id, at) "
        "select store_id, order_no, owner_kind, owner_id, archived_at from archived_orders"
    )

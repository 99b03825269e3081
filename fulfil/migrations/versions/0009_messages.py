"""Messages are rows: queued with what they tell of, sent after the commit, kept with their order."""

import sqlalchemy as sa
from alembic import op

from fulfil.kit.columns import Int, Text, Utc

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INDEXES = (
    ("uq_messages_key", ["key"], True, None),
    ("ix_messages_store", ["store_id", "id"], False, None),
    ("ix_messages_order", ["order_no"], False, "order_no IS NOT NULL"),
    ("ix_messages_dead", ["ended_at"], False, "state = 'dead'"),
)


def upgrade() -> None:
    op.create_table(
        "messages",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=True),
        sa.Column("order_no", Int, nullable=True),
        *(
            sa.Column(name, Text, nullable=False)
            for name in ("kind", "channel", "recipient", "language", "subject", "text", "key", "state")
        ),
        sa.Column("version", Int, nullable=False),
        sa.Column("attempts", Int, nullable=False),
        sa.Column("next_at", Utc, nullable=True),
        sa.Column("error", Text, nullable=True),
        sa.Column("expires_at", Utc, nullable=False),
        sa.Column("created_at", Utc, nullable=False),
        sa.Column("ended_at", Utc, nullable=True),
        sa.CheckConstraint("channel IN ('sms', 'email')", name=op.f("ck_messages_channel")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_messages_store_id_stores")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sqlite_strict=True,
    )
    for name, columns, unique, where in INDEXES:
        condition = None if where is None else sa.text(where)
        op.create_index(
            name, "messages", columns, unique=unique, sqlite_where=condition, postgresql_where=condition
        )

"""Programs are told of events by webhooks, and people of what is wrong by alarms."""

import sqlalchemy as sa
from alembic import op

from fulfil.kit.columns import Int, Json, Text, Utc

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_webhooks_store", "webhooks", ["store_id"], False, None),
    ("ix_webhook_deliveries_webhook", "webhook_deliveries", ["webhook_id", "id"], False, None),
    ("ix_webhook_deliveries_dead", "webhook_deliveries", ["ended_at"], False, "state = 'dead'"),
    ("uq_alarms_key", "alarms", ["key"], True, "ended_at IS NULL"),
    ("ix_alarms_store", "alarms", ["store_id", "id"], False, None),
)


def _column(name: str, kind: object, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, kind, nullable=nullable)


def _table(name: str, *columns: sa.Column, references: tuple[tuple[str, str], ...]) -> None:
    op.create_table(
        name,
        sa.Column("id", Int, autoincrement=False, nullable=False),
        *columns,
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_{name}_{column}_{table}"))
            for column, table in references
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sqlite_strict=True,
    )


def upgrade() -> None:
    _table(
        "webhooks",
        _column("store_id", Int, nullable=True),
        _column("url", Text),
        _column("types", Json),
        _column("description", Text),
        _column("secrets", Json),
        _column("previous_until", Utc, nullable=True),
        _column("state", Text),
        _column("version", Int),
        _column("disabled_for", Text),
        _column("failing_since", Utc, nullable=True),
        _column("created_by", Text),
        _column("created_at", Utc),
        references=(("store_id", "stores"),),
    )
    _table(
        "webhook_deliveries",
        _column("webhook_id", Int),
        _column("store_id", Int, nullable=True),
        _column("order_no", Int, nullable=True),
        _column("type", Text),
        _column("body", Text),
        _column("state", Text),
        _column("version", Int),
        _column("attempts", Int),
        _column("next_at", Utc, nullable=True),
        _column("status", Int, nullable=True),
        _column("error", Text, nullable=True),
        _column("created_at", Utc),
        _column("ended_at", Utc, nullable=True),
        references=(("webhook_id", "webhooks"), ("store_id", "stores")),
    )
    _table(
        "alarms",
        _column("store_id", Int, nullable=True),
        _column("kind", Text),
        _column("subject", Text),
        _column("key", Text),
        _column("amount", Int),
        _column("count", Int),
        _column("told", Int),
        _column("state", Text),
        _column("version", Int),
        _column("since", Utc),
        _column("counted_at", Utc),
        _column("acknowledged_by", Text, nullable=True),
        _column("acknowledged_at", Utc, nullable=True),
        _column("note", Text, nullable=True),
        _column("ended_at", Utc, nullable=True),
        references=(("store_id", "stores"),),
    )
    for name, table, columns, unique, where in INDEXES:
        condition = None if where is None else sa.text(where)
        op.create_index(
            name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition
        )

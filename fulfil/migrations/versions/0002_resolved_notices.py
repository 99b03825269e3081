"""Payment notices are resolved; what waits for a person is found without a walk through the table."""

import sqlalchemy as sa
from alembic import op

from fulfil.kit.columns import Text, Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WAITING = (
    ("ix_pay_notices_open", "pay_notices", ["id"], "resolved_at IS NULL"),
    ("ix_refunds_failed", "refunds", ["store_id", "id"], "state = 'failed'"),
    ("ix_tasks_dead", "tasks", ["id"], "state = 2"),
)


def upgrade() -> None:
    with op.batch_alter_table("pay_notices", table_kwargs={"sqlite_strict": True}) as table:
        table.add_column(sa.Column("resolved_at", Utc, nullable=True))
        table.add_column(sa.Column("resolved_by", Text, nullable=True))
        table.add_column(sa.Column("note", Text, nullable=True))
        table.create_check_constraint(
            op.f("ck_pay_notices_resolved"),
            "(resolved_at IS NULL) = (resolved_by IS NULL) AND (resolved_at IS NULL) = (note IS NULL)",
        )
    for name, table, columns, waits in WAITING:
        op.create_index(
            name, table, columns, unique=False, sqlite_where=sa.text(waits), postgresql_where=sa.text(waits)
        )

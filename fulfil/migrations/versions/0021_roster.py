"""Shifts and breaks are planned ahead; newcomers are known; lines and weight count beside minutes."""

import sqlalchemy as sa
from alembic import op

from fulfil.kit.columns import Int, Json, Utc

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

NOT_NEW = "20"  # who is there already has done their first tickets


def upgrade() -> None:
    op.create_table(
        "planned_shifts",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("person_id", Int, nullable=False),
        sa.Column("starts_at", Utc, nullable=False),
        sa.Column("ends_at", Utc, nullable=False),
        sa.Column("breaks", Json, nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_planned_shifts_times")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_planned_shifts_store_id_stores")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_planned_shifts_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planned_shifts")),
        sqlite_strict=True,
    )
    op.create_index("ix_planned_shifts_person", "planned_shifts", ["person_id", "ends_at"])
    op.create_index("ix_planned_shifts_store", "planned_shifts", ["store_id", "ends_at"])
    for name in ("ends_at", "break_at", "break_ends_at"):
        op.add_column("shifts", sa.Column(name, Utc, nullable=True))
    op.add_column("people", sa.Column("tickets_done", Int, nullable=False, server_default=NOT_NEW))
    with op.batch_alter_table("worker_loads") as table:
        for name in ("lines", "grams"):
            table.add_column(sa.Column(name, Int, nullable=False, server_default="0"))
        table.create_check_constraint(op.f("ck_worker_loads_amounts"), "lines >= 0 AND grams >= 0")

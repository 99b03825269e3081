"""Figures of orders that are over, by hour and day, are counted once and kept."""

import sqlalchemy as sa
from alembic import op

from fulfil.kit.columns import Int, Json, Text, Utc

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ENDED = "ended_at IS NOT NULL"


def upgrade() -> None:
    op.create_table(
        "figures",
        sa.Column("id", Int, autoincrement=True, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("span", Text, nullable=False),
        sa.Column("starts_at", Utc, nullable=False),
        sa.Column("counts", Json, nullable=False),
        sa.CheckConstraint("span IN ('hour', 'day')", name=op.f("ck_figures_span")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_figures_store_id_stores")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figures")),
        sa.UniqueConstraint("store_id", "span", "starts_at", name="uq_figures_span"),
        sqlite_strict=True,
    )
    op.create_table(
        "workloads",
        sa.Column("id", Int, autoincrement=True, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("day_at", Utc, nullable=False),
        sa.Column("stage", Text, nullable=False),
        sa.Column("person_id", Int, nullable=False),
        sa.Column("seconds", Int, nullable=False),
        sa.Column("lines", Int, nullable=False),
        sa.Column("grams", Int, nullable=False),
        sa.Column("first_at", Utc, nullable=False),
        sa.Column("last_at", Utc, nullable=False),
        sa.CheckConstraint("seconds >= 0 AND lines >= 0 AND grams >= 0", name=op.f("ck_workloads_sums")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_workloads_person_id_people")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_workloads_store_id_stores")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workloads")),
        sa.UniqueConstraint("store_id", "day_at", "stage", "person_id", name="uq_workloads_day"),
        sqlite_strict=True,
    )
    op.create_table(
        "figure_marks",
        sa.Column("name", Text, nullable=False),
        sa.Column("ended_at", Utc, nullable=False),
        sa.Column("fulfilment_id", Int, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_figure_marks")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_fulfilments_ended",
        "fulfilments",
        ["ended_at", "id"],
        unique=False,
        sqlite_where=sa.text(ENDED),
        postgresql_where=sa.text(ENDED),
    )

"""How fast work goes is learned, by person, stage and zone."""

import sqlalchemy as sa
from alembic import op

from fulfil.kit.columns import Int, Real, Text, Utc

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "work_speeds",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("person_id", Int, nullable=False),
        sa.Column("stage", Text, nullable=False),
        sa.Column("zone", Text, nullable=False),
        sa.Column("worked", Real, nullable=False),
        sa.Column("estimated", Real, nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.CheckConstraint("worked >= 0 AND estimated > 0", name=op.f("ck_work_speeds_numbers")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_work_speeds_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_speeds")),
        sa.UniqueConstraint("person_id", "stage", "zone", name="uq_work_speeds_place"),
        sqlite_strict=True,
    )
    op.create_index("ix_work_speeds_store", "work_speeds", ["store_id", "id"])

"""Several tickets are picked in one walk: tours, and what a ticket knows of its own."""

import sqlalchemy as sa
from alembic import op

from fulfil.kit.columns import Int, Text, Utc

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TOURED = "tour_id IS NOT NULL"
WALKING = "state = 'walking'"


def upgrade() -> None:
    op.create_table(
        "tours",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("person_id", Int, nullable=False),
        sa.Column("zone", Text, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("version", Int, nullable=False),
        sa.Column("orders", Int, nullable=False),
        sa.Column("metres", Int, nullable=False),
        sa.Column("offered_at", Utc, nullable=False),
        sa.Column("walking_at", Utc, nullable=True),
        sa.Column("ends_at", Utc, nullable=True),
        sa.Column("ended_at", Utc, nullable=True),
        sa.CheckConstraint("orders > 0 AND metres >= 0", name=op.f("ck_tours_numbers")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_tours_store_id_stores")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_tours_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tours")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_tours_walking",
        "tours",
        ["store_id", "id"],
        sqlite_where=sa.text(WALKING),
        postgresql_where=sa.text(WALKING),
    )
    for name in ("metres", "tour_id", "tour_sequence"):
        op.add_column("tickets", sa.Column(name, Int, nullable=True))
    op.create_index(
        "ix_tickets_tour",
        "tickets",
        ["tour_id", "id"],
        sqlite_where=sa.text(TOURED),
        postgresql_where=sa.text(TOURED),
    )

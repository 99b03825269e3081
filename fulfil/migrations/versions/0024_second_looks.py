"""Experts of a zone look again before costly goods count as missing."""

import sqlalchemy as sa
from alembic import op

from fulfil.kit.columns import Int, Json, Text

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("people", sa.Column("expert_zones", Json, nullable=False, server_default="[]"))
    op.create_table(
        "second_looks",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("order_no", Int, nullable=False),
        sa.Column("pick_line_id", Int, nullable=False),
        sa.Column("asked_ticket", Int, nullable=False),
        sa.Column("quantity", Int, nullable=False),
        sa.Column("reason", Text, nullable=False),
        sa.Column("photo", Text, nullable=True),
        sa.Column("op_id", Text, nullable=False),
        sa.Column("asked_by", Int, nullable=False),
        sa.Column("outcome", Text, nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_second_looks_quantity")),
        sa.CheckConstraint(
            "outcome IN ('found', 'not_found', 'silent')", name=op.f("ck_second_looks_outcome")
        ),
        sa.ForeignKeyConstraint(["id"], ["pick_lists.id"], name=op.f("fk_second_looks_id_pick_lists")),
        sa.ForeignKeyConstraint(
            ["pick_line_id"], ["pick_lines.id"], name=op.f("fk_second_looks_pick_line_id_pick_lines")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_looks")),
        sqlite_strict=True,
    )
    op.create_index("ix_second_looks_line", "second_looks", ["pick_line_id"])

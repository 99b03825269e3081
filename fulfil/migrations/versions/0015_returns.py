"""Goods come back with a rider: refused at the door, or granted after a complaint."""

import sqlalchemy as sa
from alembic import op

from fulfil.kit.columns import Int, Json, Text, Utc

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("refused", Json, nullable=True))
    op.add_column("deliveries", sa.Column("recalled_at", Utc, nullable=True))
    op.create_table(
        "returns",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        *(
            sa.Column(name, Int, nullable=False)
            for name in ("store_id", "ticket_id", "fulfilment_id", "order_no")
        ),
        sa.Column("case_id", Int, nullable=True),
        *(sa.Column(name, Text, nullable=False) for name in ("reason", "state")),
        sa.Column("version", Int, nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_returns_ticket_id_tickets")),
        sa.ForeignKeyConstraint(
            ["fulfilment_id"], ["fulfilments.id"], name=op.f("fk_returns_fulfilment_id_fulfilments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returns")),
        sa.UniqueConstraint("ticket_id", name="uq_returns_ticket"),
        sqlite_strict=True,
    )
    op.create_index("ix_returns_case", "returns", ["case_id"])
    op.create_index("ix_returns_fulfilment", "returns", ["fulfilment_id"])
    op.create_table(
        "return_lines",
        *(sa.Column(name, Int, autoincrement=False, nullable=False) for name in ("return_id", "line_no")),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("sku", Text, nullable=False),
        *(sa.Column(name, Int, nullable=False) for name in ("quantity", "collected")),
        sa.CheckConstraint(
            "quantity > 0 AND collected >= 0 AND collected <= quantity",
            name=op.f("ck_return_lines_quantities"),
        ),
        sa.ForeignKeyConstraint(
            ["return_id"], ["returns.id"], name=op.f("fk_return_lines_return_id_returns")
        ),
        sa.PrimaryKeyConstraint("return_id", "line_no", name=op.f("pk_return_lines")),
        sqlite_strict=True,
    )

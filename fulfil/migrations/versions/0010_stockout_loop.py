"""What a customer gets instead of goods that are missing: decisions, substitutions, what was liked before."""

import sqlalchemy as sa
from alembic import op

from fulfil.kit.columns import Int, Json, Text, Utc

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

STRICT = {"sqlite_strict": True}


def upgrade() -> None:
    _decisions()
    _substitutions()
    _counts()
    op.add_column("items", sa.Column("brand", Text, nullable=False, server_default=""))
    op.add_column("fulfilment_lines", sa.Column("substitutes", Int, nullable=True))
    op.add_column("pick_lines", sa.Column("substitutes", Int, nullable=True))
    with op.batch_alter_table("stockout_reports", table_kwargs=STRICT) as table:
        table.add_column(sa.Column("decide_by", Utc, nullable=True))
        table.drop_constraint(op.f("ck_stockout_reports_outcome"), type_="check")
        table.create_check_constraint(
            op.f("ck_stockout_reports_outcome"), "outcome IN ('refund', 'substitute', 'cancel_order')"
        )
    # Of two indexes that serve alike SQLite takes the younger one; the rebuilt table has them in any order.
    undecided = sa.text("outcome IS NULL")
    op.drop_index("ix_stockout_reports_undecided", "stockout_reports")
    op.create_index(
        "ix_stockout_reports_undecided",
        "stockout_reports",
        ["store_id", "at"],
        sqlite_where=undecided,
        postgresql_where=undecided,
    )


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        *(sa.Column(name, Int, nullable=False) for name in ("case_id", "store_id", "order_no", "report_id")),
        sa.Column("kind", Text, nullable=False),
        sa.Column("state", Text, nullable=False),
        *(sa.Column(name, Int, nullable=False) for name in ("version", "line_no", "quantity", "share")),
        sa.Column("if_silent", Text, nullable=False),
        sa.Column("proposals", Json, nullable=False),
        sa.Column("asked_at", Utc, nullable=False),
        sa.Column("deadline", Utc, nullable=False),
        sa.Column("answer_sku", Text, nullable=True),
        sa.Column("answered_by", Text, nullable=True),
        sa.Column("answered_at", Utc, nullable=True),
        sa.CheckConstraint("quantity > 0 AND share >= 0", name=op.f("ck_decisions_amounts")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_decisions_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sa.UniqueConstraint("case_id", name=op.f("uq_decisions_case_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_decisions_order", "decisions", ["order_no", "id"])
    waits = sa.text("state = 'pending'")
    op.create_index(
        "ix_decisions_pending", "decisions", ["deadline"], sqlite_where=waits, postgresql_where=waits
    )


def _substitutions() -> None:
    op.create_table(
        "substitutions",
        *(sa.Column(name, Int, nullable=False, autoincrement=False) for name in ("order_no", "sub_line_no")),
        *(sa.Column(name, Int, nullable=False) for name in ("case_id", "store_id", "line_no")),
        *(
            sa.Column(name, Text, nullable=False)
            for name in ("sku", "name_zh", "name_en", "pack", "unit", "picture")
        ),
        *(
            sa.Column(name, Int, nullable=False)
            for name in ("unit_price", "quantity", "sub_quantity", "share", "value", "charge", "shop_cost")
        ),
        sa.Column("at", Utc, nullable=False),
        sa.CheckConstraint(
            "sub_line_no > 1000 AND quantity > 0 AND sub_quantity > 0", name=op.f("ck_substitutions_numbers")
        ),
        sa.CheckConstraint(
            "charge >= 0 AND charge <= share AND shop_cost >= 0 AND charge + shop_cost = value",
            name=op.f("ck_substitutions_money"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_substitutions_case_id_cases")),
        sa.PrimaryKeyConstraint("order_no", "sub_line_no", name=op.f("pk_substitutions")),
        sa.UniqueConstraint("case_id", name=op.f("uq_substitutions_case_id")),
        sqlite_strict=True,
    )


def _counts() -> None:
    op.create_table(
        "substitute_counts",
        sa.Column("store_id", Int, autoincrement=False, nullable=False),
        sa.Column("sku", Text, nullable=False),
        sa.Column("substitute", Text, nullable=False),
        sa.Column("accepted", Int, nullable=False),
        sa.Column("refused", Int, nullable=False),
        sa.PrimaryKeyConstraint("store_id", "sku", "substitute", name=op.f("pk_substitute_counts")),
        sqlite_strict=True,
    )

"""Cases share a refund; complaints have lines and photos; two people settle what no channel pays back."""

import sqlalchemy as sa
from alembic import op

from fulfil.kit.columns import Bytes, Int, Text, Utc

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

STRICT = {"sqlite_strict": True}
INDEXES = (
    ("ix_cases_store", "cases", ["store_id", "id"], None),
    (
        "ix_cases_waiting",
        "cases",
        ["store_id", "id"],
        "state IN ('audit', 'approved', 'returning', 'failed')",
    ),
    ("ix_refunds_collecting", "refunds", ["created_at"], "state = 'collecting'"),
    (
        "ix_refunds_waiting",
        "refunds",
        ["store_id", "id"],
        "state IN ('audit', 'failed', 'other_means', 'paid_twice')",
    ),
    ("ix_case_lines_order", "case_lines", ["order_no"], None),
    ("ix_case_lines_ticket", "case_lines", ["put_back_ticket"], "put_back_ticket IS NOT NULL"),
    ("ix_case_photos_order", "case_photos", ["order_no"], None),
)


def upgrade() -> None:
    _columns()
    _items_by_case()
    _case_lines()
    _case_photos()
    for name, table, columns, where in INDEXES:
        condition = None if where is None else sa.text(where)
        op.create_index(
            name, table, columns, unique=False, sqlite_where=condition, postgresql_where=condition
        )


def _columns() -> None:
    for name, kind in (
        ("refund_id", Int),
        ("note", Text),
        ("decided_by", Text),
        ("decided_at", Utc),
        ("decision_note", Text),
    ):
        op.add_column("cases", sa.Column(name, kind, nullable=True))
    for name in ("asked_by", "asked_note", "answered_by", "answer_note", "reference"):
        op.add_column("refunds", sa.Column(name, Text, nullable=True))
    op.add_column("pick_lines", sa.Column("least", Int, nullable=True))
    op.execute("update cases set refund_id = (select r.id from refunds r where r.case_id = cases.id)")


def _items_by_case() -> None:
    """The code before this one writes items without a case: to it, 0 is the refund's first one."""
    with op.batch_alter_table("refund_items", table_kwargs=STRICT) as table:
        table.add_column(sa.Column("case_id", Int, nullable=False, server_default="0"))
        table.drop_constraint(op.f("pk_refund_items"), type_="primary")
        table.create_primary_key(op.f("pk_refund_items"), ["refund_id", "case_id", "kind", "line_no"])
    op.execute(
        "update refund_items set case_id = "
        "(select r.case_id from refunds r where r.id = refund_items.refund_id)"
    )


def _case_lines() -> None:
    op.create_table(
        "case_lines",
        *(sa.Column(name, Int, autoincrement=False, nullable=False) for name in ("case_id", "line_no")),
        *(sa.Column(name, Int, nullable=False) for name in ("store_id", "order_no", "quantity")),
        *(sa.Column(name, Text, nullable=False) for name in ("reason", "wants")),
        sa.Column("approved", Int, nullable=True),
        *(sa.Column(name, Int, nullable=False) for name in ("returned", "inspected")),
        sa.Column("put_back_ticket", Int, nullable=True),
        sa.CheckConstraint(
            "quantity > 0 AND approved >= 0 AND approved <= quantity", name=op.f("ck_case_lines_quantities")
        ),
        sa.CheckConstraint(
            "returned >= 0 AND inspected >= 0 AND inspected <= returned", name=op.f("ck_case_lines_returned")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_lines_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", "line_no", name=op.f("pk_case_lines")),
        sqlite_strict=True,
    )


def _case_photos() -> None:
    op.create_table(
        "case_photos",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        *(sa.Column(name, Int, nullable=False) for name in ("store_id", "order_no")),
        sa.Column("case_id", Int, nullable=True),
        sa.Column("media_type", Text, nullable=False),
        sa.Column("body", Bytes, nullable=False),
        sa.Column("created_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_photos")),
        sqlite_strict=True,
    )

"""What a customer agrees to pay on top: a question's payment document, its part of what comes instead."""

import sqlalchemy as sa
from alembic import op

from fulfil.kit.columns import Int, Text

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    money = op.f("ck_substitutions_money")
    op.add_column("payment_documents", sa.Column("extra_for", Int, nullable=True))
    op.add_column("decisions", sa.Column("chosen_sku", Text, nullable=True))
    with op.batch_alter_table("substitutions", table_kwargs={"sqlite_strict": True}) as table:
        table.add_column(sa.Column("extra", Int, nullable=False, server_default="0"))
        table.drop_constraint(money, type_="check")
        table.create_check_constraint(
            money,
            "extra >= 0 AND charge >= 0 AND charge <= share + extra AND shop_cost >= 0 "
            "AND charge + shop_cost = value",
        )

"""What boards and packers look up again and again is found without reading everything that ever was."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NEW = (
    ("ix_bags_on_shelves", "bags", ["store_id", "place"], "state IN ('sealed', 'shelved', 'closed')"),
    ("ix_history_second_logins", "history", ["store_id", "id"], "event = 'second_login'"),
    ("ix_stockout_reports_undecided", "stockout_reports", ["store_id", "at"], "outcome IS NULL"),
)


def upgrade() -> None:
    op.drop_index("ix_fulfilment_lines_sku", "fulfilment_lines")
    for name, table, columns, where in NEW:
        op.create_index(
            name, table, columns, unique=False, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )

"""Pictures of shelves, which a picker's handheld names before it sends them."""

import sqlalchemy as sa
from alembic import op

from fulfil.kit.columns import Text

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("case_photos", sa.Column("key", Text, nullable=True))
    op.create_index("uq_case_photos_key", "case_photos", ["order_no", "key"], unique=True)

"""A part of a line may be looked for again while the rest of it is picked."""

import sqlalchemy as sa
from alembic import op

from fulfil.kit.columns import Int

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pick_lines", sa.Column("looking", Int, nullable=False, server_default="0"))
    op.execute(
        "UPDATE pick_lines SET looking = (SELECT SUM(quantity) FROM second_looks"
        " WHERE pick_line_id = pick_lines.id AND outcome IS NULL)"
        " WHERE id IN (SELECT pick_line_id FROM second_looks WHERE outcome IS NULL)"
    )

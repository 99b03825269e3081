"""A load no longer says of which shift it is: it begins and ends with it.

Code from before 0006 kept rows of who went off duty, which a new shift would begin with, after 0006 as well.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None
phase = "post"


def upgrade() -> None:
    op.execute(
        "delete from worker_loads where person_id in (select person_id from shifts where state = 'off')"
    )
    op.drop_index("ix_worker_loads_store", "worker_loads")
    with op.batch_alter_table("worker_loads", table_kwargs={"sqlite_strict": True}) as table:
        table.drop_column("since")

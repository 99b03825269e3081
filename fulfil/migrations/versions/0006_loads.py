"""Work counts from when it is given: the least loaded of a crew are read from an index (decision 0015)."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_worker_loads_least", "worker_loads", ["store_id", "seconds", "person_id"])
    # Who is on duty counts as no more loaded than the others; who is not, counts no more.
    op.execute(
        "delete from worker_loads where person_id in (select person_id from shifts where state = 'off')"
    )
    op.execute(
        "insert into worker_loads (person_id, store_id, seconds, missed) "
        "select s.person_id, s.store_id, coalesce((select min(l.seconds) from worker_loads l "
        "where l.store_id = s.store_id), 0), 0 from shifts s where s.state <> 'off' "
        "and not exists (select 1 from worker_loads w where w.person_id = s.person_id)"
    )

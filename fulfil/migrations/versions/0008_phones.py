"""Mainland mobiles of members are written without +86, as everybody who signs in is looked for now.

Whoever has come back under the new spelling meanwhile keeps that account.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None
phase = "post"


def upgrade() -> None:
    op.execute(
        "update customers set phone = substr(phone, 4) where phone like '+861__________' "
        "and substr(phone, 5, 1) between '3' and '9' "
        "and substr(phone, 4) not in (select phone from customers)"
    )

"""The database gets what the next version needs while this one serves: the day goes on as if nothing were."""

from __future__ import annotations

import sqlalchemy as sa

from fulfil import migrations
from fulfil.sim.inside import InsideShop
from tests.journeys.test_life_of_an_order import deliver, paid_order


def migrate_to_a_later_version(database_url: str) -> None:
    """What *pre* migrations may do: a column with a default and an index in every table, and a new table."""
    engine = sa.create_engine(database_url)
    for number, table in enumerate(sa.inspect(engine).get_table_names()):
        with engine.begin() as connection:  # as short as each step of a migration
            if table == "alembic_version":
                connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
            else:
                column = f'ALTER TABLE "{table}" ADD COLUMN later INTEGER NOT NULL DEFAULT 7'
                connection.execute(sa.text(column))
                connection.execute(sa.text(f'CREATE INDEX "later_{number}" ON "{table}" (later)'))
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE later (id INTEGER PRIMARY KEY)"))
    engine.dispose()


def test_orders_under_way_and_new_ones_are_delivered_over_a_migration(
    shop: InsideShop, database_url: str
) -> None:
    crew = {role: shop.staff(role) for role in ("picker", "packer", "counter", "rider")}
    # Most of what a shop says to its database is prepared there by now.
    earlier, earlier_no = paid_order(shop, ("ambient",))
    deliver(shop, crew)
    customer, order_no = paid_order(shop, ("ambient",))
    picker = crew["picker"]
    ticket = picker.accept(picker.work()["offers"][0])
    ticket = picker.do(ticket, "tote", {"code": next(shop.totes)})
    pick = {"line": ticket["lines"][0]["id"], "quantity": 1, "tote": ticket["totes"][0]["code"]}
    op = picker.op(ticket, "pick", pick)
    (before,) = picker.send(op)

    migrate_to_a_later_version(database_url)

    assert migrations.serves(database_url)
    (after,) = picker.send(op)
    assert (before["status"], after["status"]) == ("applied", "duplicate")
    assert earlier.order_view(earlier_no)["state"] == "completed"
    deliver(shop, crew)
    later, later_no = paid_order(shop, ("ambient", "chilled"))
    deliver(shop, crew)
    for who, number in ((customer, order_no), (later, later_no)):
        assert who.order_view(number)["state"] == "completed"

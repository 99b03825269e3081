"""Members who gave their number in a spelling that is no longer used."""

import sqlalchemy as sa

from fulfil import migrations
from tests.migrations.old import make_old, put

BEFORE = {1: "+8613900000001", 2: "13900000002", 3: "+8613900000002", 4: "+447911123456", 5: "+862112345678"}


def test_a_member_is_found_by_the_number_without_the_country(database_url: str) -> None:
    engine = sa.create_engine(database_url)
    make_old(engine, "0003")
    with engine.begin() as connection:
        for member, phone in BEFORE.items():
            put(connection, "customers", id=member, phone=phone)
    migrations.upgrade(database_url)
    with engine.connect() as connection:
        after = dict(connection.exec_driver_sql("select id, phone from customers").all())
    engine.dispose()
    assert after == BEFORE | {1: "13900000001"}

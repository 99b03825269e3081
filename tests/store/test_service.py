"""Founding a shop, its items and places, opening and closing it."""

from datetime import timedelta

import pytest

from fulfil.kit.db import Tx
from fulfil.store import queries, service
from fulfil.store.errors import UnknownStore, UntilPassed, WrongOpening
from fulfil.store.model import Place, Store
from fulfil.store.rules import WEEKDAYS
from tests.trade.shop import MILK, SHOP, Shop


def state(shop: Shop) -> tuple[str, str]:
    row = shop.read(lambda tx: queries.store(tx, shop.store_id))
    return row.state, row.state_reason


def set_state(shop: Shop, *args) -> None:
    shop.write(lambda tx: service.set_state(tx, shop.store_id, *args, "staff:1"))


def test_a_new_shop_has_places_of_every_temperature(shop: Shop) -> None:
    for kind in ("staging", "bag_shelf"):
        for zone in ("ambient", "chilled", "frozen"):
            assert shop.read(lambda tx, kind=kind, zone=zone: queries.places(tx, shop.store_id, kind, zone))
    with_prefix = shop.read(lambda tx: queries.place(tx, shop.store_id, "LOC-STG-C01"))
    assert (with_prefix.code, with_prefix.zone) == ("STG-C01", "chilled")


def test_a_lock_opens_again_when_its_time_has_come(shop: Shop) -> None:
    set_state(shop, "locked", shop.clock.now() + timedelta(hours=1), "flood")
    assert state(shop) == ("locked", "flood")
    shop.clock.advance(3601)
    shop.run_tasks()
    assert state(shop)[0] == "open"


def test_a_shop_that_sleeps_wakes_when_its_hours_begin(shop: Shop) -> None:
    begins, ends = shop.clock.now() + timedelta(hours=9), shop.clock.now() + timedelta(hours=12)
    opening = {day: [[f"{begins:%H:%M}", f"{ends:%H:%M}"]] for day in WEEKDAYS}
    shop.write(lambda tx: tx.update(Store, Store.id == shop.store_id, opening=opening, tz="UTC"))
    set_state(shop, "asleep", None, "Everybody is ill")
    shop.clock.advance(9 * 3600 - 60)
    shop.run_tasks()
    assert state(shop) == ("asleep", "Everybody is ill")
    shop.clock.advance(61)
    shop.run_tasks()
    assert state(shop)[0] == "open"


def test_a_renewed_lock_outlives_the_first_end(shop: Shop) -> None:
    set_state(shop, "locked", shop.clock.now() + timedelta(hours=1), "flood")
    set_state(shop, "locked", None, "still wet")
    shop.clock.advance(3601)
    shop.run_tasks()
    assert state(shop) == ("locked", "still wet")


def test_refusals(shop: Shop) -> None:
    with pytest.raises(UntilPassed):
        set_state(shop, "locked", shop.clock.now(), "")
    with pytest.raises(UnknownStore):
        shop.read(lambda tx: queries.store(tx, 1))
    with pytest.raises(WrongOpening):
        shop.write(lambda tx: service.create_store(tx, **{**SHOP, "opening": {"someday": []}}))


def test_violations_find_planted_faults(shop: Shop) -> None:
    assert shop.read(queries.violations) == []

    def plant(tx: Tx) -> None:
        tx.update(Store, Store.id == shop.store_id, state="locked")

    shop.write(plant)
    assert [found.invariant for found in shop.read(queries.violations)] == [11]


def test_items_by_sku(shop: Shop) -> None:
    found = shop.read(lambda tx: queries.items(tx, shop.store_id, [MILK, "nothing"]))
    assert list(found) == [MILK]
    assert (found[MILK].zone, found[MILK].grams) == ("chilled", 500)
    assert shop.read(lambda tx: len(tx.all(Place.__table__.select()))) == 151

"""No statement of a tour's life reads all of a table that grows."""

from __future__ import annotations

import sqlite3

from fulfil.dispatch.service import joining
from tests.dispatch.aisles import AisleShop
from tests.journeys.test_plans_of_statements import QUERY, said, scanned

__all__ = ["said"]


def test_nothing_that_grows_is_read_for_a_tour(sqlite_url: str, said: set[str]) -> None:
    shop = AisleShop(sqlite_url)
    orders = [shop.paid((sku, 1)) for sku in ("a11", "a12", "a13", "a14")]
    picker = shop.hire("P1", "picker")
    said.clear()
    shop.run()
    shop.cancel(orders[3])
    shop.answers(picker)
    held = shop.held(picker)
    shop.picks(picker, held[0]["id"])
    shop.paid(("a16", 1))
    shop.write(joining.look_for_joins)
    shop.run()
    assert len(shop.held(picker)) == 4
    shop.does(picker, held[1], "give_back", reason="too heavy")
    shop.finishes(picker, held[0]["id"])
    shop.kit.close()
    with sqlite3.connect(shop.kit.db.url.database) as raw:
        statements = {line for line in said if line.lstrip().upper().startswith(QUERY)}
        found = {step: line for line in statements for step in scanned(raw, line)}
    assert any("tour_id" in line for line in statements) and len(statements) > 100
    assert not found, "\n".join(f"{step}: {line}" for step, line in found.items())

"""An order lives on through kill -9 before and after each of its commits, not lost and not doubled."""

from __future__ import annotations

from sqlalchemy import select

from fulfil.dispatch.model import FulfilmentLineRow, TerminalOp
from fulfil.sim.clients import Customer, Handheld
from tests.crash.life import PIECES, Life
from tests.house import API, House

# In the order of an order's life, so that one order meets them all.
COMMITS = ("orders.place", "payments.pay", "pay-answered", "payments.notify", "tasks", "op.accept", "op.tote",
           "op.pick", "op.complete")
PLACES = [f"{commit}:{when}" for commit in COMMITS for when in ("before-commit", "after-commit")]


def test_killed_at_every_commit_an_order_is_whole(house: House) -> None:
    life = Life(house, iter(PLACES))
    customer, picker = house.customer(), house.staff("picker")
    customer.put(house.fresh_sku(10), PIECES)
    order_no = life.order(customer)
    life.pay(customer, order_no)
    life.pick(picker, order_no)
    life.until(lambda: customer.order_view(order_no)["delivery_state"] == "preparing")
    assert life.died_at == PLACES
    house.at_rest()
    assert whole(house, life, customer, picker, order_no)


def whole(house: House, life: Life, customer: Customer, picker: Handheld, order_no: str) -> bool:
    """Once ordered, once charged, picked as often as it was scanned; every answered op is there."""
    [order] = customer.http.call("GET", f"{API}/orders")["orders"]
    [charge] = [c for c in house.charges() if c["amount"] == order["total"]]
    assert (order["paid"], order["refunded"], charge["refunded"]) == (order["total"], 0, 0)
    with house.reading() as tx:
        kept = set(tx.scalars(select(TerminalOp.id).where(TerminalOp.status == "applied")))
        of_order = FulfilmentLineRow.order_no == int(order_no)
        picked = tx.scalars(select(FulfilmentLineRow.picked).where(of_order))
    assert life.acknowledged <= kept
    assert picked == [PIECES]
    assert picker.work()["tickets"] == []
    return house.violations() == []


def test_a_server_that_is_silent_is_asked_where_it_is(house: House) -> None:
    house.start()
    told = house._where_it_is()
    assert "hub.py" in told and "Greenlet" in told
    house.kill()

"""An order lives on through kill -9 before and after each commit and call, not lost and not doubled."""

from __future__ import annotations

from itertools import chain

from sqlalchemy import select

from fulfil.dispatch.model import Ticket, Tour
from fulfil.dispatch.rules.policy import Policy
from tests.crash.books import faults
from tests.crash.life import PIECES, Life
from tests.crash.many import load
from tests.crash.mortal import Mortal
from tests.house import CONTACT, House


def of_commit(name: str) -> list[str]:
    return [f"{name}:before-commit", f"{name}:after-commit"]


# In the order of an order's life, so that one order meets them all; then some while it recovers.
PLACES = [
    *of_commit("orders.place"),
    *of_commit("payments.pay"),
    "pay_sandbox:before-call",
    "pay_sandbox:after-call",
    *of_commit("pay-answered"),
    *of_commit("payments.notify"),
    "*@1",
    "*@2",
    *chain.from_iterable(map(of_commit, ("tasks", "op.accept", "op.tote", "op.pick", "op.complete"))),
    "*@1",
    "*@3",
]


def test_killed_while_a_tour_is_accepted_it_is_walked_once(house: House) -> None:
    """The first of these tests: nobody else is on duty yet, so one hand has two orders."""
    places = of_commit("op.accept")
    server = Mortal(house, iter(places))
    life = Life(house, server)
    picker, customers = house.staff("picker"), {}
    picker.shift("break")
    for customer in (house.customer(), house.customer()):
        customer.put(house.fresh_sku(10), PIECES)
        order_no = life.order(customer, deliver_by=customer.quote(CONTACT)["slots"][-1]["to"])
        life.pay(customer, order_no)
        customers[order_no] = customer
    house.at_rest()
    picker.shift("available")
    (offer,) = server.until(lambda: picker.work()["offers"])
    assert offer["tour"]["orders"] == 2
    for order_no in customers:
        life.pick(picker, order_no)
    house.at_rest()
    assert server.died_at == places
    assert faults(house, life.acknowledged, customers) == []
    with house.reading() as tx:
        picked = tx.all(
            select(Ticket.order_no, Tour.state, Tour.orders).join(Tour, Tour.id == Ticket.tour_id)
        )
    assert sorted(picked) == [(int(order_no), "done", 2) for order_no in sorted(customers, key=int)]
    house.kill()


def test_killed_at_every_commit_an_order_is_whole(house: House) -> None:
    server = Mortal(house, iter(PLACES))
    life = Life(house, server)
    customer, picker = house.customer(), house.staff("picker")
    customer.put(house.fresh_sku(10), PIECES)
    order_no = life.order(customer)
    life.pay(customer, order_no)
    life.pick(picker, order_no)
    server.until(lambda: customer.order_view(order_no)["delivery_state"] == "preparing")
    house.at_rest()
    assert [at for place, at in zip(PLACES, server.died_at, strict=False) if place[0] != "*"] == [
        place for place in PLACES[: server.deaths] if place[0] != "*"
    ]
    assert server.deaths >= len(PLACES) - 2
    assert faults(house, life.acknowledged, {order_no: customer}) == []
    house.kill()


def test_a_picker_who_missed_offers_meanwhile_is_asked_again(house: House) -> None:
    """As on a machine on which so many servers come and go slowly that two offers end unseen."""
    house.set_policy(offer_seconds=1)
    server = Mortal(house, iter(()))
    life, customer, picker = Life(house, server), house.customer(), house.staff("picker")
    customer.put(house.fresh_sku(10), PIECES)
    order_no = life.order(customer)
    life.pay(customer, order_no)
    server.until(lambda: picker.work()["shift"]["paused"])
    life.pick(picker, order_no)
    house.at_rest()
    assert not picker.work()["shift"]["paused"]
    assert faults(house, life.acknowledged, {order_no: customer}) == []
    house.kill()
    house.set_policy(offer_seconds=Policy.offer_seconds)


def test_killed_under_load_nothing_acknowledged_is_lost(house: House) -> None:
    outcome = load(house, seed=1, kills=4)
    assert outcome.faults == []
    assert outcome.kills >= 4


def test_a_server_that_is_silent_is_asked_where_it_is(house: House) -> None:
    house.start()
    told = house._where_it_is()
    assert "hub.py" in told and "Greenlet" in told
    house.kill()

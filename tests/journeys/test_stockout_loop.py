"""A line is short: the customer chooses over the tracking link, and gets what they chose, or their money."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fulfil.contracts.fulfilment import FulfilmentVoided
from fulfil.dispatch import queries as dispatch
from fulfil.dispatch.service import flow
from fulfil.kit.db import Tx
from fulfil.kit.task_rows import Task
from fulfil.sim.clients import Customer, Handheld, Refused
from fulfil.sim.inside import CONTACT, InsideHttp, InsideShop
from fulfil.trade.aftersales import queries as aftersales
from fulfil.trade.aftersales import service as aftersales_service
from fulfil.trade.stock import queries as stock_queries
from fulfil.trade.stock import service as stock
from tests.journeys.test_life_of_an_order import work_off


def alike(customer: Customer) -> tuple[str, str]:
    """A product and one that is neither in another category nor dearer: the second may come for the first."""
    found: dict[tuple, str] = {}
    path = f"/api/v1/stores/{customer.store_id}/products?category=snacks&limit=100"
    for row in customer.http.call("GET", path)["products"]:
        kind = (row["zone"], row["weighed"], row["price"])
        if kind in found and not row["weighed"]:
            return found[kind], row["sku"]
        found[kind] = row["sku"]
    raise AssertionError("no two products are alike")


def short_order(shop: InsideShop, wish: str = "ask", **more) -> tuple[Customer, str, Handheld, dict]:
    """A paid order whose first line somebody has just reported as not found: `(.., picker, ticket)`."""
    picker, customer = shop.staff("picker"), shop.customer()
    sku, _ = alike(customer)
    customer.put(sku, 2)
    other = next(row["sku"] for row in shop.access.skus if row["zone"] == "frozen" and not row["weighed"])
    customer.put(other, 1)
    order = customer.order(CONTACT, on_shortage=wish, **more)
    shop.pay(customer, order["order_no"])
    ticket = picker.accept(picker.work()["offers"][0])
    ticket = picker.do(ticket, "tote", {"code": next(shop.totes)})
    line = next(line for line in ticket["lines"] if line["sku"] == sku)
    ticket = picker.do(ticket, "short", {"line": line["id"], "quantity": 2, "reason": "not_found"})
    return customer, order["track_url"].rsplit("/", 1)[1], picker, ticket


def track(shop: InsideShop, token: str) -> dict:
    return InsideHttp(shop).call("GET", f"/api/v1/track/{token}")


def answer(shop: InsideShop, token: str, decision: dict, **said) -> dict:
    return InsideHttp(shop).call("POST", f"/api/v1/track/{token}/decisions/{decision['id']}", said)


def test_what_the_customer_chose_is_picked_packed_and_delivered(shop: InsideShop) -> None:
    customer, token, picker, _ = short_order(shop)
    packer, counter, rider = shop.staff("packer"), shop.staff("counter"), shop.staff("rider")
    [question] = track(shop, token)["decisions"]
    assert question["state"] == "pending" and question["product"]["sku"] != question["proposals"][0]["sku"]
    chosen = [one for one in question["proposals"] if not one["extra"]][-1]
    for _ in range(2):
        told = answer(shop, token, question, answer="alternative", sku=chosen["sku"])
        assert (told["state"], told["answer_sku"], told["open"]) == ("approved", chosen["sku"], False)
    seen = track(shop, token)
    assert seen["decisions"] == []
    [instead] = seen["substitutes"]
    assert (instead["sku"], instead["replaces"], instead["quantity"], instead["difference"]) == (
        chosen["sku"],
        1,
        2,
        chosen["difference"],
    )
    for person in (picker, packer, rider):
        work_off(shop, person)
    counter.http.call("POST", "/api/v1/handoff/arrivals", {"code": rider.session["person"]["badge"]})
    work_off(shop, counter)
    work_off(shop, rider)
    [order] = customer.http.call("GET", "/api/v1/orders")["orders"]
    assert (order["state"], order["delivery_state"]) == ("completed", "delivered")
    assert order["refunded"] == chosen["difference"]


def test_what_costs_an_extra_comes_once_it_is_paid_and_all_of_it_goes_back_with_the_order(
    shop: InsideShop,
) -> None:
    customer, token, picker, ticket = short_order(shop)
    [question] = track(shop, token)["decisions"]
    chosen = question["proposals"][-1]
    assert chosen["extra"] > 0
    told = answer(shop, token, question, answer="alternative", sku=chosen["sku"])
    assert (told["state"], told["open"], told["paying"]["sku"]) == ("pending", True, chosen["sku"])
    paths = [f"/api/v1/track/{token}/decisions/{number}/payments" for number in (question["id"], "7")]
    paying = InsideHttp(shop).call("POST", paths[0])["paying"]
    assert paying["amount"] == chosen["extra"]
    assert track(shop, token)["decisions"][0]["paying"] == paying
    with pytest.raises(Refused) as refused:
        InsideHttp(shop).call("POST", paths[1])
    assert refused.value.code == "unknown_decision"
    shop.deliver_callbacks(shop.book.pay(paying["pay_url"].rsplit("/", 1)[1], "succeeded"))
    seen = track(shop, token)
    assert seen["decisions"] == [] and seen["paid"] == seen["total"] + chosen["extra"]
    instead = seen["substitutes"][0]
    assert (instead["sku"], instead["extra"]) == (chosen["sku"], chosen["extra"])
    with pytest.raises(Refused) as refused:
        InsideHttp(shop).call("POST", paths[0])
    assert refused.value.code == "decision_over"
    customer.cancel(seen["order_no"])
    shop.settle()
    view = customer.order_view(seen["order_no"])
    assert (view["state"], view["refunded"]) == ("cancelled", view["paid"])


def test_a_rider_comes_for_an_order_all_of_whose_goods_were_replaced(shop: InsideShop) -> None:
    """Riders are asked before it is ready, perhaps while all of it lacks and nobody has decided yet."""
    picker, rider, customer = shop.staff("picker"), shop.staff("rider"), shop.customer()
    sku, _ = alike(customer)
    customer.put(sku, 2)
    order = customer.order(CONTACT, on_shortage="ask")
    shop.pay(customer, order["order_no"])
    ticket = picker.accept(picker.work()["offers"][0])
    picker.do(ticket, "short", {"line": ticket["lines"][0]["id"], "quantity": 2, "reason": "not_found"})
    shop.advance(60)
    assert rider.work()["offers"] == [], "there is nothing to ride with"
    token = order["track_url"].rsplit("/", 1)[1]
    [question] = track(shop, token)["decisions"]
    answer(shop, token, question, answer="approve")
    packer, counter = shop.staff("packer"), shop.staff("counter")
    for person in (picker, packer, rider):
        work_off(shop, person)
    counter.http.call("POST", "/api/v1/handoff/arrivals", {"code": rider.session["person"]["badge"]})
    work_off(shop, counter)
    work_off(shop, rider)
    view = customer.order_view(order["order_no"])
    assert (view["state"], view["delivery_state"]) == ("completed", "delivered")


def test_an_order_with_other_goods_is_cancelled_and_they_are_put_back(shop: InsideShop) -> None:
    customer, token, picker, ticket = short_order(shop)
    [question] = track(shop, token)["decisions"]
    answer(shop, token, question, answer="approve")
    ticket = next(one for one in picker.work()["tickets"] if one["id"] == ticket["id"])
    line = next(line for line in ticket["lines"] if line["substitutes"])
    tote = ticket["totes"][0]["code"]
    picker.do(ticket, "pick", {"line": line["id"], "quantity": 2, "tote": tote})
    [order] = customer.http.call("GET", "/api/v1/orders")["orders"]
    customer.cancel(order["order_no"])
    shop.settle()
    view = customer.order_view(order["order_no"])
    assert view["state"] == "cancelled" and view["refunded"] == view["paid"]
    work_off(shop, picker)
    stock = shop.operator().call("GET", f"/api/v1/stores/{shop.store_id}/stock/{line['sku']}")
    assert stock["quarantine"] == stock["reserved"] == stock["picked"] == 0


def test_a_customer_who_says_nothing_gets_what_they_wished_for_that_case(shop: InsideShop) -> None:
    _customer, token, picker, _ = short_order(shop, if_silent="substitute")
    work_off(shop, picker)  # nobody waits: the rest is staged, and who picked it is free
    shop.advance(310)
    seen = track(shop, token)
    assert seen["decisions"] == [] and len(seen["substitutes"]) == 1
    picker.shift("available")  # offers came and went meanwhile
    work_off(shop, picker)
    packer = shop.staff("packer")
    work_off(shop, packer)
    assert track(shop, token)["delivery_state"] == "ready"


def test_links_of_others_and_answers_that_are_none_are_refused(shop: InsideShop) -> None:
    _customer, token, _picker, _ = short_order(shop)
    [question] = track(shop, token)["decisions"]
    for wrong, said, status, code in (
        ("0" * 64, {"answer": "approve"}, 404, "unknown_order"),
        (token, {"answer": "approve", "sku": "100001"}, 422, "not_offered"),
        (token, {"answer": "perhaps"}, 422, "invalid"),
        (token, {}, 422, "invalid"),
    ):
        with pytest.raises(Refused) as refused:
            answer(shop, wrong, question, **said)
        assert (refused.value.status, refused.value.code) == (status, code)
    with pytest.raises(Refused) as refused:
        answer(shop, token, {"id": "7"}, answer="approve")
    assert (refused.value.status, refused.value.code) == (404, "unknown_decision")
    shop.advance(310)
    with pytest.raises(Refused) as refused:
        answer(shop, token, question, answer="approve")
    assert (refused.value.status, refused.value.code) == (409, "decision_over")


def hear_first(tx: Tx, handler: str, hear: Callable[[Tx, Any], None], event: Any) -> None:
    """One subscriber's task of an event has run, and no other."""
    hear(tx, event)
    assert tx.delete(Task, Task.handler == handler) == 1


@pytest.mark.parametrize("first", ["dispatch gives up", "silence speaks"])
def test_nothing_stays_reserved_when_an_outage_outlasts_the_question(shop: InsideShop, first: str) -> None:
    """Nobody answered and nothing else is left: whichever timer runs first, the order ends without a rest."""
    picker, customer = shop.staff("picker"), shop.customer()
    sku, _ = alike(customer)
    customer.put(sku, 2)
    order = customer.order(CONTACT, on_shortage="ask", if_silent="substitute")
    shop.pay(customer, order["order_no"])
    order_no = int(order["order_no"])
    ticket = picker.accept(picker.work()["offers"][0])
    ticket = picker.do(ticket, "tote", {"code": next(shop.totes)})
    picker.do(ticket, "short", {"line": ticket["lines"][0]["id"], "quantity": 2, "reason": "not_found"})
    work_off(shop, picker)
    with shop.kit.db.read() as tx:
        fulfilment_id = dispatch.fulfilment_of_order(tx, order_no).id
        [question] = aftersales.decisions(tx, order_no)
    shop.clock.advance(400)  # nothing runs meanwhile
    gone = FulfilmentVoided(order_no, int(shop.store_id), fulfilment_id)
    late = [
        lambda tx: flow.decision_over(tx, {"fulfilment_id": fulfilment_id}),
        lambda tx: hear_first(tx, "stock.voided", stock.on_voided, gone),  # the order hears it later
        lambda tx: aftersales_service.on_due(tx, {"decision_id": question.id}),
    ]
    for timer in late if first == "dispatch gives up" else late[2:]:
        shop.kit.db.write(timer, "late timer")
    shop.settle()
    if first == "silence speaks":
        work_off(shop, picker)
        customer.cancel(order["order_no"])
        shop.settle()
    view = customer.order_view(order["order_no"])
    assert (view["state"], view["refunded"]) == ("cancelled", view["paid"])
    with shop.kit.db.read() as tx:
        assert order_no not in tx.scalars(stock_queries.HOLDERS)

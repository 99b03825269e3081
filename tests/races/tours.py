"""Races for tours: who answers, what is cancelled, what expires, what joins, who plans."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from fulfil.dispatch.model import Offer
from fulfil.dispatch.service import joining, offers, planning
from tests.dispatch.small import Somebody
from tests.races import guards
from tests.races.aisles import Resting, anybody_joins
from tests.races.together import Together, at_once, in_order, in_reverse

Race = Callable[[Resting, Together], list[str]]


def offered(shop: Resting) -> tuple[Somebody, list[int], dict[str, Any]]:
    """A picker who is shown a tour of three orders, those orders, and the offer."""
    orders = [shop.paid((sku, 1), due_minutes=60 + n) for n, sku in enumerate(("a11", "a12", "a13"))]
    picker = shop.hire("P1", "picker")
    shop.run()
    return picker, orders, shop.offer(picker)


def accepting(shop: Resting, picker: Somebody, offer: dict[str, Any]) -> Callable[[], Any]:
    op = shop.op(picker, offer["ticket"], "accept", offer=offer["id"])
    return lambda: shop.send(picker, op)[0]["status"]


def states_of(shop: Resting, orders: list[int]) -> list[tuple[str, int | None]]:
    """(state, tour) of each order's picking."""
    return [(row.state, row.tour_id) for one in orders for row in shop.tickets(one, "picking", kind="work")]


def accept_against_cancel(shop: Resting, together: Together = at_once) -> list[str]:
    """The first order is cancelled while the tour is accepted: it is not picked, the others are together."""
    picker, orders, offer = offered(shop)
    tour = int(offer["tour"]["id"])
    accepted, _ = together(shop, [accepting(shop, picker, offer), lambda: shop.cancel(orders[0])])
    shop.run()
    others = [("accepted" if accepted == "applied" else "offered", tour)] * 2
    found = states_of(shop, orders)
    wrong = [] if found == [("cancelled", None), *others] else [f"{accepted}: {found}"]
    return wrong + [str(one) for one in shop.violations()]


def accept_against_expiry(shop: Resting, together: Together = at_once) -> list[str]:
    """The time of a tour's offer ends while it is accepted: all of it is taken, or asked anew."""
    picker, orders, offer = offered(shop)
    tour = int(offer["tour"]["id"])
    shop.clock.advance(15)
    accepted, _ = together(
        shop,
        [accepting(shop, picker, offer), lambda: shop.write(lambda tx: offers.expire(tx, {"tour_id": tour}))],
    )
    found, state = states_of(shop, orders), shop.tour(tour).state
    if accepted == "applied":
        right = found == [("accepted", tour)] * 3 and state == "walking"
    else:
        right = state == "dissolved" and all(
            one in ("queued", "offered") and now != tour for one, now in found
        )
    return ([] if right else [f"{accepted}: {found}, {state}"]) + [str(one) for one in shop.violations()]


def join_against_finish(shop: Resting, together: Together = at_once) -> list[str]:
    """The last ticket of a tour is finished while another joins: it is in a tour that goes on, or waits."""
    picker, orders, offer = offered(shop)
    shop.answers(picker)
    for ticket in shop.held(picker)[:2]:
        shop.finishes(picker, ticket["id"])
    last = shop.held(picker)[0]
    shop.picks(picker, last["id"])
    comes = shop.paid(("a14", 1))
    (waiting,) = shop.tickets(comes, "picking")
    chosen = joining.Join(waiting.id, int(offer["tour"]["id"]), 100)
    finish = shop.op(picker, last, "complete")
    together(
        shop,
        [
            lambda: shop.send(picker, finish),
            lambda: shop.write(lambda tx: joining._join(tx, chosen, {waiting.id: waiting.version})),
        ],
    )
    tour, row = shop.tour(chosen.tour_id), shop.ticket(waiting.id)
    joined = (tour.state, tour.ended_at, row.state, row.tour_id) == ("walking", None, "accepted", tour.id)
    alone = tour.state == "done" and row.state in ("queued", "offered") and row.tour_id is None
    wrong = [] if joined or alone else [f"tour {tour.state}, {tour.ended_at}; {row.state} in {row.tour_id}"]
    return (
        wrong
        + [str(one) for one in shop.violations()]
        + [
            "more than one order is to pick"
            for _ in states_of(shop, orders)
            if _[0] in ("accepted", "working")
        ]
    )


def same_plan(shop: Resting, together: Together = at_once) -> list[str]:
    """Three plans of one shop at once: no ticket is shown to two, and everybody gets some."""
    for n in range(6):
        shop.paid((f"a1{n + 1}", 1), due_minutes=60 + n)
    for n in range(2):
        shop.hire(f"P{n}", "picker")
    plan = {"store_id": shop.store_id}
    together(shop, [lambda: shop.write(lambda tx: planning.plan_store(tx, plan))] * 3)
    shop.run()
    pending = sa.select(Offer.ticket_id, Offer.person_id).where(Offer.state == "pending")
    shown = shop.read(lambda tx: tx.all(pending))
    found = (len(shown), len({row.ticket_id for row in shown}), len({row.person_id for row in shown}))
    wrong = [] if found == (6, 6, 2) else [f"{found[0]} offers of {found[1]} tickets to {found[2]} people"]
    return wrong + [str(one) for one in shop.violations()]


CONTROLS: dict[Race, tuple[Callable[[pytest.MonkeyPatch], None], Together]] = {
    accept_against_cancel: (guards.let_everybody_win, in_reverse),
    accept_against_expiry: (guards.let_everybody_win, in_reverse),
    join_against_finish: (anybody_joins, in_order),
}
DUELS = {race.__name__: race for race in (*CONTROLS, same_plan)}

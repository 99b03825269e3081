"""What a supervisor does to many tickets at once, and how many orders they let begin, on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from fulfil.contracts.promise import PromiseLine
from fulfil.dispatch import queries
from fulfil.dispatch.rules import within_limit
from fulfil.dispatch.service import supervise, views
from fulfil.dispatch.service.promise import DispatchPromise
from fulfil.kit.moves import History
from tests.dispatch.small import ADMIN, SmallShop


def waiting(shop: SmallShop, many: int) -> list[int]:
    return [shop.tickets(shop.paid(("tea", 1)))[0].id for _ in range(many)]


def on_all(shop: SmallShop, ticket_ids: list[int], act: Any, **given: Any) -> list[Any]:
    done = supervise.act_on_each(
        ticket_ids, lambda one: shop.write(lambda tx: act(tx, one, **given, actor="staff:9"))
    )
    shop.run()
    return [one["code"] for one in done]


def limited(shop: SmallShop, limit: int | None) -> dict[str, Any]:
    told = shop.write(lambda tx: supervise.throttle(tx, shop.store_id, limit, actor="staff:9"))
    shop.run()
    return told


def test_many_are_held_and_let_go_each_with_its_step(shop: SmallShop) -> None:
    tickets = waiting(shop, 3)
    assert on_all(shop, [*tickets, tickets[0]], supervise.hold, reason="power cut") == [None] * 3
    assert len(shop.read(lambda tx: queries.open_holds(tx, shop.store_id))) == 3
    assert on_all(shop, tickets, supervise.unhold, hold_id=None) == [None] * 3
    steps = shop.read(
        lambda tx: tx.all(
            History.__table__.select().where(
                History.entity == "tickets", History.event.in_(("hold", "unhold"))
            )
        )
    )
    assert sorted((step.entity_id, step.event) for step in steps) == sorted(
        (ticket, event) for ticket in tickets for event in ("hold", "unhold")
    )
    assert {step.actor for step in steps} == {"staff:9"}


def test_what_is_refused_for_one_is_done_to_the_others(shop: SmallShop) -> None:
    first, second = waiting(shop, 2)
    on_all(shop, [second], supervise.hold, reason="x")
    assert on_all(shop, [first, second], supervise.unhold, hold_id=None) == ["not_held", None]
    assert not shop.ticket(second).held


def test_an_act_and_the_end_of_the_work_are_decided_once(shop: SmallShop) -> None:
    """The picker finishes one of the tickets while the supervisor takes all of them away."""
    first, second = waiting(shop, 2)
    picker, other = shop.hire("P1", "picker"), shop.hire("P2", "picker")
    shop.run()
    held = {int(ticket["id"]): (one, ticket) for one in (picker, other) for ticket in [shop.accepts(one)]}

    def act(ticket_id: int) -> None:
        if ticket_id == second:
            assert shop.does(*held[second], "finish")["status"] == "applied"
        shop.write(lambda tx: supervise.reassign(tx, ticket_id, None, confirmed=True, actor="staff:9"))

    done = supervise.act_on_each([first, second], act)
    assert [(one["id"], one["code"]) for one in done] == [(str(first), None), (str(second), "ticket_ended")]
    assert shop.does(*held[first], "finish")["code"] == "stale_epoch"
    assert shop.ticket(second).state == "done"


def test_many_go_to_one_person_or_to_whom_the_plan_chooses(shop: SmallShop) -> None:
    tickets = waiting(shop, 2)
    picker = shop.hire("P1", "picker")
    shop.run()
    codes = on_all(shop, tickets, supervise.reassign, person_id=picker.id, confirmed=False)
    assert codes == [None, None] and len(shop.work(picker)["offers"]) >= 1
    assert on_all(shop, tickets, supervise.reassign, person_id=None, confirmed=False) == [None, None]
    assert shop.work(picker)["offers"]


@pytest.mark.parametrize(
    ("waiting", "in_flight", "limit", "free"),
    [
        ([(1, 10), (2, 20), (3, 30)], [], 2, {1, 2}),
        ([(1, 10), (2, 20)], [90], 2, {1}),
        ([(1, 10), (2, 20)], [90, 91], 2, set()),
        ([(1, 90), (2, 20)], [90, 91], 1, {1}),  # what has begun goes on
        ([(1, 10), (2, 10), (3, 20)], [], 1, {1, 2}),  # one order in two zones
        ([(1, 10)], [], 0, set()),
    ],
)
def test_as_many_begin_as_the_limit_less_those_in_flight(waiting, in_flight, limit, free) -> None:
    assert within_limit(waiting, in_flight, limit) == free


def test_the_throttle_lets_the_next_order_begin_when_one_is_packed(shop: SmallShop) -> None:
    assert limited(shop, 1) == {"limit": 1, "in_flight": 0}
    waiting(shop, 2)
    pickers = [shop.hire(badge, "picker") for badge in ("P1", "P2")]
    packer = shop.hire("K1", "packer")
    shop.run()
    offered = [one for one in pickers if shop.work(one)["offers"]]
    assert len(offered) == 1
    ticket = shop.accepts(offered[0])
    other = next(one for one in pickers if one is not offered[0])
    shop.does(offered[0], ticket, "pick", line_no=1, quantity=1)
    shop.does(offered[0], ticket, "finish")
    shop.passes(1, *pickers, packer)
    assert not [one for one in pickers if shop.work(one)["offers"]]
    board = shop.read(lambda tx: views.board(tx, ADMIN, shop.store_id))
    assert board["release"] == {"limit": 1, "in_flight": 1}
    shop.does(packer, shop.accepts(packer), "finish")
    shop.passes(1, *pickers, packer)
    assert [one for one in (other, offered[0]) if shop.work(one)["offers"]]


def test_without_a_limit_work_begins_again(shop: SmallShop) -> None:
    picker = shop.hire("P1", "picker")
    limited(shop, 0)
    waiting(shop, 1)
    assert shop.work(picker)["offers"] == []
    limited(shop, None)
    assert len(shop.work(picker)["offers"]) == 1


def test_a_shop_that_lets_nothing_begin_promises_nothing(shop: SmallShop) -> None:
    def ask() -> Any:
        return shop.read(
            lambda tx: DispatchPromise().quote(tx, shop.store_id, (PromiseLine("tea", 1),), 2000, None)
        )

    limited(shop, 0)
    assert (ask().ok, ask().why_not) == (False, "no_capacity")
    limited(shop, 1)
    assert ask().ok


def test_fewer_orders_at_once_make_later_promises(shop: SmallShop) -> None:
    def hand_over() -> Any:
        return shop.read(
            lambda tx: DispatchPromise().quote(
                tx, shop.store_id, tuple(PromiseLine("tea", 1) for _ in range(20)), 2000, None
            )
        ).hand_over_at

    for _ in range(4):
        shop.hire(f"P{_}", "picker", on_duty=True)
    limited(shop, 0)  # so that what comes waits
    waiting(shop, 30)
    limited(shop, 4)
    many = hand_over()
    limited(shop, 1)
    assert hand_over() > many


def test_the_board_shows_what_everybody_did_last(shop: SmallShop) -> None:
    picker, idle = shop.hire("P1", "picker"), shop.hire("P2", "picker")
    waiting(shop, 1)
    ticket = shop.accepts(picker if shop.work(picker)["offers"] else idle)
    holder = picker if shop.work(picker)["tickets"] else idle
    shop.clock.advance(5)
    shop.does(holder, ticket, "pick", line_no=1, quantity=1)
    board = shop.read(lambda tx: views.board(tx, ADMIN, shop.store_id))
    last = {person["badge"]: person["last_op"] for person in board["people"]}
    assert last[holder.badge]["type"] == "pick"
    assert [badge for badge, op in last.items() if op is None] == [
        one.badge for one in (picker, idle) if one is not holder
    ]

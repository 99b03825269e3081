"""Plans that are too large for the loop: decided elsewhere, handed out as far as they still hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from fulfil.contracts.planner import PlannerAway
from fulfil.contracts.trade import OrderCancelRequested
from fulfil.dispatch.rules import drafts
from fulfil.dispatch.service import offers, planning, supervise
from fulfil.kit.task_rows import Task
from fulfil.planner.inside import PlannerInside
from tests.dispatch.small import SmallShop, Somebody


class Asked(PlannerInside):
    """Decides as the planner would; `before` happens while it thinks."""

    def __init__(self, before: Callable[[], None] = lambda: None) -> None:
        self.times, self._before = 0, before

    def call(self, name: str, payload: Any) -> Any:
        self.times += 1
        self._before()
        return super().call(name, payload)


class Away(Asked):
    """Never answers."""

    def call(self, name: str, payload: Any) -> Any:
        self.times += 1
        raise PlannerAway("dead")


class Broken(Asked):
    """Fails, so that its task is tried again later."""

    def call(self, name: str, payload: Any) -> Any:
        self.times += 1
        raise RuntimeError("a bug")


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch):
    """The loop decides for one ticket at a time."""
    monkeypatch.setattr(drafts, "EFFORT_MAX", 0)
    monkeypatch.setattr("fulfil.dispatch.rules.EFFORT_MAX", 0)


def waiting(shop: SmallShop, tickets: int) -> None:
    for _ in range(tickets):
        shop.paid(("tea", 1))


def hired(shop: SmallShop, people: int) -> list[Somebody]:
    """They come all at once, to what waits."""
    crew = [shop.hire(f"P{n}", "picker", on_duty=False) for n in range(people)]
    for somebody in crew:
        shop.shift(somebody, "available")
    return crew


def shown(shop: SmallShop, crew: list[Somebody]) -> list[int]:
    return [len(shop.work(somebody)["offers"]) for somebody in crew]


def test_a_large_plan_is_decided_elsewhere_and_handed_out_in_portions(shop, monkeypatch):
    monkeypatch.setattr(planning, "PORTION", 2)
    planner = shop.kit.services["planner"] = Asked()
    portions: list[int] = []
    offer = offers.offer
    monkeypatch.setattr(offers, "offer", lambda tx, *given: portions.append(id(tx)) or offer(tx, *given))
    waiting(shop, 5)
    crew = hired(shop, 5)
    shop.run()
    assert shown(shop, crew) == [1] * 5 and planner.times == 1
    assert max(portions.count(tx) for tx in portions) <= 8


def test_while_the_planner_is_dead_the_most_urgent_is_decided_here(shop):
    planner = shop.kit.services["planner"] = Away()
    waiting(shop, 3)
    urgent = shop.paid(("tea", 1), due_minutes=20)
    (somebody,) = hired(shop, 1)
    shop.run()
    (offer,) = shop.work(somebody)["offers"]
    assert planner.times >= 1 and offer["ticket"]["fulfilment_id"] == str(urgent)


def test_while_the_planner_fails_or_is_slow_nobody_waits_for_more_than_some_seconds(shop):
    planner = shop.kit.services["planner"] = Broken()
    waiting(shop, 2)
    crew = hired(shop, 2)
    shop.run()
    assert shown(shop, crew) == [0, 0] and planner.times == 1
    for _ in range(2):
        shop.clock.advance(planning.PATIENCE.total_seconds())
        for somebody in crew:
            shop.kit.services["presence"].beat(somebody.id)
        shop.write(planning.plan_waiting)
        shop.run()
    assert shown(shop, crew) == [1, 1]


@pytest.mark.parametrize(("due_minutes", "priority"), [(0, 0), (45, 1)])
def test_what_is_late_or_goes_first_does_not_wait_for_the_planner(shop, due_minutes, priority):
    planner = shop.kit.services["planner"] = Broken()
    waiting(shop, 2)
    urgent = shop.paid(("tea", 1), due_minutes=due_minutes)
    (ticket,) = shop.tickets(urgent, "picking")
    shop.write(lambda tx: supervise.prioritise(tx, ticket.id, priority, actor="staff:1"))
    crew = hired(shop, 3)
    shop.run()
    offers = [offer["ticket"]["fulfilment_id"] for one in crew for offer in shop.work(one)["offers"]]
    assert offers == [str(urgent)] and planner.times == 1


@pytest.mark.parametrize(
    "nonsense",
    [
        pytest.param(lambda plan: None, id="nothing"),
        pytest.param(lambda plan: {"plan": plan}, id="another shape"),
        pytest.param(lambda plan: [one[:2] for one in plan], id="too short"),
        pytest.param(lambda plan: [(str(ticket), *who) for ticket, *who in plan], id="text for a number"),
        pytest.param(lambda plan: [(-ticket, *who) for ticket, *who in plan], id="an unknown ticket"),
        pytest.param(lambda plan: [(ticket, -1, given) for ticket, _, given in plan], id="an unknown person"),
        pytest.param(lambda plan: [*plan, plan[0]], id="a ticket twice"),
        pytest.param(
            lambda plan: [(ticket, plan[0][1], given) for ticket, _, given in plan], id="all for one"
        ),
        pytest.param(lambda plan: [(*who, True) for *who, _ in plan], id="given without asking"),
    ],
)
def test_an_answer_that_is_no_plan_counts_as_none(shop, nonsense):
    class Talks(Asked):
        def call(self, name: str, payload: Any) -> Any:
            return nonsense(super().call(name, payload))

    planner = shop.kit.services["planner"] = Talks()
    waiting(shop, 3)
    crew = hired(shop, 2)
    shop.run()
    assert planner.times >= 1 and sum(shown(shop, crew)) >= 1
    assert all(offers <= 1 for offers in shown(shop, crew))


def test_a_ticket_that_died_while_it_was_decided_is_not_handed_out(shop):
    orders, crew = [shop.paid(("tea", 1), due_minutes=30 + n) for n in range(3)], hired(shop, 2)

    def change() -> None:
        if planner.times == 1:
            order = shop.fulfilment(orders[0])
            shop.write(
                lambda tx: tx.publish(
                    OrderCancelRequested(order.order_no, order.store_id, "changed_mind", "customer:1")
                )
            )
            shop.kit.tasks.run_batch()

    planner = shop.kit.services["planner"] = Asked(change)
    shop.run()
    assert shown(shop, crew) == [1, 1] and planner.times == 2
    offered = {shop.work(one)["offers"][0]["ticket"]["fulfilment_id"] for one in crew}
    assert offered == set(map(str, orders[1:]))


def test_who_left_while_it_was_decided_is_not_asked(shop):
    waiting(shop, 2)
    crew = hired(shop, 2)
    shop.kit.services["planner"] = Asked(lambda: shop.shift(crew[0], "break"))
    shop.run()
    assert shown(shop, crew) == [0, 1]


def test_shares_are_handed_out_one_after_the_other_and_never_beside_a_plan(shop):
    """Else two processes would fill the same hands: their tasks have the plan's key."""
    shop.kit.services["planner"] = Asked()
    orders, crew = [shop.paid(("tea", 1)) for _ in range(2)], hired(shop, 2)
    shop.write(planning.plan_apart(shop.kit, {"store_id": shop.store_id}, 0))
    keys = shop.read(lambda tx: tx.scalars(select(Task.key).where(Task.handler == planning.HAND_OUT)))
    assert keys == [f"plan:{shop.store_id}"]
    shop.run()
    assert shown(shop, crew) == [1, 1]
    assert [shop.tickets(order)[0].state for order in orders] == ["offered", "offered"]


def test_a_ticket_that_is_held_while_it_was_decided_is_not_handed_out(shop):
    orders, crew = [shop.paid(("tea", 1), due_minutes=30 + n) for n in range(2)], hired(shop, 1)
    (urgent,) = shop.tickets(orders[0], "picking")

    def change() -> None:
        if planner.times == 1:
            shop.write(lambda tx: supervise.hold(tx, urgent.id, "spilt milk", actor="staff:1"))

    planner = shop.kit.services["planner"] = Asked(change)
    shop.run()
    assert shown(shop, crew) == [1]
    assert shop.work(crew[0])["offers"][0]["ticket"]["fulfilment_id"] == str(orders[1])

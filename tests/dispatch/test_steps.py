"""A rush is planned in steps: nothing is held between them, and what happens there is not lost."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from fulfil.dispatch.service import planning, supervise
from tests.dispatch.aisles import AisleShop, order
from tests.dispatch.aisles import shop as shop
from tests.dispatch.small import Somebody

MANY = planning.JOINED_AT_ONCE + 4


def a_rush(shop: AisleShop) -> list[int]:
    """More orders at the far end than are joined at once, the first one due first; nobody is there."""
    return [order(shop, f"a{5 - n // 6}{1 + n % 6}", due_minutes=60 + n) for n in range(MANY)]


def come(shop: AisleShop, people: int) -> list[Somebody]:
    """Pickers come all at once; nothing is planned yet."""
    crew = [shop.hire(f"P{n}", "picker", on_duty=False) for n in range(people)]
    for somebody in crew:
        shop.shift(somebody, "available")
    return crew


def between(monkeypatch: pytest.MonkeyPatch, act: Callable[[int], Any]) -> list[int]:
    """`act` of the number of the pause happens whenever a plan lets others be served; gives the pauses."""
    pauses: list[int] = []

    def sleep(_seconds: float) -> None:
        pauses.append(len(pauses) + 1)
        act(pauses[-1])

    monkeypatch.setattr(planning, "time", SimpleNamespace(sleep=sleep))
    return pauses


def shown(shop: AisleShop, somebody: Somebody) -> set[int]:
    """The orders whose tickets somebody is offered."""
    return {
        int(shop.ticket(int(offer["ticket"]["id"])).fulfilment_id) for offer in shop.work(somebody)["offers"]
    }


def test_others_write_between_the_steps(shop: AisleShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """In each pause one ticket more is held, the last ones of all: an open transaction would refuse it."""
    orders = a_rush(shop)
    crew = come(shop, 2)

    def hold(pause: int) -> None:
        (ticket,) = shop.tickets(orders[-pause])
        shop.write(lambda tx: supervise.hold(tx, ticket.id, "spilt", actor="staff:1"))

    pauses = between(monkeypatch, hold)
    shop.run()
    assert pauses == [1, 2, 3]
    assert [shop.offer(somebody)["tour"]["orders"] for somebody in crew] == [5, 2]
    assert [shop.tickets(one)[0].state for one in orders[-3:]] == ["queued"] * 3


def test_what_ends_between_the_steps_is_in_no_tour(shop: AisleShop, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = a_rush(shop)
    (picker,) = come(shop, 1)
    before = shop.tickets(orders[0])[0]

    def cancel(pause: int) -> None:
        if pause == 2:
            shop.cancel(orders[0])

    between(monkeypatch, cancel)
    shop.run()
    assert shop.ticket(before.id).state == "cancelled"
    assert shop.offer(picker)["tour"]["orders"] == 4 and shown(shop, picker) <= set(orders[1:])


def test_who_comes_between_the_steps_is_planned_for_at_once(
    shop: AisleShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wish for a plan comes while one is made, and no sweep follows."""
    a_rush(shop)
    (first,) = come(shop, 1)
    late: list[Somebody] = []

    def hire(pause: int) -> None:
        if not late:
            late.append(shop.hire("P9", "picker"))
            shop.kit.tasks.run_batch()  # the wish is heard, and answered by the plan that is being made

    between(monkeypatch, hire)
    shop.run()
    assert shop.offer(first)["tour"]["orders"] == 5
    assert shop.offer(late[0])["tour"]["orders"] == 5


def test_what_few_tickets_are_joined_of_is_planned_in_one_step(
    shop: AisleShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(planning.JOINED_AT_ONCE):
        order(shop, f"a1{1 + n % 6}", due_minutes=60 + n)
    (picker,) = come(shop, 1)
    pauses = between(monkeypatch, lambda _: None)
    shop.run()
    assert pauses == [] and shop.offer(picker)["tour"]["orders"] == 5


def test_portions_are_of_so_many_tickets_and_never_part_of_a_tour() -> None:
    shares = [
        planning._Share([(n, 1) for n in range(tickets)], 1, False, 0, 15) for tickets in (5, 5, 1, 1, 9, 8)
    ]
    told = [[len(share.tickets) for share in portion] for portion in planning._portions(shares)]
    assert told == [[5], [5, 1, 1], [9], [8]]
    assert planning._portions([]) == []

"""Who stands nearer walks there: where people are is what the plan knows of their last walk (F4)."""

from __future__ import annotations

import pytest

from fulfil.dispatch.model import WorkerLoad
from fulfil.dispatch.service import planning
from tests.dispatch.aisles import AisleShop
from tests.dispatch.aisles import shop as shop
from tests.dispatch.small import Somebody

AMBIENT_START, CHILLED_START = (0.0, 0.0), (20.0, 0.0)


def both_have_picked(shop: AisleShop, skus: tuple[str, str]) -> list[Somebody]:
    """Two pickers who were given as much as each other, one line each of these goods."""
    pickers = [shop.hire(badge, "picker") for badge in ("P1", "P2")]
    for sku in skus:
        shop.paid((sku, 1))
        shop.run()
        (picker,) = (one for one in pickers if shop.work(one)["offers"])
        shop.answers(picker)
    for picker in pickers:
        (ticket,) = shop.held(picker)
        shop.finishes(picker, ticket["id"])
    return pickers


def asked(shop: AisleShop, pickers: list[Somebody], sku: str) -> int:
    """Which of them is offered one line of these goods."""
    shop.paid((sku, 1))
    shop.run()
    (at,) = (at for at, picker in enumerate(pickers) if shop.work(picker)["offers"])
    return at


def place(shop: AisleShop, picker: Somebody) -> tuple[float | None, float | None]:
    (row,) = shop.read(
        lambda tx: tx.all(WorkerLoad.__table__.select().where(WorkerLoad.person_id == picker.id))
    )
    return row.x, row.y


@pytest.mark.parametrize(("skus", "nearer"), [(("c11", "a11"), 0), (("a11", "c11"), 1)])
def test_of_two_who_were_given_as_much_the_nearer_is_asked(
    shop: AisleShop, skus: tuple[str, str], nearer: int
) -> None:
    pickers = both_have_picked(shop, skus)
    assert place(shop, pickers[nearer]) == CHILLED_START
    assert place(shop, pickers[1 - nearer]) == AMBIENT_START
    assert asked(shop, pickers, "c21") == nearer


@pytest.mark.parametrize("skus", [("c11", "a11"), ("a11", "c11")])
def test_without_a_plan_of_the_floor_it_makes_no_difference_where_they_were(
    database_url: str, skus: tuple[str, str]
) -> None:
    shop = AisleShop(database_url, floor=None)
    pickers = both_have_picked(shop, skus)
    assert [place(shop, picker) for picker in pickers] == [(None, None)] * 2
    assert asked(shop, pickers, "c21") == 0
    shop.kit.close()


def test_after_a_break_nobody_knows_where_somebody_is(shop: AisleShop) -> None:
    picker, _ = both_have_picked(shop, ("c11", "a11"))
    shop.shift(picker, "break")
    shop.shift(picker, "available")
    assert place(shop, picker) == (None, None)


def test_who_has_a_hand_free_soon_will_be_where_their_walk_ends(shop: AisleShop) -> None:
    pickers = both_have_picked(shop, ("a11", "a12"))
    walking = pickers[asked(shop, pickers, "c11")]
    shop.answers(walking)
    shop.passes(40, *pickers)
    free = pickers[asked(shop, pickers, "c21")]
    shop.answers(free, "decline", reason="too heavy")
    reading = shop.write(lambda tx: planning._read(tx, shop.store_id))
    assert {worker.person_id: (worker.place, bool(worker.free_in)) for worker in reading.draft.workers} == {
        one.id: (CHILLED_START, True) if one is walking else (AMBIENT_START, False) for one in pickers
    }

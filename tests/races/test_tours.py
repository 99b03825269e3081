"""Races for tours: who answers, what is cancelled, what expires, what joins; each with a control."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
import sqlalchemy as sa

from fulfil.dispatch import queries
from fulfil.dispatch.model import Offer
from fulfil.dispatch.service import joining, offers, planning, takeover, tickets
from fulfil.kit.errors import IllegalMove
from tests.dispatch.small import Somebody
from tests.races import guards
from tests.races.aisles import TOGETHER, Resting, anybody_joins
from tests.races.aisles import shop as shop
from tests.races.together import Together, in_order, in_reverse


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


def accept_against_cancel(shop: Resting, together: Together) -> list[str]:
    """The first order is cancelled while the tour is accepted: it is not picked, the others are together."""
    picker, orders, offer = offered(shop)
    tour = int(offer["tour"]["id"])
    accepted, _ = together(shop, [accepting(shop, picker, offer), lambda: shop.cancel(orders[0])])
    shop.run()
    others = [("accepted" if accepted == "applied" else "offered", tour)] * 2
    found = states_of(shop, orders)
    wrong = [] if found == [("cancelled", None), *others] else [f"{accepted}: {found}"]
    return wrong + [str(one) for one in shop.violations()]


def accept_against_expiry(shop: Resting, together: Together) -> list[str]:
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


def join_against_finish(shop: Resting, together: Together) -> list[str]:
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


RACES = (accept_against_cancel, accept_against_expiry, join_against_finish)


@pytest.mark.parametrize("together", TOGETHER)
@pytest.mark.parametrize("race", RACES)
def test_one_of_two_decides(shop: Resting, race: Callable[..., list[str]], together: Together) -> None:
    assert race(shop, together) == []


@pytest.mark.parametrize(
    ("race", "take_out"),
    [
        (accept_against_cancel, guards.let_everybody_win),
        (accept_against_expiry, guards.let_everybody_win),
        (join_against_finish, anybody_joins),
    ],
)
def test_without_its_guard_a_race_is_seen(
    shop: Resting,
    race: Callable[..., list[str]],
    take_out: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    take_out(monkeypatch)
    monkeypatch.setattr(shop, "at_rest", lambda: None)  # a plan between the two would hide it
    assert race(shop, in_order if race is join_against_finish else in_reverse) != []


def two_plans(shop: Resting, together: Together) -> None:
    for n in range(6):
        shop.paid((f"a1{n + 1}", 1), due_minutes=60 + n)
    for n in range(2):
        shop.hire(f"P{n}", "picker")
    plan = {"store_id": shop.store_id}
    together(shop, [lambda: shop.write(lambda tx: planning.plan_store(tx, plan))] * 3)


@pytest.mark.parametrize("together", TOGETHER)
def test_plans_at_once_show_no_ticket_to_two(shop: Resting, together: Together) -> None:
    two_plans(shop, together)
    shop.run()
    shown = shop.read(
        lambda tx: tx.all(sa.select(Offer.ticket_id, Offer.person_id).where(Offer.state == "pending"))
    )
    assert len(shown) == len({row.ticket_id for row in shown}) == 6
    assert len({row.person_id for row in shown}) == 2
    assert shop.violations() == []


def test_a_plan_that_does_not_look_what_moved_is_stopped(
    shop: Resting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        planning,
        "_unchanged",
        lambda tx, shares: {
            ticket_id: queries.ticket_row(tx, ticket_id) for share in shares for ticket_id, _ in share.tickets
        },
    )
    picker, _, offer = offered(shop)
    share = planning._Share([(int(offer["ticket"]["id"]), 1)], picker.id, False, 0, 15)
    with pytest.raises(IllegalMove):
        shop.write(lambda tx: planning._give(tx, share, planning._unchanged(tx, [share]), picker.session_id))


WAITING = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
LATE_SECONDS_MAX = 30


def takeover_against_last_op(shop: Resting, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who is gone finishes the second ticket of their tour while all of it is taken over from them.

    The op holds that ticket's order, and goes on once the takeover waits for somebody. Gives the retries.
    """
    picker, _, _ = offered(shop)
    shop.answers(picker)
    held = shop.held(picker)
    shop.picks(picker, held[1]["id"])
    complete = shop.op(picker, held[1], "complete")
    shop.passes(601)
    holds, finish = Event(), tickets.finish
    retries: list[str] = []

    def finish_late(tx: Any, row: Any, *, actor: str) -> Any:
        if not holds.is_set():
            holds.set()
            deadline = time.monotonic() + LATE_SECONDS_MAX
            while not _somebody_waits(shop):
                assert time.monotonic() < deadline, "the takeover waits for nobody"
        return finish(tx, row, actor=actor)

    monkeypatch.setattr(tickets, "finish", finish_late)
    monkeypatch.setattr(shop.kit.metrics, "retried", retries.append)
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(shop.send, picker, complete)
        assert holds.wait(LATE_SECONDS_MAX)
        shop.write(takeover.take_over_from_gone)
        (result,) = late.result()
    if not retries:  # after a deadlock either of them may come second
        assert result["status"] == "applied"
        assert [shop.ticket(int(one["id"])).state for one in held] == ["queued", "done", "queued"]
    return retries


def _somebody_waits(shop: Resting) -> bool:
    with shop.kit.db.look() as tx:
        return bool(tx.scalar(WAITING))


@pytest.fixture
def postgres_shop(postgres_url: str) -> Iterator[Resting]:
    made = Resting(postgres_url)
    yield made
    made.kit.close()


def test_a_tour_is_taken_over_while_one_of_it_is_finished(
    postgres_shop: Resting, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert takeover_against_last_op(postgres_shop, monkeypatch) == []


def test_orders_that_are_locked_one_by_one_stand_in_each_others_way(
    postgres_shop: Resting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(takeover, "_unmoved", OneByOne)
    assert takeover_against_last_op(postgres_shop, monkeypatch) != []


class OneByOne(dict[int, Any]):
    """The tickets that nobody has moved; each is locked, after its order, only when it is asked for."""

    def __init__(self, tx: Any, rows: list[Any]) -> None:
        super().__init__((row.id, row) for row in rows)
        self._tx = tx

    def __contains__(self, ticket_id: object) -> bool:
        known = self[ticket_id]
        queries.fulfilment_row(self._tx, known.fulfilment_id, lock=True)
        self[ticket_id] = queries.ticket_row(self._tx, ticket_id, lock=True)
        return self[ticket_id].version == known.version

"""Every race of tours on both databases, and the same race where its guard is missing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
import sqlalchemy as sa

from fulfil.dispatch import queries
from fulfil.dispatch.service import planning, takeover, tickets
from fulfil.kit.errors import IllegalMove
from tests.races import steering, tours
from tests.races.aisles import TOGETHER, Resting
from tests.races.aisles import shop as shop
from tests.races.together import Together
from tests.races.tours import Race, offered

DUELS = tours.DUELS | steering.DUELS
CONTROLS = tours.CONTROLS | steering.CONTROLS


@pytest.mark.parametrize("together", TOGETHER)
@pytest.mark.parametrize("race", DUELS)
def test_one_of_two_decides(shop: Resting, race: str, together: Together) -> None:
    assert DUELS[race](shop, together) == []


@pytest.mark.parametrize("race", CONTROLS)
def test_without_its_guard_a_race_is_seen(shop: Resting, race: Race, monkeypatch: pytest.MonkeyPatch) -> None:
    take_out, together = CONTROLS[race]
    take_out(monkeypatch)
    monkeypatch.setattr(shop, "at_rest", lambda: None)  # a plan between the two would hide it
    assert race(shop, together) != []


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

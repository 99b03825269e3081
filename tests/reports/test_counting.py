"""Orders that are over are counted once each; hours add up to days; figures are shown, as CSV, too."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fulfil.contracts.trade import Complained
from fulfil.delivery import queries as deliveries
from fulfil.delivery.service import act_as_carrier
from fulfil.dispatch import queries as dispatched
from fulfil.dispatch.service import margins
from fulfil.handoff.service import arrive
from fulfil.reports import api, jobs, rules
from fulfil.reports.model import Workload
from fulfil.reports.service import counting, showing
from fulfil.store.model import Item
from tests.floor import Floor, Worker, packed, picked, released, token

API = "/api/v1"


@pytest.fixture
def shop(floor: Floor) -> Floor:
    """A floor whose counting has begun."""
    count(floor)
    return floor


def count(floor: Floor) -> None:
    floor.clock.advance(counting.GRACE.total_seconds() + 1)
    floor.write(counting.count_ended)


def delivered(floor: Floor, *lines: tuple[str, int], minutes: float = 6) -> int:
    """An order on its whole way: some minutes each for picking, packing and the ride."""
    order = floor.paid(*lines)
    floor.clock.advance(60)
    worker = floor.take(order, "picking")
    worker.does("tote", code="TOTE-001")
    for line in worker.sees()["lines"]:
        floor.clock.advance(30)
        worker.does("pick", line=line["id"], quantity=line["quantity"], tote="TOTE-001")
    worker.does("complete")
    floor.clock.advance(minutes * 60)
    packed(floor, order)
    rides(floor, order, minutes)
    return order


def rides(floor: Floor, order: int, minutes: float) -> None:
    rider = floor.take(order, "delivery")
    floor.clock.advance(minutes * 60)
    released(floor, order)
    floor.clock.advance(minutes * 60)
    rider.does("deliver", pin="4711")


def figures(floor: Floor, by: str = "day") -> dict[str, Any]:
    with floor.reading() as tx:
        return showing.figures(tx, showing.period(tx, floor.store_id, None, None, by))


def test_an_order_is_counted_once_and_whole(shop: Floor) -> None:
    delivered(shop, ("tea", 2), ("rice", 1))
    count(shop)
    count(shop)
    total = figures(shop)["total"]
    assert (total["orders"], total["delivered"], total["units"]) == (1, 1, 3)
    assert (total["on_time_percent"], total["perfect_percent"], total["fill_percent"]) == (100, 100, 100)
    assert total["units_per_hour"] == 180.0  # 3 units in a minute between accept and the last op
    assert total["stages"]["wait"]["orders"] == 1
    assert total["stages"]["handover"]["p50_seconds"] == pytest.approx(360, rel=0.026)


def test_each_delivery_moves_the_margin_of_promises_once(shop: Floor) -> None:
    delivered(shop, ("tea", 1), minutes=60)
    for _ in range(2):
        count(shop)
        with shop.reading() as tx:
            assert margins.of(tx, shop.store_id) == timedelta(seconds=38)
    delivered(shop, ("rice", 1))
    count(shop)
    with shop.reading() as tx:
        assert margins.of(tx, shop.store_id) == timedelta(seconds=36)


def complained(shop: Floor, order: int, *, first: bool = True) -> None:
    with shop.reading() as tx:
        order_no = dispatched.fulfilment_row(tx, order).order_no
    shop.write(lambda tx: tx.publish(Complained(order_no, shop.store_id, case_id=7, first=first)))
    shop.kit.tasks.run_until_idle()


@pytest.mark.parametrize("counted_before", [True, False])
def test_an_order_of_which_something_was_wrong_was_not_perfect(shop: Floor, counted_before: bool) -> None:
    jobs.register(shop.kit)
    delivered(shop, ("tea", 1))
    wrong = delivered(shop, ("rice", 1))
    if counted_before:
        count(shop)
    complained(shop, wrong)
    complained(shop, wrong, first=False)
    count(shop)
    shop.clock.advance(counting.GRACE.total_seconds())
    shop.kit.tasks.run_until_idle()
    for by in ("hour", "day"):
        total = figures(shop, by)["total"]
        assert (total["delivered"], total["perfect_percent"], total["on_time_percent"]) == (2, 50, 100)


def test_a_complaint_of_what_was_late_anyway_takes_nothing_off(shop: Floor) -> None:
    jobs.register(shop.kit)
    late = delivered(shop, ("tea", 1), minutes=60)
    delivered(shop, ("rice", 1))
    count(shop)
    complained(shop, late)
    assert figures(shop)["total"]["perfect_percent"] == 50


def test_only_what_is_over_for_a_minute_is_counted(shop: Floor) -> None:
    delivered(shop, ("tea", 1))
    shop.write(counting.count_ended)  # whoever ended at the same time may not be seen yet
    assert figures(shop)["total"]["orders"] == 0
    count(shop)
    assert figures(shop)["total"]["orders"] == 1


def test_a_shortage_and_a_cancel(shop: Floor) -> None:
    order = shop.paid(("tea", 2), ("rice", 1))
    worker = shop.take(order, "picking")
    worker.does("tote", code="TOTE-001")
    worker.does("pick", line=worker.line(1), quantity=2, tote="TOTE-001")
    shop.clock.advance(120)
    worker.does("short", line=worker.line(2), quantity=1, reason="not_found")
    worker.does("complete")
    packed(shop, order)
    rides(shop, order, 5)
    shop.cancelled(shop.paid(("milk", 1)))
    count(shop)
    shown = figures(shop)
    total = shown["total"]
    assert (total["orders"], total["delivered"], total["cancelled"]) == (2, 1, 1)
    assert (total["fill_percent"], total["perfect_percent"], total["on_time_percent"]) == (50, 0, 100)
    assert total["search_minutes"] == 2.0
    assert shown["stockouts"] == [
        {"sku": "rice", "orders": 1, "quantity": 1, "unit": "each", "names": {"zh": "货rice", "en": "Rice"}}
    ]


def test_hours_add_up_to_their_day(shop: Floor) -> None:
    for _ in range(3):
        delivered(shop, ("tea", 1), minutes=12)
        count(shop)
    hours, days = figures(shop, "hour"), figures(shop)
    assert len(hours["rows"]) == 2 and len(days["rows"]) == 1
    assert sum(row["orders"] for row in hours["rows"]) == days["total"]["orders"] == 3
    assert hours["total"] == days["total"]


def test_many_orders_are_counted_in_turns(shop: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "ORDERS_MAX", {"sqlite": 2, "postgresql": 2})
    for _ in range(3):  # at one instant: the mark tells them apart
        shop.cancelled(shop.paid(("tea", 1)))
    count(shop)
    assert figures(shop)["total"]["orders"] == 2
    count(shop)
    assert figures(shop)["total"]["orders"] == 3


def test_work_is_counted_for_who_did_it_and_shown_of_no_one(shop: Floor) -> None:
    delivered(shop, ("tea", 2))
    count(shop)
    with shop.reading() as tx:
        rows = tx.all(Workload.__table__.select().order_by(Workload.stage))
    assert [(row.stage, row.lines) for row in rows] == [("delivery", 1), ("packing", 1), ("picking", 1)]
    assert rows[2].person_id == shop.people["picker"].id and rows[2].grams == 200
    assert figures(shop)["workload"] == []


def test_a_spread_is_shown_where_it_names_nobody(shop: Floor) -> None:
    people = [shop.people[name].id for name in ("picker", "second", "packer")]

    def plant(tx: Any) -> None:
        day_at = rules.day_of(tx.now, ZoneInfo("Asia/Shanghai"))
        for n, person_id in enumerate(people, 1):
            tx.insert(
                Workload,
                store_id=shop.store_id,
                day_at=day_at,
                stage="picking",
                person_id=person_id,
                seconds=1200 * n,
                lines=60,
                grams=9000,
                first_at=day_at,
                last_at=day_at + timedelta(hours=1),
            )

    shop.write(plant)
    (one,) = figures(shop)["workload"]
    assert (one["stage"], one["people"], one["minutes"]["spread_percent"]) == ("picking", 3, 100.0)
    assert not {str(person_id) for person_id in people} & set(str(one).split("'"))


def test_a_rider_who_came_too_early_waited_for_picking(shop: Floor) -> None:
    order = shop.paid(("tea", 1))
    with shop.reading() as tx:
        row = dispatched.fulfilment_row(tx, order)
    shop.write(lambda tx: arrive(tx, shop.store_id, shop.people["counter"].id, row.pickup_code))
    shop.clock.advance(300)
    picked(shop, order, "ambient", "TOTE-001")
    shop.clock.advance(60)
    packed(shop, order)
    released(shop, order, rider=row.pickup_code)
    with shop.reading() as tx:
        link = deliveries.carrier_token(tx, row.order_no, frozenset({shop.store_id}))
    shop.write(lambda tx: act_as_carrier(tx, link, {"type": "deliver", "pin": "4711"}))
    count(shop)
    total = figures(shop)["total"]
    assert total["riders"] == 1
    assert total["rider_wait_minutes"] == {"picking": 5.0, "packing": 1.0, "counter": 0.0}


@pytest.fixture
def client(sqlite_floor: Floor) -> Any:
    count(sqlite_floor)
    return sqlite_floor.client(api.bp)


def test_periods_that_make_no_sense_are_refused(client: Any, sqlite_floor: Floor) -> None:
    def ask(query: str, expect: int) -> dict[str, Any]:
        answer = client.get(
            f"{API}/stores/{sqlite_floor.store_id}/figures?{query}", headers=token("supervisor")
        )
        assert answer.status_code == expect, answer.text
        return answer.get_json()

    assert ask("from=2026-03-05&to=2026-03-01", 422)["code"] == "period_wrong"
    assert ask("from=0001-01-01&to=0001-01-02", 422)["code"] == "period_wrong"
    assert ask("to=0001-01-02", 422)["code"] == "period_wrong"
    assert ask("from=9999-12-31&to=9999-12-31", 422)["code"] == "period_wrong"
    assert ask("from=2026-03-01&to=2026-03-08&by=hour", 422)["days_max"] == 7
    assert ask("from=yesterday", 422)["code"] == "invalid"
    assert ask("from=2026-03-01&to=2026-03-02", 200)["from"] == "2026-03-01"


def test_a_spreadsheet_gets_plain_cells(client: Any, sqlite_floor: Floor) -> None:
    sqlite_floor.write(lambda tx: tx.update(Item, {"sku": "tea"}, name_zh="=cmd|' /C calc'!A0"))
    order = sqlite_floor.paid(("tea", 1))
    worker: Worker = sqlite_floor.take(order, "picking")
    worker.does("short", line=worker.line(1), quantity=1, reason="not_found")
    worker.does("complete")
    count(sqlite_floor)

    def table(name: str) -> list[list[str]]:
        answer = client.get(
            f"{API}/stores/{sqlite_floor.store_id}/figures.csv?table={name}", headers=token("supervisor")
        )
        assert answer.mimetype == "text/csv" and not answer.data.startswith(b"\xef\xbb\xbf")
        assert f'filename="{name}-' in answer.headers["Content-Disposition"]
        return list(csv.reader(io.StringIO(answer.text)))

    head, row = table("figures")
    assert len(head) == len(row) and row[0] == "2026-03-02T00:00+08:00"
    assert {"orders", "pick_p95_seconds", "rider_wait_minutes_packing"} <= set(head)
    assert table("stockouts")[1][:3] == ["tea", "'=cmd|' /C calc'!A0", "Tea"]
    assert table("workload")[0][:3] == ["day", "stage", "people"]

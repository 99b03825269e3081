"""No network, a reloaded page, a killed server in the middle: nothing is lost and nothing doubled."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Route, expect
from sqlalchemy import select

from fulfil.dispatch.model import TerminalOp, Ticket
from fulfil.picking.model import PickLine
from tests.browser.orders import Placed, buy, product
from tests.browser.people import Picker
from tests.house import API, House


def four_lines(house: House) -> Placed:
    return buy(house, *((product(house, "ambient", nth=nth), 2) for nth in range(4)))


def begin(picker: Picker, placed: Placed) -> dict[str, Any]:
    """The accepted ticket with its tote."""
    picker.accept()
    ticket = picker.ticket(placed.order_no, "picking")
    picker.take_tote(next(picker.house.totes))
    return ticket


def assert_picked_once(house: House, ticket: dict[str, Any]) -> None:
    """Every step took effect, once and in the order of the walk; the ticket is done with all its goods."""
    with house.reading() as tx:
        ops = tx.all(
            select(TerminalOp.type, TerminalOp.status, TerminalOp.seq, TerminalOp.payload)
            .where(TerminalOp.ticket_id == int(ticket["id"]))
            .order_by(TerminalOp.received_at)
        )
        lines = tx.all(
            select(PickLine.quantity, PickLine.picked, PickLine.state).where(
                PickLine.ticket_id == int(ticket["id"])
            )
        )
        state = tx.scalar(select(Ticket.state).where(Ticket.id == int(ticket["id"])))
    picks = [line["id"] for line in ticket["lines"] for _ in range(line["quantity"])]
    assert [op.type for op in ops] == ["accept", "tote", *("pick" for _ in picks), "stage"]
    assert [str(op.payload["line"]) for op in ops if op.type == "pick"] == picks
    assert {op.status for op in ops} == {"applied"}
    assert [op.seq for op in ops] == sorted({op.seq for op in ops})
    assert [tuple(line) for line in lines] == [(2, 2, "closed")] * len(lines)
    assert state == "done"


def die_before_the_answer(house: House, route: Route) -> None:
    """The server does what it is asked for, and is killed before anybody hears of it."""
    # What the reload cut off may be sent again here, before the newest.
    assert {op["status"] for op in route.fetch().json()["results"]} <= {"applied", "duplicate"}
    house.kill()
    route.abort()


def queued(picker: Picker, n: int) -> None:
    expect(picker.page.locator(".status")).to_have_attribute("data-queued", str(n))


def test_picking_goes_on_without_network(house: House, on_duty) -> None:
    picker = on_duty(Picker)
    placed = four_lines(house)
    ticket = begin(picker, placed)
    picker.pick(ticket["lines"][:1])
    picker.settled()

    picker.page.context.set_offline(True)
    expect(picker.page.locator(".status.offline")).to_be_visible()
    picker.pick(ticket["lines"][1:])
    queued(picker, 6)
    picker.page.context.set_offline(False)
    picker.settled()
    picker.stage(ticket)
    assert_picked_once(house, ticket)


def test_a_reload_and_a_killed_server_lose_and_double_nothing(house: House, on_duty) -> None:
    picker = on_duty(Picker)
    placed = four_lines(house)
    ticket = begin(picker, placed)
    picker.pick(ticket["lines"][:1])
    picker.page.reload()
    second = ticket["lines"][1]
    expect(picker.page.locator(f"[data-line='{second['id']}']")).to_be_visible()
    picker.page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    picker.page.route("**/api/v1/terminal/ops", lambda route: die_before_the_answer(house, route), times=1)
    picker.pick([second])
    expect(picker.page.locator(".status.offline")).to_be_visible()
    picker.pick(ticket["lines"][2:3])
    picker.page.reload()
    expect(picker.page.locator(f"[data-line='{ticket['lines'][3]['id']}']")).to_be_visible()
    picker.pick(ticket["lines"][3:])
    house.start()
    picker.settled()
    picker.stage(ticket)
    assert_picked_once(house, ticket)


def test_an_idle_device_is_heard_without_touching_it(house: House, on_duty) -> None:
    """Nobody who waits for work may be taken for gone (floor rule 1): their device speaks by itself."""
    picker = on_duty(Picker)
    picker.settled()
    badge = picker.badge

    def seen() -> str:
        board = house.operator().call("GET", f"{API}/dispatch/board?store_id={house.access.store_id}")
        return next(person["last_seen"] for person in board["people"] if person["badge"] == badge)

    requests: list[str] = []
    picker.page.on("request", lambda request: requests.append(request.url))
    before = seen()
    house.until(lambda: picker.page.wait_for_timeout(500) or seen() > before)
    assert requests == []


def test_who_misses_offers_is_told_and_comes_back_with_one_tap(house: House, on_duty) -> None:
    picker = on_duty(Picker)
    house.set_policy(offer_seconds=6)
    placed = four_lines(house)
    # Nobody else is there: it is offered once more, and not a third time.
    expect(picker.page.locator(".offer .missed-before")).to_be_visible(timeout=60_000)
    expect(picker.page.locator("h1", has_text="No work comes to you")).to_be_visible(timeout=60_000)
    expect(picker.page.locator(".outcome")).to_have_count(0)
    house.set_policy(offer_seconds=15)
    picker.tap("AVAILABLE")
    ticket = begin(picker, placed)
    picker.pick(ticket["lines"])
    picker.stage(ticket)
    assert_picked_once(house, ticket)


def test_a_label_that_cannot_be_read_is_typed(house: House, on_duty) -> None:
    picker = on_duty(Picker)
    placed = buy(house, *((product(house, "ambient", nth=nth), 1) for nth in range(3)))
    ticket = begin(picker, placed)
    for line in ticket["lines"]:
        picker.tap("TYPE")
        code = picker.page.locator(".goods-code")
        expect(code).to_have_text(line["gtin"])
        picker.page.fill("input[name=code]", code.inner_text())
        with picker.hearing("right"):
            picker.page.locator("form button").click()
    picker.stage(ticket)
    with house.reading() as tx:
        lines = tx.all(select(PickLine.picked, PickLine.state).where(PickLine.ticket_id == int(ticket["id"])))
    assert [tuple(line) for line in lines] == [(1, "closed")] * 3

"""The demo's people in a whole shop on a virtual clock: they work, make room for newcomers, go on."""

import heapq
import itertools
import random
from collections.abc import Callable, Iterator

import pytest

from fulfil.dispatch import queries
from fulfil.dispatch.rules import Policy
from fulfil.dispatch.service import holds
from fulfil.sim import back_office, shoppers, workers
from fulfil.sim.actors import Actor, Colleague, Office, live
from fulfil.sim.clients import Customer, Handheld
from fulfil.sim.inside import CONTACT, InsideHttp, InsideShop

EVENING_SECONDS, ORDERS = 300, 3
SKUS = 12
SWEEP_SECONDS = 5.0


class Town:
    """A shop with actors; time passes from one act to the next."""

    def __init__(self, shop: InsideShop) -> None:
        self.shop, self.rng = shop, random.Random(7)
        self._due: list[tuple[float, int, Actor]] = []
        self._count = itertools.count()
        self._codes = iter(shop.access.enrolment_codes[20:])
        self.now = self._unswept = 0.0

    def add(self, actor: Actor, after: float = 0.0) -> None:
        heapq.heappush(self._due, (self.now + after, next(self._count), actor))

    def colleague(self, badge: str) -> Colleague:
        person = next(p for p in self.shop.access.staff if p["badge"] == badge)
        return Colleague(
            InsideHttp(self.shop),
            self.office(),
            next(self._codes),
            person,
            random.Random(self.rng.random()),
            self.shop.totes,
        )

    def office(self) -> Office:
        return Office(self.shop.operator(), self.shop.store_id)

    def person(self, badge: str) -> dict:
        return next(p for p in self.office().board()["people"] if p["badge"] == badge)

    def live(self, seconds: float) -> None:
        until = self.now + seconds
        while self._due and self._due[0][0] <= until:
            at, _, actor = heapq.heappop(self._due)
            self._pass(at)
            if (wait := next(actor, None)) is not None:
                self.add(actor, wait)
        self._pass(until)

    def _pass(self, at: float) -> None:
        """Time passes; every few seconds timers and sweeps run, as they do beside any request."""
        step, self.now = at - self.now, at
        self._unswept += step
        if self._unswept < SWEEP_SECONDS:
            self.shop.clock.advance(step)
        else:
            self._unswept = 0.0
            self.shop.advance(step)


class PayingInside(Customer):
    """A customer whose payment channel is in the same process."""

    shop: InsideShop

    def pay(self, order_no: str, outcome: str = "succeeded", **notify) -> dict:
        self.shop.pay(self, order_no)
        return {}


@pytest.fixture
def town(sqlite_url, tmp_path) -> Iterator[Town]:
    shop = InsideShop(sqlite_url, str(tmp_path / "carts.db"))
    yield Town(shop)
    shop.kit.close()


def enter(shop: InsideShop) -> Callable[[], Customer]:
    def customer() -> Customer:
        found = PayingInside(InsideHttp(shop), shop.store_id)
        found.shop = shop
        return found

    return customer


def skus_of(shop: InsideShop) -> list[dict]:
    return [row for row in shop.access.skus if not row["weighed"]][:SKUS]


def pay_one(town: Town) -> None:
    customer = enter(town.shop)()
    customer.put(skus_of(town.shop)[0]["sku"], 1)
    customer.pay(customer.order(CONTACT)["order_no"])


def keep_once(town: Town) -> None:
    """One round of the back office."""
    keeper = back_office.keep(town.office(), town.shop.store_id, random.Random(1))
    next(keeper)
    next(keeper)


def test_what_is_ordered_is_delivered_and_nobody_gets_stuck(town):
    shop = town.shop
    for badge in ("P001", "P002", "K001", "C001", "R001"):
        town.add(town.colleague(badge).work())
    for number in range(ORDERS):
        town.add(
            shoppers.visit(enter(shop), shop.clock, CONTACT, skus_of(shop), random.Random(number)),
            after=number * 20,
        )
    town.live(EVENING_SECONDS)
    board = town.office().board()
    assert board["orders"] == {} and board["tickets"] == []
    assert len(shop.book.charges(None)) == ORDERS
    assert shop.violations() == []


def test_who_is_put_out_by_a_newcomer_waits_and_comes_back(town):
    town.add(town.colleague("P001").work())
    town.live(10)
    person = next(p for p in town.shop.access.staff if p["badge"] == "P001")
    newcomer = Handheld(InsideHttp(town.shop), town.shop.access.enrolment_codes[0])
    newcomer.sign_in("P001", person["pin"])
    town.live(120)
    newcomer.work()  # still signed in: the colleague did not take the badge back
    newcomer.http.call("DELETE", "/api/v1/terminal/sessions")
    town.live(60)
    assert town.person("P001")["session_id"] != newcomer.session["session_id"]
    assert town.person("P001")["shift"] == "available"


def test_who_missed_offers_is_asked_again_after_the_next_look(town):
    colleague = town.colleague("P001").work()
    next(colleague)
    town.shop.present.add(int(town.person("P001")["id"]))
    pay_one(town)
    town.shop.advance(2 * (Policy().newcomer_offer_seconds + 10))
    assert town.person("P001")["paused"]
    for _ in range(3):
        next(colleague)
    assert town.person("P001")["tickets"] != []


def test_the_back_office_receives_goods(town):
    shop, office = town.shop, town.office()
    sku = skus_of(shop)[0]["sku"]
    office.http.call("PUT", f"/api/v1/stores/{shop.store_id}/stock/{sku}", {"shelf": 2})
    keep_once(town)
    stock = office.http.call("GET", f"/api/v1/stores/{shop.store_id}/stock/{sku}")
    assert stock["on_hand"] == 2 + back_office.RECEIPT[False]
    assert shop.violations() == []


def test_the_back_office_lets_go_what_the_system_holds_and_not_what_people_hold(town):
    for _ in range(2):
        pay_one(town)
    office = town.office()
    first, second = (ticket["id"] for ticket in office.board()["tickets"])
    office.http.call(
        "POST", f"/api/v1/dispatch/tickets/{first}/hold", {"reason": "vip"}, key=office.http.uuid()
    )
    town.shop.kit.db.write(
        lambda tx: holds.place(tx, queries.ticket_row(tx, int(second)), "rider_no_show", actor="system"),
        "hold",
    )
    assert [ticket["held"] for ticket in office.board()["tickets"]] == [True, True]
    keep_once(town)
    assert {ticket["id"]: ticket["held"] for ticket in office.board()["tickets"]} == {
        first: True,
        second: False,
    }


def test_who_stumbles_begins_anew():
    lives = []

    def stumbling() -> Actor:
        lives.append(1)
        yield 1.0
        raise ValueError("a bug in somebody")

    def sleep(seconds: float) -> None:
        if len(lives) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        live(stumbling, sleep)


@pytest.mark.parametrize(
    ("roles", "seconds"),
    [
        (["picker"] * 4 + ["packer", "counter"] + ["rider"] * 2, 15 / shoppers.BUSY),
        (["picker", "packer", "counter", "rider"], 45 / shoppers.BUSY),
        ([], 45 / shoppers.BUSY),
    ],
)
def test_orders_come_as_fast_as_the_slowest_role_works(roles, seconds):
    staff = [{"badge": str(n), "roles": [role]} for n, role in enumerate(roles)]
    assert shoppers.pace(staff) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("rider", "code"),
    [
        ({"carrier": "own", "badge": "R001", "arrived_at": "2026-03-02T02:00:00.000Z"}, "R001"),
        ({"carrier": "third_party", "badge": None, "arrived_at": "2026-03-02T02:00:00.000Z"}, "562099"),
    ],
)
def test_bags_are_given_to_the_rider_whom_the_screen_shows(rider: dict, code: str) -> None:
    ticket = {
        "stage": "handoff",
        "kind": "work",
        "pickup_code": "562099",
        "rider": rider,
        "bags": [{"code": "BAG-1-1", "state": "scanned"}],
    }
    assert workers.next_act(ticket, iter(())) == ("release", {"rider": code})


def picking(
    number: str, due: str, *, tour: str | None = None, slot: int = 0, todo: tuple[int, ...] = ()
) -> dict:
    """A picking ticket whose lines at these positions are to do."""
    return {
        "id": number,
        "due_at": due,
        "tour": tour and {"id": tour, "sequence": slot},
        "lines": [
            {"state": "closed", "position": 1},
            *({"state": "todo", "position": position} for position in todo),
        ],
    }


def test_the_tickets_of_a_tour_are_picked_along_its_walk() -> None:
    tickets = [
        picking("1", "b", tour="9", slot=1, todo=(4, 8)),
        picking("2", "a"),
        picking("3", "c", tour="9", slot=2, todo=(3,)),
        picking("4", "d", tour="9", slot=3),
    ]
    assert [ticket["id"] for ticket in workers.in_turn(tickets)] == ["2", "3", "1", "4"]

"""What goes by age: when its time has come, not before, and not while something needs it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from fulfil.dispatch.model import TerminalOp, Ticket
from fulfil.handoff.model import Arrival
from fulfil.kit.db import Base
from fulfil.kit.moves import History
from fulfil.retention.ageing import AGED, Ageing
from fulfil.retention.archive import Archiving
from fulfil.retention.parts import PARTS
from fulfil.retention.personal import Erasing
from fulfil.retention.walk import UNTIL, Walk
from fulfil.sim.clients import Refused
from fulfil.staff.model import StaffSession
from fulfil.trade.cart.errors import CartsAway
from fulfil.trade.customers.model import CustomerSession, Guest, LoginCode
from fulfil.trade.orders.model import ArchivedOrder, Order, OrderItem, Submission
from fulfil.trade.payments.model import PaymentDocument
from fulfil.trade.stock.model import Reservation, Stock, StockMovement
from tests.journeys.test_plans_of_statements import scanned
from tests.retention.conftest import LongLived
from tests.retention.test_personal import member


def number_of(shop: LongLived, model: Any, *where: Any) -> int:
    with shop.kit.db.read() as tx:
        return tx.scalar(sa.select(sa.func.count()).select_from(model).where(*where))


def test_ops_are_forgotten_and_an_old_one_is_refused(brief: LongLived) -> None:
    picker = brief.crew["picker"]
    _, order_no = brief.paid()
    offer = picker.work()["offers"][0]
    op = picker.op(offer["ticket"], "accept", {"offer": offer["id"]})
    assert [picker.send(op)[0]["status"] for _ in range(2)] == ["applied", "duplicate"]
    brief.deliver()
    brief.pass_days(4)
    assert picker.send(op)[0]["status"] == "duplicate"
    brief.pass_days(2)
    assert number_of(brief, TerminalOp) == 0
    again = picker.send(op)[0]
    assert (again["status"], again["code"]) == ("rejected", "offer_gone")
    assert number_of(brief, Ticket, Ticket.order_no == int(order_no)) > 0


def test_sessions_of_staff_stay_as_long_as_their_tickets(brief: LongLived) -> None:
    _, order_no = brief.delivered()
    people = [person for person in brief.access.staff if person["roles"] in (["picker"], ["packer"])]
    for role in ("picker", "packer"):
        brief.crew[role].http.call("DELETE", "/api/v1/terminal/sessions")
    idle = brief.staff("picker", nth=1)
    idle.http.call("DELETE", "/api/v1/terminal/sessions")
    ended = StaffSession.ended_at.is_not(None)
    assert (number_of(brief, StaffSession, ended), len(people) > 2) == (3, True)
    with brief.kit.db.transaction("owe") as tx:
        tx.execute(
            sa.text("update orders set state = 'completed', ended_at = null where id = :order"),
            {"order": order_no},
        )
    brief.pass_days(24)
    assert number_of(brief, StaffSession, ended) == 2
    assert [v for v in brief.violations() if v.invariant == 10] == []
    with brief.kit.db.transaction("done") as tx:
        tx.execute(
            sa.text("update orders set state = 'closed', ended_at = created_at where id = :order"),
            {"order": order_no},
        )
    brief.pass_days(2)
    assert number_of(brief, StaffSession, ended) == 0
    assert number_of(brief, StaffSession) > 0


def test_a_session_stays_whose_ticket_moved_on_to_the_next_one(brief: LongLived) -> None:
    """The ticket was accepted in the first session and ended in the second: the first one is its proof."""
    picker = brief.crew["picker"]
    brief.paid()
    picker.accept(picker.work()["offers"][0])
    first = int(picker.session["session_id"])
    again = next(row for row in brief.access.staff if str(row["badge"]) == picker.session["person"]["badge"])
    picker.sign_in(again["badge"], again["pin"])
    picker.shift("available")
    brief.settle()
    picker.http.call("DELETE", "/api/v1/terminal/sessions")
    brief.pass_days(24)
    assert number_of(brief, StaffSession, StaffSession.id == first) == 1
    assert [v for v in brief.violations() if v.invariant in (10, 21)] == []


def test_guests_and_their_carts_go_when_nobody_comes_any_more(brief: LongLived) -> None:
    gone, returning = brief.customer(), brief.customer()
    buyer, _ = brief.expired()
    for guest in (gone, returning):
        guest.put(brief.access.skus[0]["sku"], 1)
    brief.pass_days(4)
    returning.put(brief.access.skus[0]["sku"], 1)
    brief.pass_days(3)
    carts = brief.kit.services["carts"]
    with pytest.raises(Refused) as refused:
        gone.put(brief.access.skus[0]["sku"], 1)
    assert refused.value.status == 401
    assert carts.last_used(f"guest:{gone.guest_id}") is None
    assert carts.last_used(f"guest:{returning.guest_id}") is not None
    assert buyer.http.call("GET", "/api/v1/orders")["orders"]
    assert number_of(brief, Guest) == 2
    brief.pass_days(16)
    assert number_of(brief, Guest) == 0


def test_with_the_carts_away_guests_stay(
    sqlite_url: str, carts_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = LongLived(sqlite_url, carts_path, guest_days=2)
    shop.customer()

    def away(_owner: str) -> None:
        raise CartsAway()

    with monkeypatch.context() as patched:
        patched.setattr(shop.kit.services["carts"], "forget", away)
        shop.pass_days(4)
        assert number_of(shop, Guest) == 1
    shop.pass_days(1)
    assert number_of(shop, Guest) == 0
    shop.kit.close()


def test_the_archive_itself_ends(sqlite_url: str, carts_path: str) -> None:
    shop = LongLived(sqlite_url, carts_path, archive_after_days=3, personal_days=4, archived_days=8)
    shop.expired()
    shop.pass_days(6)
    assert (number_of(shop, Order), number_of(shop, ArchivedOrder)) == (0, 1)
    shop.pass_days(4)
    assert number_of(shop, ArchivedOrder) == 0
    shop.kit.close()


def test_codes_and_sessions_of_members_go(brief: LongLived) -> None:
    member(brief)
    assert (number_of(brief, LoginCode), number_of(brief, CustomerSession)) == (1, 1)
    brief.pass_days(3)
    assert (number_of(brief, LoginCode), number_of(brief, CustomerSession)) == (0, 1)
    brief.pass_days(31)
    assert number_of(brief, CustomerSession) == 0


def test_movements_of_the_till_are_summed_up(brief: LongLived) -> None:
    skus = [row["sku"] for row in brief.access.skus[:2]]
    path, till = f"/api/v1/stores/{brief.store_id}/stock/movements", brief.operator()
    for n, delta in enumerate((7, -3, -1, 5)):
        sold = {"sku": skus[n % 2], "delta": delta, "source_ref": f"till:{n}"}
        till.call("POST", path, sold, key=f"{n}" * 16)
    before = on_hand(brief)
    brief.pass_days(19)
    assert number_of(brief, StockMovement, StockMovement.source_ref.like("till:%")) == 4
    brief.pass_days(3)
    assert number_of(brief, StockMovement, StockMovement.kind != "carried") == 0
    till.call("POST", path, {"sku": skus[0], "delta": 2, "source_ref": "till:9"}, key="9" * 16)
    brief.pass_days(22)
    assert on_hand(brief) == {**before, skus[0]: before[skus[0]] + 2}
    assert number_of(brief, StockMovement) == len(before)
    assert brief.violations() == []


def on_hand(shop: LongLived) -> dict[str, int]:
    with shop.kit.db.read() as tx:
        return {row.sku: row.on_hand for row in tx.all(sa.select(Stock.sku, Stock.on_hand))}


def test_steps_of_shop_and_people_go_but_for_the_last(brief: LongLived) -> None:
    packer = brief.crew["packer"]
    for state in ("break", "available", "break", "available"):
        packer.shift(state)
    person = int(packer.session["person"]["id"])
    mine = sa.and_(History.entity == "shifts", History.entity_id == person)
    steps = number_of(brief, History, mine)
    assert steps > 4
    brief.pass_days(22)
    assert number_of(brief, History, mine) == 1
    packer.shift("break")
    assert number_of(brief, History, mine) == 2
    assert brief.violations() == []


def test_a_submission_that_was_undone_leaves_nothing(database_url: str, carts_path: str) -> None:
    shop = LongLived(database_url, carts_path, chain_commit_each_step=True, key_days=1, archive_after_days=30)
    _, ordered = shop.ordered(1)
    with shop.kit.db.transaction("undone") as tx:
        for sql in (
            "update submissions set state = 'undone'",
            "delete from tasks",
            *(f"delete from {table}" for table in ("order_items", "order_attributes")),
            "delete from order_deliveries",
            "delete from orders",
        ):
            tx.execute(sa.text(sql))
    assert min(number_of(shop, model) for model in (Submission, PaymentDocument, Reservation)) == 1
    shop.pass_days(2)
    left = {
        model.__tablename__: number_of(shop, model)
        for model in (Submission, PaymentDocument, Reservation, OrderItem)
    }
    assert set(left.values()) == {0}
    assert number_of(shop, History, History.order_no == int(ordered)) == 0
    shop.kit.close()


def test_accepted_submissions_go_and_their_orders_stay(database_url: str, carts_path: str) -> None:
    shop = LongLived(database_url, carts_path, chain_commit_each_step=True, key_days=1)
    customer, order_no = shop.paid()
    shop.pass_days(2)
    assert number_of(shop, Submission) == 0
    assert customer.order_view(order_no)["state"] == "paid"
    shop.kit.close()


class TestWalk:
    """A walk looks at a few rows at a time, skips what stays, and begins anew."""

    @pytest.fixture
    def arrivals(self, brief: LongLived) -> LongLived:
        with brief.kit.db.transaction("arrivals") as tx:
            tx.insert_many(
                Arrival,
                [
                    {
                        "id": n,
                        "store_id": int(brief.store_id),
                        "carrier": "own",
                        "rider_id": n % 2,
                        "counter_id": 1,
                        "orders": 1,
                        "at": self.at(n),
                    }
                    for n in range(10)
                ],
            )
        return brief

    def at(self, n: int) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=n)

    def steps(self, shop: LongLived, walk: Walk, until: int, many: int, **how: Any) -> list[list[int]]:
        with shop.kit.db.read() as tx:
            return [walk.next(tx, self.at(until), **how) for _ in range(many)]

    def test_in_the_order_of_keys_up_to_the_young(self, arrivals: LongLived) -> None:
        walk = Walk(Arrival, "id", "at", 4)
        assert self.steps(arrivals, walk, 6, 4) == [[0, 1, 2, 3], [4, 5], [0, 1, 2, 3], [4, 5]]

    def test_what_stays_holds_up_nobody(self, arrivals: LongLived) -> None:
        walk = Walk(Arrival, "id", "at", 3, where=sa.and_(Arrival.rider_id == 1, Arrival.at < UNTIL))
        assert self.steps(arrivals, walk, 99, 5) == [[1], [3, 5], [7], [9], [1]]

    def test_no_more_than_asked_and_none_is_left_out(self, arrivals: LongLived) -> None:
        walk = Walk(Arrival, "id", "at", 6)
        assert self.steps(arrivals, walk, 5, 4, most=2) == [[0, 1], [2, 3], [4], [0, 1]]

    def test_by_age(self, arrivals: LongLived) -> None:
        with arrivals.kit.db.transaction("same instant") as tx:
            tx.update(Arrival, Arrival.id < 4, at=self.at(8))
        walk = Walk(Arrival, "id", "at", 3, by_age=True, index=Arrival.id != 5)
        assert self.steps(arrivals, walk, 99, 4) == [[4, 6, 7], [0, 1, 2], [3, 8, 9], []]

    def test_keys_that_do_not_grow_are_walked_to_the_end(self, arrivals: LongLived) -> None:
        with arrivals.kit.db.transaction("young ones first") as tx:
            tx.update(Arrival, Arrival.id < 6, at=self.at(50))
        walk = Walk(Arrival, "id", "at", 4, grows=False)
        assert self.steps(arrivals, walk, 20, 3) == [[], [6, 7], [8, 9]]


def test_no_sweep_reads_a_growing_table_as_a_whole(sqlite_url: str, carts_path: str) -> None:
    """The plan of every statement of every sweep, with something for each of them to do."""
    shop = LongLived(sqlite_url, carts_path, archive_after_days=20, personal_days=10)
    for end in ("short", "cancelled", "paid_late"):
        getattr(shop, end)()
    shop.pass_seconds(86_400)
    with shop.kit.db.transaction("age") as tx:
        tx.execute(
            sa.text(
                "update orders set created_at = 0, ended_at = 0,"
                " state = case state when 'completed' then 'closed' else state end"
            )
        )
        for aged in AGED:
            tx.execute(sa.update(aged.model).values({aged.age: aged.until(tx) - timedelta(days=1)}))
        tx.update(StaffSession, ended_at=aged.until(tx))
    heard: set[str] = set()
    with shop.kit.db.transaction("listen") as tx:
        raw = tx.connection.connection.driver_connection
        raw.set_trace_callback(heard.add)
        age = Ageing()
        for sweep in (Erasing(), Archiving(), *[age] * len(AGED)):
            sweep(tx)
        raw.set_trace_callback(None)
        said = sorted(one for one in heard if one.split()[0] in ("SELECT", "INSERT", "UPDATE", "DELETE"))
        assert len(said) > 100
        whole = {one: found for one in said if (found := scanned(raw, one))}
    shop.kit.close()
    assert whole == {}


def test_whatever_refers_to_a_row_that_goes_is_found_by_an_index() -> None:
    """A database looks for references to each row that is deleted; no plan of a statement shows that."""
    gone = {part.table for part in PARTS} | {aged.model.__table__ for aged in AGED}
    bare = []
    for table in Base.metadata.tables.values():
        ways = [
            table.primary_key.columns,
            *(index.columns for index in table.indexes),
            *(one.columns for one in table.constraints if isinstance(one, sa.UniqueConstraint)),
        ]
        first = {next(iter(way)).name for way in ways}
        bare += [
            str(key.parent)
            for key in table.foreign_keys
            if key.column.table in gone and key.parent.name not in first
        ]
    assert bare == []

"""Who it was is erased in time, nowhere sooner than money allows, and then it is nowhere."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from fulfil.app import owner
from fulfil.kit.config import Config
from fulfil.kit.db import Base
from fulfil.kit.errors import ConfigError
from fulfil.retention.archive import unpacked
from fulfil.sim.clients import Customer, Refused
from fulfil.trade.aftersales import service as aftersales
from fulfil.trade.aftersales.model import Case, CasePhoto
from fulfil.trade.customers.model import Customer as Member
from fulfil.trade.orders.model import ArchivedOrder, Order
from fulfil.trade.payments import service as payments
from fulfil.trade.payments.model import PaymentDocument, PayNotice
from tests.retention.conftest import REASON, TELLING, LongLived

PHONE = "13933334444"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0\0\0\x20" * 2 + b"0" * 40


def telling(shop: LongLived, words: tuple[str, ...] = TELLING) -> set[str]:
    """Tables with one of these words in a row; documents of the archive are opened."""
    found = set()
    with shop.kit.db.read() as tx:
        for table in Base.metadata.sorted_tables:
            for row in tx.all(sa.select(*table.c)):
                archived = table.name == ArchivedOrder.__tablename__
                text = str(
                    [unpacked(value) if archived and isinstance(value, bytes) else value for value in row]
                )
                if any(word in text for word in words):
                    found.add(table.name)
    return found


def bytes_of(shop: LongLived) -> bytes:
    """The SQLite file without what was deleted."""
    path = str(shop.kit.db.url.database)
    shop.kit.close()
    with sqlite3.connect(path, isolation_level=None) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raw.execute("VACUUM")
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Path(path).read_bytes()


def photographed(shop: LongLived, order_no: str) -> None:
    """The customer shows what came; a parcel's label is on it."""
    shop.kit.db.write(lambda tx: aftersales.keep_photo(tx, int(order_no), PNG), "photo")


def test_after_their_time_names_are_nowhere(brief: LongLived) -> None:
    ends = brief.all_ends()
    hold = brief.operator()
    _, held = brief.paid()
    ticket = next(
        row["id"]
        for row in hold.call("GET", f"/api/v1/dispatch/board?store_id={brief.store_id}")["tickets"]
        if row["order_no"] == held
    )
    hold.call("POST", f"/api/v1/dispatch/tickets/{ticket}/hold", {"reason": REASON}, key="h" * 16)
    hold.call("POST", f"/api/v1/dispatch/tickets/{ticket}/unhold", {}, key="u" * 16)
    brief.deliver()
    photographed(brief, ends["delivered"][1])
    assert {"orders", "fulfilments", "history", "holds", "cases"} <= telling(brief)
    brief.pass_days(9)
    assert "orders" in telling(brief)
    brief.pass_days(9)
    assert telling(brief) == set()
    with brief.kit.db.read() as tx:
        erased = tx.scalars(sa.select(Order.id).where(Order.erased_at.is_not(None)))
        photos = tx.scalars(sa.select(CasePhoto.id))
    assert {int(order_no) for _, order_no in ends.values()} <= set(erased)
    assert photos == []
    assert brief.violations() == []
    customer, order_no = ends["delivered"]
    view = customer.order_view(order_no)
    assert (view["contact"]["name"], view["note"], view["delivery_pin"]) == ("", "", "")
    tracked = customer.http.call("GET", f"/api/v1/track/{view['track_url'].rsplit('/', 1)[1]}")
    assert (tracked["address"], tracked["state"]) == ("", "closed")
    if brief.kit.db.sqlite:
        told = bytes_of(brief)
        assert [word for word in TELLING if word.encode() in told] == []


def test_what_is_archived_first_is_erased_in_the_archive(database_url: str, carts_path: str) -> None:
    shop = LongLived(database_url, carts_path, archive_after_days=8, personal_days=20, op_days=40)
    shop.all_ends()
    shop.pass_days(12)
    assert telling(shop) == {"archived_orders", "order_views"}
    with shop.kit.db.read() as tx:
        numbers = tx.scalars(sa.select(ArchivedOrder.order_no))
    shop.pass_days(12)
    assert telling(shop) == set()
    for number in numbers:
        kept = shop.operator().call("GET", f"/api/v1/archive/orders/{number}")
        assert kept["erased_at"] and kept["events"] and kept["total"] > 0
    assert shop.violations() == []
    shop.kit.close()


def test_what_was_written_of_a_notice_is_erased_with_its_order(brief: LongLived) -> None:
    _, order_no = brief.cancelled()
    with brief.kit.db.transaction("notice") as tx:
        serial_no = tx.scalar(
            sa.select(PaymentDocument.serial_no).where(PaymentDocument.order_no == int(order_no))
        )
        notice_id = tx.scalar(
            sa.insert(PayNotice)
            .values(
                channel="sandbox",
                kind="charged_twice",
                digest="d",
                serial_no=serial_no,
                amount=1,
                body={},
                at=tx.now,
            )
            .returning(PayNotice.id)
        )
    with brief.kit.db.transaction("resolve") as tx:
        payments.resolve(tx, notice_id, REASON, "staff:1")
    assert {"pay_notices", "history"} <= telling(brief)
    brief.pass_days(12)
    assert telling(brief) == set()


def test_while_money_is_owed_the_name_stays(brief: LongLived) -> None:
    _, order_no = brief.cancelled()
    with brief.kit.db.transaction("owe") as tx:
        tx.update(Case, {"order_no": int(order_no)}, state="failed")
    brief.pass_days(40)
    assert "orders" in telling(brief)
    with brief.kit.db.transaction("paid back") as tx:
        tx.update(Case, {"order_no": int(order_no)}, state="closed")
    brief.pass_days(1)
    assert telling(brief) == set()


def member(shop: LongLived) -> Customer:
    """A customer who is signed in with PHONE."""
    texts: list[str] = []

    class Heard:
        def send(self, phone: str, text: str, *, key: str) -> None:
            texts.append(text)

    shop.kit.services["sms"] = Heard()
    customer = shop.customer()
    customer.http.call("POST", "/api/v1/sessions/code", {"phone": PHONE})
    code = texts[-1].split()[1].rstrip("，5")[:6]
    signed_in = customer.http.call("POST", "/api/v1/sessions", {"phone": PHONE, "code": code})
    customer.http.headers["Authorization"] = f"Bearer {signed_in['token']}"
    return customer


def test_a_member_ends_the_account_and_nothing_of_them_is_left(brief: LongLived) -> None:
    customer = member(brief)
    _, order_no = brief.delivered(customer)
    with pytest.raises(Refused) as refused:
        customer.http.call("DELETE", "/api/v1/customers/me")
    assert refused.value.code == "orders_under_way"
    brief.pass_days(8)
    assert "orders" in telling(brief)
    customer.http.call("DELETE", "/api/v1/customers/me")
    assert telling(brief, (*TELLING, PHONE)) == set()
    with pytest.raises(Refused) as gone:
        customer.order_view(order_no)
    assert gone.value.status == 401
    assert brief.violations() == []


def test_what_a_rider_was_told_of_a_members_order_is_forgotten_with_the_member(
    database_url: str, carts_path: str
) -> None:
    """Pushes are kept for some days, for devices that come back: longer than it takes an order to be over."""
    shop = LongLived(database_url, carts_path, live_days=20, personal_days=30)
    customer = member(shop)
    shop.delivered(customer)
    shop.delivered()
    shop.pass_days(8)
    rider = shop.crew["rider"].session["person"]["id"]
    live = shop.kit.live
    with shop.kit.db.read() as tx:
        head = live.head(tx, int(rider))
        told = live.since(tx, int(rider), 0)
    assert "live_log" in telling(shop)
    customer.http.call("DELETE", "/api/v1/customers/me")
    with shop.kit.db.read() as tx:
        assert live.since(tx, int(rider), 0) is None, "what is missing is no silence"
        assert live.head(tx, int(rider)) == head
        [other] = [one for one in told if one["seq"] == head]
        assert live.since(tx, int(rider), head - 1) == [other]
    shop.kit.close()


def test_the_owner_erases_a_member(brief: LongLived) -> None:
    member(brief)
    owner.customers_erase(brief.kit, phone="139-3333 4444")
    assert telling(brief, (PHONE,)) == set()
    with pytest.raises(owner.NoSuchMember):
        owner.customers_erase(brief.kit, phone=PHONE)


def test_members_who_do_not_come_any_more_are_erased(brief: LongLived) -> None:
    member(brief)
    brief.pass_days(30)
    member(brief)
    brief.pass_days(35)
    with brief.kit.db.read() as tx:
        assert tx.scalar(sa.select(sa.func.count()).select_from(Member)) == 1
    brief.pass_days(6)
    assert telling(brief, (PHONE,)) == set()


@pytest.mark.parametrize(
    "wrong",
    [
        {"op_days": 0},
        {"personal_days": 36_501},
        {"archived_days": 399},
        {"personal_days": 1},
        {"archived_days": 500, "personal_days": 501},
    ],
)
def test_settings_that_contradict_each_other_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="days"):
        Config.load(environment={}, **wrong)

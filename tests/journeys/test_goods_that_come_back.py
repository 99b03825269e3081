"""Goods and money that come back, through the whole application: weights, complaints, bags, cancels."""

import pytest

from fulfil.app import owner
from fulfil.sim.clients import Customer, Handheld, Refused
from fulfil.sim.inside import CONTACT, InsideHttp, InsideShop
from tests.journeys.test_life_of_an_order import paid_order, work_off

API = "/api/v1"


def hired(shop: InsideShop, badge: str, *roles: str) -> Handheld:
    """Somebody of the office, signed in."""
    owner.staff_add(
        shop.kit,
        badge=badge,
        name_zh=badge,
        name_en=badge,
        roles=list(roles),
        pin="135790",
        store=int(shop.store_id),
    )
    handheld = Handheld(InsideHttp(shop), next(shop._codes))
    handheld.sign_in(badge, "135790")
    return handheld


class Crew:
    """Everybody whom an order meets on its way."""

    def __init__(self, shop: InsideShop) -> None:
        self.shop = shop
        self.picker, self.packer, self.counter, self.rider = (
            shop.staff(role) for role in ("picker", "packer", "counter", "rider")
        )

    def packs(self) -> None:
        work_off(self.shop, self.picker)
        work_off(self.shop, self.packer)

    def hands_over(self) -> None:
        self.packs()
        work_off(self.shop, self.rider)
        self.counter.http.call(
            "POST", f"{API}/handoff/arrivals", {"code": self.rider.session["person"]["badge"]}
        )
        work_off(self.shop, self.counter)

    def delivers(self) -> None:
        self.hands_over()
        work_off(self.shop, self.rider)


def stock_of(shop: InsideShop, sku: str) -> tuple[int, int]:
    row = shop.operator().call("GET", f"{API}/stores/{shop.store_id}/stock/{sku}")
    return row["on_hand"], row["quarantine"]


def complain(customer: Customer, order_no: str, **line) -> dict:
    body = {
        "lines": [{"line_no": 1, "quantity": 1, "reason": "damaged", "wants": "refund", **line}],
        "note": "broken",
    }
    return customer.http.call("POST", f"{API}/orders/{order_no}/aftersales", body, key=customer.http.uuid())


def code_of(act, *args) -> str:
    with pytest.raises(Refused) as refusal:
        act(*args)
    return refusal.value.problem["code"]


def test_a_complaint_is_granted_by_two_and_its_goods_come_back(shop: InsideShop) -> None:
    crew, ann, ben = Crew(shop), hired(shop, "O001", "operator"), hired(shop, "O002", "finance")
    customer, order_no = paid_order(shop, ("ambient",), each=2)
    assert code_of(complain, customer, order_no) == "not_delivered"
    crew.delivers()
    line = customer.order_view(order_no)["lines"][0]
    before = stock_of(shop, line["sku"])
    case = complain(customer, order_no, quantity=2, wants="return")
    shop.kit.db.write(lambda tx: _limit(tx, shop, 1), "limit")
    decision = f"{API}/aftersales/{case['case_id']}/decision"
    assert code_of(ben.http.call, "POST", decision, {"decision": "approve"}) == "forbidden"
    assert ann.http.call("POST", decision, {"decision": "approve", "note": "sorry"})["state"] == "approved"
    listed = f"{API}/aftersales/refunds?store_id={shop.store_id}&state=audit"
    [refund] = ann.http.call("GET", listed)["refunds"]
    assert refund["amount"] == line["payable"]
    audit = f"{API}/aftersales/refunds/{refund['refund_id']}/audit"
    assert code_of(ann.http.call, "POST", audit, {"approve": True}) == "forbidden"
    assert crew.rider.work()["tickets"] == []  # nobody fetches anything before two have agreed
    assert ben.http.call("POST", audit, {"approve": True, "note": "seen"})["state"] == "agreed"
    work_off(shop, crew.rider)
    assert stock_of(shop, line["sku"]) == (before[0] + 2, 2)
    work_off(shop, crew.picker)
    assert stock_of(shop, line["sku"]) == (before[0] + 2, 0)
    shop.settle()
    view = customer.order_view(order_no)
    assert (view["state"], view["refunded"], view["refund_state"]) == (
        "completed",
        line["payable"],
        "partial",
    )
    [told] = customer.http.call("GET", f"{API}/orders/{order_no}/aftersales")["cases"]
    assert (told["state"], told["refund"]["state"]) == ("closed", "succeeded")
    assert told["lines"][0]["approved"] == 2


def _limit(tx, shop: InsideShop, minor: int) -> None:
    from fulfil.store import queries as stores
    from fulfil.store.model import Store

    store = stores.store(tx, int(shop.store_id))
    tx.update(Store, {"id": store.id}, policy={**store.policy, "refund_audit_minor": minor})


def test_a_bag_that_is_refused_at_the_door_comes_back(shop: InsideShop) -> None:
    crew = Crew(shop)
    customer, order_no = paid_order(shop, ("ambient", "chilled"), each=1)
    crew.hands_over()
    [ticket] = crew.rider.work()["tickets"]
    cold = next(bag["code"] for bag in ticket["bags"] if bag["temperature"] == "chilled")
    crew.rider.do(ticket, "refuse", {"bags": [cold], "reason": "customer_refused"})
    work_off(shop, crew.rider)
    assert customer.order_view(order_no)["state"] == "completed"
    work_off(shop, crew.picker)
    shop.settle()
    view = customer.order_view(order_no)
    assert view["refunded"] == view["lines"][1]["payable"]
    assert stock_of(shop, view["lines"][1]["sku"])[1] == 0


def test_what_is_lighter_goes_back_when_the_order_is_sealed(shop: InsideShop) -> None:
    crew, customer = Crew(shop), shop.customer()
    sku = next(row["sku"] for row in shop.access.skus if row["weighed"])
    customer.put(sku, 1000)
    order_no = customer.order(CONTACT)["order_no"]
    shop.pay(customer, order_no)
    ticket = crew.picker.accept(crew.picker.work()["offers"][0])
    ticket = crew.picker.do(ticket, "tote", {"code": next(shop.totes)})
    pick = {"line": ticket["lines"][0]["id"], "quantity": 1, "tote": ticket["totes"][0]["code"]}
    assert code_of(crew.picker.do, ticket, "pick", {**pick, "weight_g": 1101}) == "over_weight"
    crew.picker.do(ticket, "pick", {**pick, "weight_g": 920})
    crew.packs()
    shop.settle()
    view = customer.order_view(order_no)
    assert (view["refunded"], view["refund_state"]) == (view["lines"][0]["payable"] * 80 // 1000, "partial")


STAGES = ("unpaid", "paid", "picking", "staged", "packed", "counter", "rider", "delivered")


def reach(shop: InsideShop, stage: str) -> tuple[Customer, str, Crew]:
    """An order that has come so far."""
    crew = Crew(shop)
    if stage == "unpaid":
        customer = shop.customer()
        customer.put(next(row["sku"] for row in shop.access.skus if row["zone"] == "ambient"), 2)
        return customer, customer.order(CONTACT)["order_no"], crew
    customer, order_no = paid_order(shop, ("ambient",), each=2)
    if stage == "picking":
        ticket = crew.picker.accept(crew.picker.work()["offers"][0])
        ticket = crew.picker.do(ticket, "tote", {"code": next(shop.totes)})
        crew.picker.do(
            ticket,
            "pick",
            {"line": ticket["lines"][0]["id"], "quantity": 1, "tote": ticket["totes"][0]["code"]},
        )
    elif stage == "staged":
        work_off(shop, crew.picker)
    elif stage in ("packed", "counter"):
        crew.packs()
        if stage == "counter":
            [ticket] = crew.counter.work()["tickets"]
            crew.counter.do(ticket, "bag_scan", {"code": ticket["bags"][0]["code"]})
    elif stage == "rider":
        crew.hands_over()
    elif stage == "delivered":
        crew.delivers()
    return customer, order_no, crew


@pytest.mark.parametrize(
    ("stage", "who"),
    [
        *((stage, "customer") for stage in STAGES),
        *((stage, "operator") for stage in ("picking", "rider")),
        ("unpaid", "program"),
        ("counter", "program"),
    ],
)
def test_who_cancels_at_which_stage(sqlite_shop: InsideShop, stage: str, who: str) -> None:
    assert_cancelled_at(sqlite_shop, stage, who)


@pytest.mark.parametrize("stage", ["picking", "counter", "rider"])
def test_a_customer_cancels_on_the_other_database(postgres_shop: InsideShop, stage: str) -> None:
    assert_cancelled_at(postgres_shop, stage, "customer")


def assert_cancelled_at(shop: InsideShop, stage: str, who: str) -> None:
    """The order stops, goods go back, money goes back, and only the channel's word ends it."""
    customer, order_no, crew = reach(shop, stage)
    sku = customer.order_view(order_no)["lines"][0]["sku"]
    http = {"customer": customer.http, "program": shop.operator()}.get(who) or hired(
        shop, "O001", "operator"
    ).http
    cancel = ("POST", f"{API}/orders/{order_no}/cancel", {"reason": "no more"})
    if stage == "delivered":
        assert code_of(http.call, *cancel) == "not_cancellable"
        return
    told = http.call(*cancel)
    shop.settle()
    if stage == "rider":
        assert told["state"] == "paid"
        [ticket] = crew.rider.work()["tickets"]
        assert ticket["recalled"]
        ticket = crew.rider.do(ticket, "return", {"reason": "cancelled"})
        crew.rider.do(ticket, "milestone", {"name": "returned"})
    work_off(shop, crew.picker)
    shop.settle()
    view, goods = customer.order_view(order_no), customer.order_view(order_no)["lines"][0]["payable"]
    back = {"unpaid": 0, "rider": goods}.get(stage, view["paid"])  # the ride was made: its fee stays
    assert (view["state"], view["delivery_state"], view["refunded"]) == ("cancelled", "cancelled", back)
    assert http.call(*cancel)["state"] == "cancelled"
    row = shop.operator().call("GET", f"{API}/stores/{shop.store_id}/stock/{sku}")
    assert (row["reserved"], row["quarantine"]) == (0, 0)
    for person in (crew.picker, crew.packer, crew.counter, crew.rider):
        assert not person.work()["tickets"] and not person.work()["offers"]

"""What is listed as possible with a case, a refund or an order is what is then allowed, for every role."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from fulfil.contracts.fulfilment import BroughtLine, GoodsBrought, GoodsRefused, RefusedLine
from fulfil.kit.errors import Refusal
from fulfil.kit.security import Principal
from fulfil.staff.states import Role
from fulfil.trade.aftersales import api, queries, service
from fulfil.trade.aftersales.model import Case, Refund
from tests.trade.aftersales.test_complaints import audit, bought, complain, decide, limit, line

__all__ = ["bought"]  # a fixture
PEOPLE = {
    role: Principal("staff", n, frozenset({role.value}), session_id=n) for n, role in enumerate(Role, 81)
}
PROGRAM = Principal("staff", 199, frozenset({"admin"}))
ASKER = Principal("staff", 71, frozenset({"operator", "finance"}), session_id=71)  # who decides in `decide`


@pytest.fixture
def database_url(sqlite_url):
    """One database is enough: what is asked of it is asked of both beside these tests."""
    return sqlite_url


def acts_of_a_case(case_id):
    def decided(decision, part):
        return api.DECIDERS, lambda tx, who: service.decide(tx, who, case_id, decision, part, "n")

    def ended(refund):
        return api.DECIDERS, lambda tx, who: service.call_off(tx, who, case_id, "n", refund=refund)

    return {
        "approve": decided("approve", {}),
        "approve_part": decided("approve_part", {1: 1}),
        "refuse": decided("refuse", {}),
        "pay_unseen": ended(True),
        "refuse_return": ended(False),
    }


def acts_of_a_refund(row):
    def audited(approve):
        return api.AUDITORS, lambda tx, who: service.audit(tx, who, row.id, approve, "n")

    pay = "resolve" if row.state == "paid_twice" else "propose"
    return {
        "agree": audited(True),
        "disagree": audited(False),
        pay: (api.CASHIERS, lambda tx, who: service.other_means(tx, who, row.id, "another", "n")),
    }


class Undone(Exception):
    """It would have been allowed; nothing of it stays."""


def allowed(shop, who, acts):
    """The acts that the route and the service let `who` take."""
    found = []
    for name, (policy, act) in acts.items():

        def tried(tx, act=act):
            act(tx, who)
            raise Undone

        try:
            if policy.allows(who):
                shop.centre.write(tried)
        except Undone:
            found.append(name)
        except Refusal:
            pass
    return found


def returning(shop):
    decide(shop, complain(shop, line(1, 2, "return")))


def brought(shop):
    returning(shop)
    case_id = shop.centre.read(lambda tx: tx.scalar(select(Case.id)))
    shop.publish(GoodsBrought(shop.order_no, shop.store_id, 5, case_id, (BroughtLine(1, 2, 900),)))


def refused_at_the_door(shop):
    shop.publish(GoodsRefused(shop.order_no, shop.store_id, 5, "damaged", False, (RefusedLine(1, 2),)))


def much_refused_at_the_door(shop):
    limit(shop, 1)
    refused_at_the_door(shop)


def waiting_for_a_second(shop):
    limit(shop, 1)
    decide(shop, complain(shop, line(1, 2)))


def much_agreed_to(shop):
    limit(shop, 1)
    decide(shop, complain(shop, line(1, 2, "return")))
    audit(shop, shop.centre.read(lambda tx: tx.scalar(select(Refund.id))))


DECIDING, ENDING = ["approve", "approve_part", "refuse"], ["pay_unseen", "refuse_return"]
CASES = {
    "audit": (lambda shop: complain(shop, line(1, 2)), DECIDING),
    "waits for a second person": (waiting_for_a_second, []),
    "returning": (returning, ENDING),
    "much, agreed to, returning": (much_agreed_to, ENDING),
    "at the counter": (brought, ["pay_unseen"]),
    "refused at the door": (refused_at_the_door, ["pay_unseen"]),
    "much refused at the door": (much_refused_at_the_door, []),
    "granted": (lambda shop: decide(shop, complain(shop, line(1, 2))), []),
    "refused": (lambda shop: decide(shop, complain(shop, line(1, 2)), "refuse"), []),
}


@pytest.mark.parametrize("way", CASES)
def test_acts_of_a_case(bought, way):
    go, expected = CASES[way]
    go(bought)
    case = bought.centre.read(lambda tx: tx.one(select(*Case.__table__.c)))
    for who in (*PEOPLE.values(), PROGRAM):
        listed = bought.centre.read(queries.case_actions, who, case)
        assert listed == allowed(bought, who, acts_of_a_case(case.id))
        assert listed == (
            expected if who.session_id and who.roles & {"operator", "supervisor", "admin"} else []
        )


def failed(shop):
    shop.cancel()
    shop.refuse_refunds()


def proposed(shop):
    failed(shop)
    shop.centre.write(lambda tx: service.other_means(tx, ASKER, tx.scalar(select(Refund.id)), "r", "n"))


def settled(shop):
    proposed(shop)
    audit(shop, shop.centre.read(lambda tx: tx.scalar(select(Refund.id))))


def paid_twice(shop):
    settled(shop)
    [row] = shop.centre.channel.book.refunds.values()
    row.state = "succeeded"
    shop.centre.tell(row)


def large(shop):
    shop.seal()
    shop.deliver()
    waiting_for_a_second(shop)


AGREEING = ["agree", "disagree"]
REFUNDS = {
    "audit": (large, {"finance", "supervisor"}, AGREEING),
    "failed": (failed, {"finance", "operator"}, ["propose"]),
    "other means": (proposed, {"finance", "supervisor"}, AGREEING),
    "settled": (settled, set(), []),
    "came twice": (paid_twice, {"finance", "operator"}, ["resolve"]),
    "requested": (lambda shop: shop.cancel(), set(), []),
}


@pytest.mark.parametrize("way", REFUNDS)
def test_acts_of_a_refund(shop, way):
    go, roles, expected = REFUNDS[way]
    go(shop)
    refund = shop.centre.read(lambda tx: tx.one(select(*Refund.__table__.c)))
    for who in (*PEOPLE.values(), PROGRAM, ASKER):
        listed = shop.centre.read(lambda tx, who=who: queries.refund_actions(who, refund))
        assert listed == allowed(shop, who, acts_of_a_refund(refund))
        mine = who is ASKER and expected == AGREEING
        assert listed == (expected if who.session_id and who.roles & {*roles, "admin"} and not mine else [])


def test_who_speaks_for_a_customer(shop):
    acts = {
        "complain": (
            api.SPEAKERS,
            lambda tx, who: service.complain(tx, who, shop.order_no, [line(1, 1)], "", ()),
        ),
        "refund_lines": (
            api.SPEAKERS,
            lambda tx, who: service.refund_lines(
                tx, who, shop.order_no, [{"line_no": 1, "quantity": 1}], "damaged", "n"
            ),
        ),
    }
    for come in (False, True):
        if come:
            shop.seal()
            shop.deliver()
        for who in (*PEOPLE.values(), PROGRAM):
            listed = queries.order_actions(who, shop.order())
            assert listed == allowed(shop, who, acts)
            speaks = who.session_id and who.roles & {"operator", "admin"}
            assert listed == (["complain", "refund_lines"] if come and speaks else [])

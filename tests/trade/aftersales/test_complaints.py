"""Complaints after delivery: never more than is left, large ones need two people, goods come back first."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from fulfil.contracts.fulfilment import BroughtLine, GoodsBrought, GoodsPutBack, GoodsRefused, RefusedLine
from fulfil.contracts.trade import ReturnApproved, ReturnLine
from fulfil.kit.clock import rfc3339
from fulfil.kit.errors import Refusal
from fulfil.kit.moves import History
from fulfil.kit.security import Principal
from fulfil.messages.model import Message
from fulfil.store.model import Store
from fulfil.trade.aftersales import queries, rules, service
from fulfil.trade.aftersales.model import Refund
from fulfil.trade.orders import service as orders
from tests.trade.aftersales.conftest import BAG_FEE, DELIVERY_FEE

GUEST = Principal("guest", 1)
ANN, BEN = (Principal("staff", n, frozenset({"operator"}), session_id=n) for n in (71, 72))


@pytest.fixture(autouse=True)
def nothing_stumbles(shop):
    yield
    assert shop.failed_tasks() == [] and shop.violations() == []


@pytest.fixture
def bought(shop):
    """The customer has the goods."""
    shop.seal()
    shop.deliver()
    return shop


def line(line_no, quantity, wants="refund", reason="damaged"):
    return {"line_no": line_no, "quantity": quantity, "reason": reason, "wants": wants}


def complain(shop, *lines, photos=()):
    return shop.centre.write(
        lambda tx: service.complain(tx, GUEST, shop.order_no, lines, "look at this", photos)
    )


def decide(shop, case_id, decision="approve", part=None, who=ANN, note="fine"):
    shop.centre.write(lambda tx: service.decide(tx, who, case_id, decision, part or {}, note))
    shop.centre.kit.tasks.run_until_idle()


def case(shop, case_id):
    return next(one for one in shop.cases() if one["case_id"] == str(case_id))


def refused(act, *args, **said):
    with pytest.raises(Refusal) as refusal:
        act(*args, **said)
    return refusal.value


def audit(shop, refund_id, approve=True, who=BEN):
    shop.centre.write(lambda tx: service.audit(tx, who, refund_id, approve, "looked at it"))
    shop.centre.kit.tasks.run_until_idle()


def limit(shop, minor):
    shop.centre.write(lambda tx: tx.execute(update(Store).values(policy={"refund_audit_minor": minor})))


def test_a_granted_complaint_is_refunded_by_its_frozen_share(bought):
    case_id = complain(bought, line(1, 2), line(2, 100, reason="quality"))
    assert case(bought, case_id)["state"] == "audit" and bought.refunds() == []
    decide(bought, case_id)
    assert bought.refunds() == [(666 + 159, "requested")]
    bought.settle()
    told = bought.centre.read(queries.customers_view, bought.order_no)[0]
    assert (told["state"], told["reason"], told["decision_note"]) == ("closed", "damaged, quality", "fine")
    assert (bought.order().state, bought.order().refunded, bought.refund_state()) == (
        "completed",
        825,
        "partial",
    )


def test_a_customer_knows_until_when_a_complaint_is_decided_unless_two_people_may_have_to(bought):
    complain(bought, line(1, 1))
    [told] = bought.centre.read(queries.customers_view, bought.order_no)
    assert told["granted_at"] == rfc3339(bought.centre.kit.clock.now() + timedelta(hours=72))
    limit(bought, 400)
    complain(bought, line(1, 1))  # together they may be above it
    assert [one["granted_at"] for one in bought.centre.read(queries.customers_view, bought.order_no)] == [
        None,
        None,
    ]


def test_who_decides_sees_what_it_costs_to_the_cent(bought):
    case_id = complain(bought, line(1, 2), line(2, 100))
    row = bought.centre.read(queries.case_seen, case_id)
    told = bought.centre.read(queries.case_view, row)
    assert ([one["worth"] for one in told["lines"]], told["limit"]) == ([666, 159], 20_000)
    decide(bought, case_id)
    assert bought.refunds() == [(666 + 159, "requested")]


def test_a_customer_reads_why_the_second_person_refused(bought):
    limit(bought, 1)
    case_id = complain(bought, line(1, 1))
    decide(bought, case_id, note="granted gladly")
    [refund] = bought.centre.read(lambda tx: tx.all(select(Refund.id)))
    audit(bought, refund.id, approve=False)
    [told] = bought.centre.read(queries.customers_view, bought.order_no)
    assert (told["state"], told["decision_note"]) == ("refused", "looked at it")


@pytest.mark.parametrize("decision", ["approve", "refuse"])
def test_a_customer_is_told_once_that_it_is_decided(bought, decision):
    case_id = complain(bought, line(1, 1))
    for _ in range(2):
        decide(bought, case_id, decision)
    kinds = bought.centre.read(lambda tx: tx.scalars(select(Message.kind).order_by(Message.id)))
    assert kinds.count("complaint_decided") == 1


def test_a_part_is_granted_and_the_rest_may_be_complained_of_again(bought):
    case_id = complain(bought, line(1, 3), line(2, 500))
    decide(bought, case_id, "approve_part", {1: 1})
    assert bought.refunds() == [(333, "requested")]
    assert refused(complain, bought, line(1, 3)).extra == {"lines": [{"line_no": 1, "left": 2}]}
    decide(bought, complain(bought, line(1, 2), line(2, 500)))
    bought.settle()
    assert sum(amount for amount, _ in bought.refunds()) == 1799 == bought.order().refunded


def test_a_refused_complaint_moves_no_money(bought):
    case_id = complain(bought, line(1, 1))
    decide(bought, case_id, "refuse", note="eaten")
    assert (case(bought, case_id)["state"], bought.refunds()) == ("refused", [])


def test_the_same_word_again_is_no_second_refund_and_another_is_refused(bought):
    case_id = complain(bought, line(1, 2))
    decide(bought, case_id, "approve_part", {1: 1})
    decide(bought, case_id, "approve_part", {1: 1})
    for said in (
        {"decision": "approve"},
        {"decision": "refuse"},
        {"who": BEN, "part": {1: 1}, "decision": "approve_part"},
    ):
        assert refused(decide, bought, case_id, **said).code == "case_decided"
    assert bought.refunds() == [(333, "requested")]


@pytest.mark.parametrize(
    ("decision", "part", "code"),
    [
        ("approve_part", {1: 3}, "more_than_left"),
        ("approve_part", {9: 1}, "line_unknown"),
        ("approve_part", {}, "part_needed"),
        ("approve_part", {1: 0}, "part_needed"),
    ],
)
def test_a_part_that_is_none_is_refused(bought, decision, part, code):
    case_id = complain(bought, line(1, 2))
    assert refused(decide, bought, case_id, decision, part).code == code
    assert case(bought, case_id)["state"] == "audit"


def test_what_one_complaint_speaks_of_no_other_can(bought):
    complain(bought, line(1, 2))
    assert refused(complain, bought, line(1, 2)).extra == {"lines": [{"line_no": 1, "left": 1}]}
    assert refused(complain, bought, line(7, 1)).code == "line_unknown"


def test_nobody_complains_for_ever(bought, monkeypatch):
    monkeypatch.setattr(rules, "COMPLAINTS_OF_ORDER_MAX", 2)
    for _ in range(2):
        decide(bought, complain(bought, line(1, 1)), "refuse")
    assert refused(complain, bought, line(1, 1)).code == "complaints_too_many"


def test_only_what_was_delivered_and_only_until_the_order_closes(shop):
    assert refused(complain, shop, line(1, 1)).code == "not_delivered"
    shop.seal()
    shop.deliver()
    case_id = complain(shop, line(1, 1))
    shop.centre.clock.advance(7 * 24 * 3600 + 1)
    shop.centre.write(orders.close_completed)
    assert refused(complain, shop, line(1, 1)).code == "complaint_too_late"
    decide(shop, case_id)  # what came in time is still decided
    shop.settle()
    assert shop.order().refunded == 333


def test_other_shops_operators_see_nothing(bought):
    case_id = complain(bought, line(1, 1))
    far = Principal("staff", 73, frozenset({"operator"}), frozenset({1}), session_id=73)
    assert refused(decide, bought, case_id, who=far).code == "unknown_case"
    assert refused(decide, bought, 1).code == "unknown_case"


def give_back(shop, *lines, who=ANN):
    about = [{"line_no": no, "quantity": quantity} for no, quantity in lines]
    shop.centre.write(lambda tx: service.refund_lines(tx, who, shop.order_no, about, "missing", "called"))
    shop.centre.kit.tasks.run_until_idle()


class TestOperators:
    """An operator speaks for a customer, or gives lines back, within the customer's own limits."""

    def test_who_spoke_is_written_down(self, bought):
        case_id = bought.centre.write(
            lambda tx: service.complain(tx, ANN, bought.order_no, [line(1, 1)], "on the phone", ())
        )
        acted = bought.centre.read(
            lambda tx: tx.scalars(
                select(History.actor).where(History.entity == "cases", History.entity_id == case_id)
            )
        )
        assert set(acted) == {ANN.name} and case(bought, case_id)["state"] == "audit"

    def test_lines_go_back_at_once_and_never_more_than_is_left(self, bought):
        give_back(bought, (1, 2), (2, 100))
        assert bought.refunds() == [(666 + 159, "requested")]
        assert refused(give_back, bought, (1, 2)).extra == {"lines": [{"line_no": 1, "left": 1}]}

    def test_above_the_limit_somebody_else_agrees(self, bought):
        limit(bought, 600)
        give_back(bought, (1, 2))
        assert bought.refunds() == [(666, "audit")]
        refund_id = int(bought.cases()[0]["refund"]["refund_id"])
        assert refused(audit, bought, refund_id, who=ANN).code == "same_person"
        audit(bought, refund_id)
        assert bought.refunds() == [(666, "requested")]

    def test_only_of_what_was_delivered(self, shop):
        assert refused(give_back, shop, (1, 1)).code == "not_delivered"


class TestTwoPeople:
    """Above the shop's limit somebody else than who granted it has to agree."""

    @pytest.fixture
    def asked(self, bought):
        limit(bought, 500)
        self.case_id = complain(bought, line(1, 3))
        decide(bought, self.case_id)
        [self.refund_id] = [
            row.id
            for row in bought.centre.read(
                lambda tx: queries.refunds(tx, bought.store_id, state="audit", before=None, limit=9)
            )
        ]
        assert (bought.refunds(), case(bought, self.case_id)["state"]) == ([(1000, "audit")], "approved")
        return bought

    def test_the_limit_itself_needs_nobody(self, bought):
        limit(bought, 1000)
        decide(bought, complain(bought, line(1, 3)))
        assert bought.refunds() == [(1000, "requested")]

    def test_the_limit_is_the_orders_into_however_many_complaints_it_is_cut(self, bought):
        limit(bought, 999)
        for _ in range(2):
            decide(bought, complain(bought, line(1, 1)))
        assert [state for _, state in bought.refunds()] == ["requested", "requested"]
        decide(bought, complain(bought, line(1, 1)))
        assert [state for _, state in bought.refunds()] == ["requested", "requested", "audit"]

    def test_nobody_agrees_with_themselves(self, asked):
        assert refused(audit, asked, self.refund_id, who=ANN).code == "same_person"
        assert asked.refunds() == [(1000, "audit")]

    def test_the_second_person_lets_it_go(self, asked):
        audit(asked, self.refund_id)
        audit(asked, self.refund_id)
        assert asked.refunds() == [(1000, "requested")]
        asked.settle()
        assert case(asked, self.case_id)["state"] == "closed"
        assert refused(audit, asked, self.refund_id, False).code == "refund_not_waiting"

    def test_who_agreed_has_not_refused_when_the_channel_would_not_carry_it(self, asked):
        audit(asked, self.refund_id)
        asked.refuse_refunds()
        assert asked.refunds() == [(1000, "failed")]
        audit(asked, self.refund_id)
        assert refused(audit, asked, self.refund_id, False).code == "refund_not_waiting"
        assert asked.refunds() == [(1000, "failed")]

    def test_another_login_is_no_second_person(self, asked):
        again = Principal("staff", ANN.id, ANN.roles, session_id=99)
        assert refused(audit, asked, self.refund_id, who=again).code == "same_person"

    def test_the_second_person_says_no(self, asked):
        audit(asked, self.refund_id, False)
        audit(asked, self.refund_id, False)
        assert (asked.refunds(), case(asked, self.case_id)["state"]) == ([(1000, "refused")], "refused")
        assert refused(audit, asked, self.refund_id).code == "refund_not_waiting"
        assert asked.refund_state() == "none"
        complain(asked, line(1, 3))

    def test_what_waits_is_taken(self, asked):
        assert refused(complain, asked, line(1, 1)).code == "more_than_left"


class TestGoodsThatComeBack:
    """A rider fetches them, the counter inspects them, then the money goes back."""

    @pytest.fixture
    def fetched(self, bought):
        self.case_id = complain(bought, line(1, 2, "return"), line(2, 100))
        decide(bought, self.case_id)
        return bought

    def bring(self, shop, quantity, ticket_id):
        shop.publish(
            GoodsBrought(
                shop.order_no, shop.store_id, 5, self.case_id, (BroughtLine(1, quantity, ticket_id),)
            )
        )

    def inspect(self, shop, quantity, outcome="restock", ticket_id=900):
        shop.publish(GoodsPutBack(shop.order_no, shop.store_id, ticket_id, 1, "S1", quantity, outcome))

    @pytest.fixture
    def large(self, bought):
        """Two people have to agree to it, and the second has not said anything."""
        limit(bought, 10)
        self.case_id = complain(bought, line(1, 2, "return"), line(2, 100))
        decide(bought, self.case_id)
        assert (bought.refunds(), bought.heard(ReturnApproved)) == ([(666 + 159, "audit")], [])
        [row] = bought.centre.read(
            lambda tx: queries.refunds(tx, bought.store_id, state="audit", before=None, limit=9)
        )
        self.refund_id = row.id
        return bought

    def test_nothing_is_fetched_before_the_second_person_agrees_and_nobody_is_asked_after(self, large):
        for _ in range(2):
            audit(large, self.refund_id)
        assert (case(large, self.case_id)["state"], large.refund_state()) == ("returning", "pending")
        assert (large.refunds(), len(large.heard(ReturnApproved))) == ([(666 + 159, "agreed")], 1)
        self.bring(large, 1, 900)
        self.inspect(large, 1)
        assert large.refunds() == [(333 + 159, "requested")]
        large.settle()
        assert case(large, self.case_id)["state"] == "closed"

    def test_what_two_people_agreed_to_ends_with_goods_that_never_came(self, bought):
        limit(bought, 10)
        self.case_id = complain(bought, line(1, 2, "return"))
        decide(bought, self.case_id)
        [row] = bought.centre.read(
            lambda tx: queries.refunds(tx, bought.store_id, state="audit", before=None, limit=9)
        )
        audit(bought, row.id)
        self.bring(bought, 0, None)
        assert (case(bought, self.case_id)["state"], bought.refunds()) == ("refused", [(666, "refused")])
        assert bought.refund_state() == "none"

    def test_a_no_before_the_goods_are_fetched_leaves_them_where_they_are(self, large):
        audit(large, self.refund_id, False)
        assert (case(large, self.case_id)["state"], large.heard(ReturnApproved)) == ("refused", [])

    def test_what_is_on_its_way_back_counts_into_the_limit(self, bought):
        limit(bought, 700)
        decide(bought, complain(bought, line(1, 2, "return")))
        assert bought.refunds() == []
        decide(bought, complain(bought, line(2, 100)))
        assert bought.refunds() == [(159, "audit")]

    def test_the_rider_is_told_what_to_fetch(self, fetched):
        assert fetched.heard(ReturnApproved) == [
            ReturnApproved(fetched.order_no, fetched.store_id, self.case_id, (ReturnLine(1, 2),))
        ]
        assert (case(fetched, self.case_id)["state"], fetched.refunds()) == ("returning", [])
        assert refused(complain, fetched, line(1, 2)).code == "more_than_left"

    def test_money_goes_back_when_all_is_inspected(self, fetched):
        self.bring(fetched, 2, 900)
        self.inspect(fetched, 1)
        self.inspect(fetched, 5, ticket_id=901)
        assert fetched.refunds() == []
        self.inspect(fetched, 1, "waste")
        assert fetched.refunds() == [(666 + 159, "requested")]

    def test_only_what_came_is_refunded(self, fetched):
        self.bring(fetched, 1, 900)
        self.bring(fetched, 1, 900)
        self.inspect(fetched, 1)
        assert fetched.refunds() == [(333 + 159, "requested")]
        assert complain(fetched, line(1, 2))

    def test_what_need_not_come_back_is_refunded_when_nothing_came(self, fetched):
        self.bring(fetched, 0, None)
        assert fetched.refunds() == [(159, "requested")]

    def test_a_complaint_of_which_nothing_came_is_over(self, bought):
        self.case_id = complain(bought, line(1, 2, "return"))
        decide(bought, self.case_id)
        self.bring(bought, 0, None)
        assert (case(bought, self.case_id)["state"], bought.refunds()) == ("refused", [])


@pytest.mark.parametrize("fees_back", [True, False])
def test_bags_that_were_refused_at_the_door(bought, fees_back):
    bought.publish(
        GoodsRefused(bought.order_no, bought.store_id, 5, "damaged", fees_back, (RefusedLine(1, 1),))
    )
    fees = [(DELIVERY_FEE + BAG_FEE, "requested")] if fees_back else []
    assert bought.refunds() == fees
    bought.publish(GoodsBrought(bought.order_no, bought.store_id, 5, None, (BroughtLine(1, 1, 900),)))
    bought.publish(GoodsPutBack(bought.order_no, bought.store_id, 900, 1, "S1", 1, "waste"))
    assert bought.refunds() == [*fees, (333, "requested")]
    bought.settle()
    assert {one["state"] for one in bought.cases()} == {"closed"}

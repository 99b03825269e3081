"""What costs more than was paid comes only with a confirmed payment; every cent of it is accounted for."""

from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from fulfil import checks
from fulfil.kit.errors import Refusal
from fulfil.store.model import Store
from fulfil.trade.aftersales import queries, service
from fulfil.trade.aftersales.errors import DecisionOver
from fulfil.trade.aftersales.model import Substitution
from fulfil.trade.catalog import service as catalog
from fulfil.trade.orders import service as orders
from fulfil.trade.payments import queries as payments
from fulfil.trade.payments import rules
from fulfil.trade.payments import service as payment_service
from fulfil.trade.payments.errors import NothingToPay, PaymentClosed
from fulfil.trade.payments.model import PaymentDocument
from tests.races.together import at_once
from tests.trade import shop as building
from tests.trade.aftersales.test_loop import (
    CREAM,
    OAT,
    PRICES,
    RICE,
    SOY,
    _empty,
    asked,
    back,
    instead,
    paid,
    report,
    say,
    tolerant,
)
from tests.trade.shop import APPLES, SHOP, csv_of, row

PAYABLE = 2530  # two bottles of milk, and a bag: this shop rides for nothing
EXTRA = 700  # soy milk, 3000 instead of 2000, of which the shop pays 300


@pytest.fixture
def shop(database_url):
    made = building.build(database_url)
    rows = [
        row(int(sku) - 100000, category="dairy", zone="chilled", price_minor=price)
        for sku, price in PRICES.items()
    ]
    assert catalog.import_catalog(made.kit, made.store_id, csv_of(rows)).applied
    policy(made, refunds_at_seal=False)
    yield made
    assert made.read(checks.violations) == []
    made.kit.close()


def policy(shop, **changes):
    said = {**SHOP["policy"], "refunds_at_seal": False, **changes}
    shop.write(lambda tx: tx.update(Store, {"id": shop.store_id}, policy=said))


def question(shop, order_no):
    return shop.read(lambda tx: queries.decisions(tx, order_no))[-1]


def chosen(shop, sku=SOY, **wish):
    """An order whose customer was asked, and wants what costs more: its number."""
    order_no = paid(shop, **wish)
    report(shop, order_no)
    say(shop, order_no, "approve", sku)
    return order_no


def start(shop, order_no):
    """The customer follows the button: where they pay."""
    serial_no = shop.write(lambda tx: payment_service.intend_extra(tx, order_no, question(shop, order_no).id))
    [payment] = payment_service.ask_channel(shop.kit, serial_no)
    return payment


def extra_documents(shop, order_no):
    rows = shop.read(lambda tx: payments.documents(tx, order_no))
    return [(row.amount, row.state) for row in rows if row.extra_for is not None]


def test_what_costs_more_comes_when_its_extra_is_paid(shop):
    order_no = chosen(shop)
    [told] = asked(shop, order_no)
    assert (told["state"], told["open"]) == ("pending", True)
    assert (told["chosen_sku"], told["answer_sku"]) == (SOY, None)
    assert instead(shop, order_no) == [] and shop.stock(SOY)["reserved"] == 0
    payment = start(shop, order_no)
    assert payment["amount"] == EXTRA
    before = shop.order(order_no).paid
    shop.tell(payment)
    shop.run_tasks()
    assert asked(shop, order_no)[0]["state"] == "approved"
    assert instead(shop, order_no) == [(SOY, 2, 2700, 0, 300)]
    assert shop.order(order_no).paid == before + EXTRA
    assert back(shop, order_no) == 0 and shop.stock(SOY)["reserved"] == 2
    shop.write(lambda tx: orders.cancel(tx, order_no, "guest:1", ""))
    shop.run_tasks()
    assert back(shop, order_no) == before + EXTRA
    assert shop.read(lambda tx: payments.net(tx, order_no)) == 0


def test_what_needs_no_extra_is_offered_first_and_taken_in_silence(shop):
    order_no = paid(shop, if_silent="substitute")
    report(shop, order_no)
    [told] = asked(shop, order_no)
    assert [(one["sku"], one["price"]["extra"]) for one in told["proposals"]] == [
        (CREAM, 0),
        (OAT, 0),
        (RICE, 102),
        (SOY, EXTRA),
    ]
    for sku in (CREAM, OAT):
        _empty(shop, sku)
    shop.clock.advance(300)
    shop.run_tasks()
    assert instead(shop, order_no) == [] and back(shop, order_no) == 2000


@pytest.mark.parametrize("said", [(), ("approve", SOY)])
def test_an_extra_that_is_not_paid_in_time_is_as_silence(shop, said):
    order_no = paid(shop, if_silent="substitute")
    report(shop, order_no)
    if said:
        say(shop, order_no, *said)
    shop.clock.advance(300)
    shop.run_tasks()
    assert asked(shop, order_no)[0]["state"] == "expired"
    assert instead(shop, order_no) == [(CREAM, 2, 2000, 0, 300)]
    assert extra_documents(shop, order_no) == ([(EXTRA, "closed")] if said else [])


@pytest.mark.parametrize("timer_first", [True, False])
def test_money_that_is_confirmed_after_the_deadline_goes_back(shop, timer_first):
    order_no = chosen(shop)
    payment = start(shop, order_no)
    shop.clock.advance(300)
    if timer_first:
        shop.run_tasks()
    shop.tell(payment)
    shop.run_tasks()
    assert asked(shop, order_no)[0]["state"] == "expired" and instead(shop, order_no) == []
    assert back(shop, order_no) == 2000 + EXTRA
    kinds = [case["kind"] for case in shop.read(lambda tx: queries.cases_of(tx, order_no))]
    assert sorted(kinds) == ["late_payment", "stockout"]


@pytest.mark.parametrize(
    ("said", "comes", "arrives"),
    [(("refuse", None), [], 2000), (("approve", OAT), [(OAT, 2, 1600, 400, 0)], 400)],
)
def test_who_changes_their_mind_is_asked_for_no_extra(shop, said, comes, arrives):
    order_no = chosen(shop)
    payment = start(shop, order_no)
    say(shop, order_no, *said)
    assert instead(shop, order_no) == comes and extra_documents(shop, order_no) == [(EXTRA, "closed")]
    with pytest.raises(PaymentClosed):
        start(shop, order_no)
    shop.tell(payment)  # the cashier was still open
    shop.run_tasks()
    assert back(shop, order_no) == arrives + EXTRA


def test_of_two_choices_only_the_last_counts(shop):
    order_no = chosen(shop)
    first = start(shop, order_no)
    for _ in range(2):
        say(shop, order_no, "approve", RICE)
    assert extra_documents(shop, order_no) == [(EXTRA, "closed"), (102, "open")]
    shop.tell(first)
    shop.run_tasks()
    assert asked(shop, order_no)[0]["state"] == "pending" and back(shop, order_no) == EXTRA
    shop.tell(start(shop, order_no))
    shop.run_tasks()
    assert instead(shop, order_no) == [(RICE, 2, 2102, 0, 300)]


def test_a_declined_card_may_be_tried_again_and_pays_once(shop):
    order_no = chosen(shop)
    first = start(shop, order_no)
    shop.tell(first, outcome="failed")
    second = start(shop, order_no)
    assert second["serial_no"] != first["serial_no"]
    shop.tell(second)
    shop.tell(first)  # the bank says yes after all
    shop.run_tasks()
    assert instead(shop, order_no) == [(SOY, 2, 2700, 0, 300)]
    assert back(shop, order_no) == EXTRA and shop.order(order_no).paid == PAYABLE + 2 * EXTRA


def test_the_same_button_again_leads_to_the_same_payment(shop):
    order_no = chosen(shop)
    assert start(shop, order_no) == start(shop, order_no)
    say(shop, order_no, "approve", SOY)
    assert len(extra_documents(shop, order_no)) == 1


def test_nobody_pays_an_extra_that_was_not_chosen(shop):
    order_no = paid(shop)
    report(shop, order_no)
    with pytest.raises(NothingToPay):
        start(shop, order_no)


def test_what_is_sold_out_when_its_money_comes_is_paid_back_and_asked_anew(shop):
    order_no = chosen(shop)
    payment = start(shop, order_no)
    _empty(shop, SOY)
    shop.tell(payment)
    shop.run_tasks()
    [told] = asked(shop, order_no)
    assert (told["state"], told["chosen_sku"]) == ("pending", None)
    assert [one["sku"] for one in told["proposals"]] == [CREAM, OAT, RICE]
    assert back(shop, order_no) == EXTRA


def test_nobody_begins_to_pay_an_extra_for_an_order_that_is_being_cancelled(shop):
    order_no = chosen(shop)
    shop.write(lambda tx: orders.cancel(tx, order_no, "guest:1", ""))
    with pytest.raises(DecisionOver):
        shop.write(lambda tx: service.pay(tx, order_no, question(shop, order_no).id))
    shop.run_tasks()
    assert [state for _, state in extra_documents(shop, order_no)] == ["closed"]


def test_an_order_that_is_cancelled_while_its_customer_pays_gives_everything_back(shop):
    order_no = chosen(shop)
    payment = start(shop, order_no)
    shop.write(lambda tx: orders.cancel(tx, order_no, "guest:1", ""))
    shop.tell(payment)
    shop.run_tasks()
    assert back(shop, order_no) == shop.order(order_no).paid == PAYABLE + EXTRA
    assert shop.order(order_no).state == "cancelled"


@pytest.mark.parametrize(
    ("rule", "offered"),
    [({"substitute_extra_percent": 0}, [CREAM, OAT]), ({"substitute_extra_percent": 10}, [CREAM, OAT, RICE])],
)
def test_the_shop_decides_how_dear_an_extra_may_be(shop, rule, offered):
    policy(shop, **rule)
    order_no = paid(shop)
    report(shop, order_no)
    assert [one["sku"] for one in asked(shop, order_no)[0]["proposals"]] == offered


def test_of_the_payment_and_the_deadline_that_meet_one_counts(shop):
    order_no = chosen(shop)
    payment = start(shop, order_no)
    row = shop.channel.book.pay(payment["token"], "succeeded")
    decision_id = question(shop, order_no).id
    callbacks = [partial(shop.hear, row) for _ in range(3)]
    refuse = partial(
        tolerant,
        partial(
            shop.write, partial(service.answer, order_no=order_no, decision_id=decision_id, said="refuse")
        ),
    )
    ends = partial(shop.write, partial(service.on_due, payload={"decision_id": decision_id}))
    at_once(shop, [*callbacks, refuse, ends])
    shop.run_tasks()
    [told] = asked(shop, order_no)
    came = len(instead(shop, order_no))
    assert (told["state"], came) in (("approved", 1), ("refused", 0), ("expired", 0))
    assert back(shop, order_no) == (0 if came else 2000 + EXTRA)


class Died(Exception):
    """The process ends here."""


@pytest.mark.parametrize("step", ["choose", "intend", "pay-answered", "hear", "decided"])
def test_whatever_dies_on_the_way_the_extra_counts_once(shop, step):
    """Each step is told again after the crash, as the customer, the channel and the task engine do."""
    for point in ("before-commit", "after-commit"):
        _pay_through(shop, f"{step}:{point}")
    assert shop.stock(SOY)["reserved"] == 2 * 2


def _pay_through(shop, name):
    """The customer chooses and pays; the process dies at that failpoint."""
    order_no = paid(shop)
    report(shop, order_no)
    decision_id, died = question(shop, order_no).id, []

    def die():
        died.append(name)
        shop.kit.db.failpoints.on(name, None)
        raise Died

    shop.kit.db.failpoints.on(name, die)

    def insist(act):
        try:
            return act()
        except Died:
            shop.clock.advance(rules.CALL_SECONDS_MAX)  # nobody else asks the channel at the same time
            return act()

    insist(lambda: shop.write(lambda tx: service.answer(tx, order_no, decision_id, "approve", SOY), "choose"))
    serial_no = insist(
        lambda: shop.write(lambda tx: payment_service.intend_extra(tx, order_no, decision_id), "intend")
    )
    [payment] = insist(lambda: payment_service.ask_channel(shop.kit, serial_no))
    row = shop.channel.book.pay(payment["token"], "succeeded")
    for headers, body in shop.channel.callbacks(row):
        notice = shop.channel.notice(headers, body, shop.clock.now())
        insist(
            lambda notice=notice: shop.write(
                lambda tx: payment_service.hear_notice(tx, "sandbox", notice), "hear"
            )
        )
    insist(lambda: shop.write(lambda tx: service.on_due(tx, {"decision_id": decision_id}), "decided"))
    shop.run_tasks()
    assert instead(shop, order_no) == [(SOY, 2, 2700, 0, 300)]
    assert (shop.order(order_no).paid, back(shop, order_no)) == (PAYABLE + EXTRA, 0)
    assert died == [name]


def weighed(shop, heavier=1400, reason="only_heavier", **wish):
    """A kilogram of apples, of which the only piece weighs so much: the order's number."""
    shop.add(1, APPLES, 1000)
    asked_for = shop.request(
        1,
        **{"on_shortage": "ask", "if_silent": "refund", **wish},
        deliver_by=shop.clock.now() + timedelta(hours=2),
    )
    order_no = int(shop.write(lambda tx: orders.place(tx, asked_for))["order_no"])
    shop.pay(order_no)
    shop.run_tasks()
    report(shop, order_no, quantity=1000, reason=reason, weight_g=heavier)
    return order_no


@pytest.mark.parametrize("wish", ["ask", "substitute"])
def test_a_heavier_piece_comes_when_what_it_weighs_more_is_paid(shop, wish):
    order_no = weighed(shop, on_shortage=wish)
    [told] = asked(shop, order_no)
    assert [(one["sku"], one["quantity"], one["price"]["extra"]) for one in told["proposals"]] == [
        (APPLES, 1400, 632)
    ]
    say(shop, order_no, "approve")
    shop.tell(start(shop, order_no))
    shop.run_tasks()
    assert instead(shop, order_no) == [(APPLES, 1400, 2212, 0, 0)]
    assert shop.stock(APPLES)["reserved"] == 1400
    report(shop, order_no, quantity=700, line_no=1001, reason="damaged")
    assert back(shop, order_no) == 1106
    shop.write(lambda tx: orders.cancel(tx, order_no, "guest:1", ""))
    shop.run_tasks()
    assert back(shop, order_no) == shop.order(order_no).paid


@pytest.mark.parametrize(
    ("rule", "grams", "wish"),
    [({"ask_heavier": False}, 1400, "ask"), ({}, 2100, "ask"), ({}, 0, "ask"), ({}, 1400, "refund")],
)
def test_nobody_is_asked_for_a_weight_that_nobody_meant(shop, rule, grams, wish):
    policy(shop, **rule)
    order_no = weighed(shop, grams, on_shortage=wish)
    assert asked(shop, order_no) == [] and back(shop, order_no) == 1580


@pytest.mark.parametrize("reason", ["damaged", "only_heavier"])
def test_a_weight_means_nothing_beside_goods_that_are_not_weighed(shop, reason):
    order_no = paid(shop, wish="substitute")
    for sku in PRICES:
        _empty(shop, sku)
    report(shop, order_no, reason=reason, weight_g=3)  # grams that would cost nearly nothing
    assert (instead(shop, order_no), asked(shop, order_no), back(shop, order_no)) == ([], [], 2000)


@pytest.mark.parametrize("reason", ["damaged", "only_lighter"])
def test_a_weight_means_nothing_beside_another_reason(shop, reason):
    order_no = weighed(shop, reason=reason)
    assert (asked(shop, order_no), back(shop, order_no)) == ([], 1580)


def test_silence_does_not_take_a_heavier_piece(shop):
    order_no = weighed(shop, if_silent="substitute")
    shop.clock.advance(300)
    shop.run_tasks()
    assert instead(shop, order_no) == [] and back(shop, order_no) == 1580


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (
            sa.update(Substitution).values(
                extra=Substitution.extra + 1,
                charge=Substitution.charge + 1,
                shop_cost=Substitution.shop_cost - 1,
            ),
            {(1, "decision")},
        ),
        (
            sa.update(PaymentDocument).where(PaymentDocument.extra_for.is_not(None)).values(extra_for=None),
            {(1, "decision")},
        ),
        (
            sa.update(PaymentDocument).where(PaymentDocument.extra_for.is_not(None)).values(state="open"),
            {(13, "payment_document")},
        ),
    ],
)
def test_what_is_broken_of_extras_is_seen(shop, damage, found):
    order_no = chosen(shop)
    shop.tell(start(shop, order_no))
    shop.run_tasks()
    assert shop.spoiled(queries, damage) == found


def test_refusals_of_a_payment_that_is_over(shop):
    order_no = chosen(shop)
    shop.tell(start(shop, order_no))
    with pytest.raises(Refusal) as refused:
        start(shop, order_no)
    assert refused.value.code == "already_paid"
    assert shop.order(order_no).paid == PAYABLE + EXTRA

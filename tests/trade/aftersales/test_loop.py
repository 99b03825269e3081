"""The stock-out loop over a wired shop: reported on the floor, decided by the customer, paid to the cent."""

from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from fulfil import checks
from fulfil.contracts.stage import Op
from fulfil.dispatch import queries as dispatch
from fulfil.kit.errors import Refusal
from fulfil.messages.model import Message
from fulfil.picking import queries as picking_queries
from fulfil.picking import service as picking
from fulfil.store.model import Store
from fulfil.trade.aftersales import queries, service
from fulfil.trade.aftersales.model import Decision, Refund, RefundItem, Substitution
from fulfil.trade.catalog import service as catalog
from fulfil.trade.orders import service as orders
from fulfil.trade.payments import queries as payments
from fulfil.trade.stock import service as stock
from tests.races.together import at_once
from tests.trade import shop as building
from tests.trade.shop import MILK, SHOP, csv_of, row

OAT, CREAM, SOY, RICE = "100011", "100012", "100013", "100014"  # cheaper, dearer, too dear, and too much
PRICES = {OAT: 800, CREAM: 1150, SOY: 1500, RICE: 1201}


@pytest.fixture
def shop(database_url):
    made = building.build(database_url)
    rows = [
        row(int(sku) - 100000, category="dairy", zone="chilled", price_minor=price)
        for sku, price in PRICES.items()
    ]
    assert catalog.import_catalog(made.kit, made.store_id, csv_of(rows)).applied
    # Each refund is seen by itself, and nothing costs an extra.
    at_once = {**SHOP["policy"], "refunds_at_seal": False, "substitute_extra_percent": 0}
    made.write(lambda tx: tx.update(Store, {"id": made.store_id}, policy=at_once))
    yield made
    assert made.read(checks.violations) == []
    made.kit.close()


def paid(shop, wish="ask", if_silent="refund", quantity=2):
    """A paid order of milk, 1000 each, with a wish for the case that it is short."""
    shop.write(lambda tx: stock.post_movement(tx, shop.store_id, MILK, 9, f"receipt-{tx.number()}", "test"))
    shop.add(1, MILK, quantity)
    in_two_hours = shop.clock.now() + timedelta(hours=2)  # so that there is time to ask
    asked = shop.request(1, on_shortage=wish, if_silent=if_silent, deliver_by=in_two_hours)
    order_no = int(shop.write(lambda tx: orders.place(tx, asked))["order_no"])
    shop.pay(order_no)
    shop.run_tasks()
    return order_no


def report(shop, order_no, quantity=2, line_no=1, reason="not_found", **more):
    """Whoever picks the line says that so much of it is missing."""

    def tell(tx):
        fulfilment = dispatch.fulfilment_of_order(tx, order_no, lock=True)
        [(ticket, line)] = [
            (row, line)
            for row in dispatch.tickets_of(tx, fulfilment.id, stage="picking")
            for line in picking_queries.pick_lines(tx, row.id)
            if line.line_no == line_no
        ]
        said = {"line": line.id, "quantity": quantity, "reason": reason, **more}
        op = Op(f"op-{tx.number()}", "short", said, person_id=1, session_id=1)
        picking.short(tx, dispatch.ticket_view(ticket), op, said)

    shop.write(tell)
    shop.run_tasks()


def say(shop, order_no, said, sku=None, decision=None):
    decision_id = decision or shop.read(lambda tx: queries.decisions(tx, order_no))[-1].id
    shop.write(lambda tx: service.answer(tx, order_no, decision_id, said, sku))
    shop.run_tasks()


def asked(shop, order_no):
    return shop.read(lambda tx: queries.decisions_view(tx, order_no, shop.store_id))


def instead(shop, order_no):
    return [
        (one["sku"], one["quantity"], one["charge"], one["difference"], one["shop_cost"])
        for one in shop.read(lambda tx: queries.substitutions_view(tx, order_no))
    ]


def back(shop, order_no):
    """What has arrived at the customer."""
    shop.settle_refunds()
    return shop.order(order_no).refunded


def test_a_customer_is_asked_and_chooses_what_is_cheaper(shop):
    order_no = paid(shop)
    report(shop, order_no)
    [question] = asked(shop, order_no)
    assert (question["state"], question["open"], question["quantity"], question["line_no"]) == (
        "pending",
        True,
        2,
        1,
    )
    assert [(one["sku"], one["price"]) for one in question["proposals"]] == [
        (CREAM, {"value": 2300, "charge": 2000, "difference": 0, "shop_cost": 300, "extra": 0}),
        (OAT, {"value": 1600, "charge": 1600, "difference": 400, "shop_cost": 0, "extra": 0}),
    ]
    message = shop.read(lambda tx: tx.one(Message.__table__.select()))
    assert message.kind == "substitute_question" and "within 5 minutes" in message.text
    assert f"/track/{shop.order(order_no).track_token}" in message.text
    say(shop, order_no, "approve", OAT)
    assert instead(shop, order_no) == [(OAT, 2, 1600, 400, 0)]
    assert back(shop, order_no) == 400
    assert shop.stock(OAT)["reserved"] == 2 and shop.stock(MILK)["reserved"] == 0
    lines = shop.read(lambda tx: dispatch.lines(tx, dispatch.fulfilment_of_order(tx, order_no).id))
    assert [(one.line_no, one.sku, one.short, one.substituted, one.substitutes) for one in lines] == [
        (1, MILK, 0, 2, None),
        (1001, OAT, 0, 0, 1),
    ]
    assert [case["state"] for case in shop.read(lambda tx: queries.cases_of(tx, order_no))] == ["closed"]


def test_what_is_dearer_is_the_shops_up_to_a_limit(shop):
    order_no = paid(shop)
    report(shop, order_no)
    say(shop, order_no, "approve")
    assert instead(shop, order_no) == [(CREAM, 2, 2000, 0, 300)]
    assert back(shop, order_no) == 0


def test_a_refusal_gives_the_share_back_and_is_remembered(shop):
    order_no = paid(shop)
    report(shop, order_no)
    say(shop, order_no, "refuse")
    assert instead(shop, order_no) == [] and back(shop, order_no) == 2000
    again = paid(shop)
    report(shop, again)
    assert len(asked(shop, again)[0]["proposals"]) == 2
    say(shop, again, "approve", OAT)
    counts = shop.read(lambda tx: queries.candidates(tx, shop.store_id, queries.goods(_milk(tx, shop))))
    assert {one.goods.sku: (one.accepted, one.refused) for one in counts} == {
        OAT: (1, 1),
        CREAM: (0, 1),
        SOY: (0, 0),
        RICE: (0, 0),
    }


def _milk(tx, shop):
    from fulfil.trade.catalog import queries as products

    return products.priced(tx, shop.store_id, [MILK])[MILK]


@pytest.mark.parametrize(
    ("if_silent", "comes", "arrives"), [("refund", [], 2000), ("substitute", [(CREAM, 2, 2000, 0, 300)], 0)]
)
def test_silence_does_what_the_customer_wished(shop, if_silent, comes, arrives):
    order_no = paid(shop, if_silent=if_silent, quantity=3)
    report(shop, order_no)
    shop.clock.advance(299)
    shop.run_tasks()
    assert asked(shop, order_no)[0]["state"] == "pending"
    shop.clock.advance(1)
    shop.run_tasks()
    [question] = asked(shop, order_no)
    assert (question["state"], question["open"]) == ("expired", False)
    assert instead(shop, order_no) == comes and back(shop, order_no) == arrives


def test_who_wishes_a_substitute_is_not_asked(shop):
    order_no = paid(shop, wish="substitute")
    report(shop, order_no)
    assert asked(shop, order_no) == [] and instead(shop, order_no) == [(CREAM, 2, 2000, 0, 300)]


def test_without_anything_to_come_instead_money_comes(shop):
    for sku in (OAT, CREAM):
        left = shop.stock(sku)["available"]
        shop.write(
            lambda tx, sku=sku, left=left: stock.post_movement(
                tx, shop.store_id, sku, 1 - left, f"till-{sku}", "till"
            )
        )
    for wish in ("ask", "substitute"):
        order_no = paid(shop, wish=wish, quantity=3)
        report(shop, order_no, quantity=2)
        assert asked(shop, order_no) == [] and instead(shop, order_no) == []
        assert back(shop, order_no) == 2000


def test_nothing_is_wanted_without_this_line(shop):
    order_no = paid(shop, wish="cancel_order", quantity=3)
    report(shop, order_no, quantity=1)
    assert back(shop, order_no) == shop.order(order_no).paid and shop.order(order_no).state == "cancelled"
    steps = shop.read(lambda tx: dispatch.history(tx, shop.store_id, order_no))
    [decided] = [step.detail for step in steps if step.event == "decided"]
    assert (decided["outcome"], decided["amount"]) == ("cancel_order", 1000)


def test_an_order_that_ends_meanwhile_withdraws_the_question_and_gets_everything_back(shop):
    order_no = paid(shop, quantity=3)
    report(shop, order_no, quantity=2)
    shop.write(lambda tx: orders.cancel(tx, order_no, "guest:1", ""))
    shop.run_tasks()
    assert asked(shop, order_no)[0]["state"] == "withdrawn"
    assert back(shop, order_no) == shop.order(order_no).paid and shop.order(order_no).state == "cancelled"
    with pytest.raises(Refusal) as refused:
        say(shop, order_no, "approve")
    assert refused.value.code == "decision_over"


@pytest.mark.parametrize("late", [False, True])
def test_an_order_that_is_cancelled_with_open_questions_gives_one_refund(shop, late):
    """Also when silence ends a question after the customer cancelled and before the floor has stopped."""
    order_no = paid(shop, quantity=7)
    for quantity in (2, 1, 3):
        report(shop, order_no, quantity=quantity)
    assert len(asked(shop, order_no)) == 3
    first = asked(shop, order_no)[0]["decision_id"]
    shop.write(lambda tx: orders.cancel(tx, order_no, "guest:1", ""))
    if late:
        shop.clock.advance(300)
        shop.write(lambda tx: service.on_due(tx, {"decision_id": int(first)}))
    shop.run_tasks()
    assert back(shop, order_no) == shop.order(order_no).paid
    assert len(shop.read(lambda tx: tx.all(sa.select(Refund.id)))) == 1
    assert {one["state"] for one in asked(shop, order_no)} <= {"withdrawn", "expired"}


def test_an_order_with_other_goods_that_ends_gives_back_what_was_paid_for_them(shop):
    order_no = paid(shop, quantity=3)
    report(shop, order_no, quantity=1)
    say(shop, order_no, "approve", OAT)
    report(shop, order_no, quantity=1, line_no=1001)
    assert back(shop, order_no) == 200 + 800
    shop.write(lambda tx: orders.cancel(tx, order_no, "guest:1", ""))
    shop.run_tasks()
    assert back(shop, order_no) == shop.order(order_no).paid
    assert shop.read(lambda tx: payments.net(tx, order_no)) == 0
    assert shop.stock(OAT)["reserved"] == 0


def test_what_is_sold_out_meanwhile_is_replaced_by_the_next_best(shop):
    order_no = paid(shop, if_silent="substitute")
    report(shop, order_no)
    [question] = asked(shop, order_no)
    _empty(shop, CREAM)
    say(shop, order_no, "approve", CREAM)
    [again] = asked(shop, order_no)
    assert (again["state"], again["deadline"]) == ("pending", question["deadline"])
    assert [one["sku"] for one in again["proposals"]] == [OAT]
    _empty(shop, OAT)
    say(shop, order_no, "approve")
    assert asked(shop, order_no)[0]["state"] == "expired" and instead(shop, order_no) == []
    assert back(shop, order_no) == 2000


def _empty(shop, sku):
    left = shop.stock(sku)["available"]
    shop.write(lambda tx: stock.post_movement(tx, shop.store_id, sku, -left, f"till-{sku}", "till"))


def test_the_same_answer_again_changes_nothing_and_another_is_too_late(shop):
    order_no = paid(shop)
    report(shop, order_no)
    for sku in (OAT, OAT, None):
        say(shop, order_no, "approve", sku)
    assert len(instead(shop, order_no)) == 1
    for said, sku in (("approve", CREAM), ("refuse", None)):
        with pytest.raises(Refusal) as refused:
            say(shop, order_no, said, sku)
        assert (refused.value.status, refused.value.code) == (409, "decision_over")


def test_answers_that_are_none(shop):
    order_no, other = paid(shop), paid(shop)
    report(shop, order_no)
    mine = shop.read(lambda tx: queries.decisions(tx, order_no))[0].id
    for args, status, code in (
        ((other, "approve", None, mine), 404, "unknown_decision"),
        ((order_no, "approve", None, 1), 404, "unknown_decision"),
        ((order_no, "approve", SOY, mine), 422, "not_offered"),
        ((order_no, "refuse", OAT, mine), 422, "not_offered"),
    ):
        with pytest.raises(Refusal) as refused:
            say(shop, *args)
        assert (refused.value.status, refused.value.code) == (status, code)
    shop.clock.advance(300)
    with pytest.raises(Refusal) as refused:
        shop.write(lambda tx: service.answer(tx, order_no, mine, "approve"))
    assert refused.value.code == "decision_over"


def test_two_questions_about_one_line_and_a_plain_shortage_between_them_sum_exactly(shop):
    order_no = paid(shop, quantity=7)
    report(shop, order_no, quantity=2)
    first = shop.read(lambda tx: queries.decisions(tx, order_no))[0].id
    report(shop, order_no, quantity=1, reason="short_weight")
    report(shop, order_no, quantity=3)
    say(shop, order_no, "approve", OAT)
    say(shop, order_no, "refuse", decision=first)
    assert back(shop, order_no) == 2000 + 1000 + 3 * 200
    assert instead(shop, order_no) == [(OAT, 3, 2400, 600, 0)]


def test_no_question_is_asked_that_nobody_could_answer_in_time(shop):
    order_no = paid(shop, if_silent="substitute")
    due = shop.order(order_no).promised_at
    shop.clock.advance((due - shop.clock.now()).total_seconds() - 60)
    shop.run_tasks()
    report(shop, order_no)
    assert asked(shop, order_no) == [] and [one[0] for one in instead(shop, order_no)] == [CREAM]


def tolerant(act):
    """What the act gives; a refusal counts as its result."""
    try:
        return act()
    except Refusal as refusal:
        return refusal.code


def test_of_answers_that_come_at_once_with_the_deadline_one_counts(shop):
    order_no = paid(shop, if_silent="substitute")
    report(shop, order_no)
    decision = shop.read(lambda tx: queries.decisions(tx, order_no))[0]
    answers = [("approve", OAT), ("approve", CREAM), ("refuse", None)]
    mine = {"order_no": order_no, "decision_id": decision.id}
    acts = [
        partial(tolerant, partial(shop.write, partial(service.answer, said=said, sku=sku, **mine)))
        for said, sku in answers
    ]
    ends = partial(shop.write, partial(service.on_due, payload={"decision_id": decision.id}))
    results = at_once(shop, [*acts, ends])
    shop.run_tasks()
    [ended] = asked(shop, order_no)
    taken = [said for said, result in zip(answers, results, strict=False) if result is None]
    assert len(taken) == (0 if ended["state"] == "expired" else 1)
    assert len(instead(shop, order_no)) == (0 if ended["state"] == "refused" else 1)


def test_of_two_customers_who_want_the_last_ones_each_gets_something(shop):
    left = shop.stock(CREAM)["available"]
    shop.write(lambda tx: stock.post_movement(tx, shop.store_id, CREAM, 2 - left, "till", "till"))
    numbers = [paid(shop), paid(shop)]
    questions = []
    for order_no in numbers:
        report(shop, order_no)
        questions.append(shop.read(lambda tx, no=order_no: queries.decisions(tx, no))[0].id)
    at_once(
        shop,
        [
            partial(
                shop.write,
                partial(
                    service.answer, order_no=order_no, decision_id=decision_id, said="approve", sku=CREAM
                ),
            )
            for order_no, decision_id in zip(numbers, questions, strict=True)
        ],
    )
    shop.run_tasks()
    states = {asked(shop, order_no)[0]["state"]: order_no for order_no in numbers}
    assert states.keys() == {"approved", "pending"}
    assert [one["sku"] for one in asked(shop, states["pending"])[0]["proposals"]] == [OAT]
    assert shop.stock(CREAM)["reserved"] == 2


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (sa.update(Substitution).values(share=Substitution.share + 1), {(13, "order_item"), (13, "case")}),
        (sa.update(Substitution).values(quantity=1), {(13, "order_item")}),
        (sa.delete(Substitution), {(13, "order_item"), (13, "case")}),
        (
            sa.update(Decision).where(Decision.state == "pending").values(share=Decision.share + 1),
            {(13, "order_item")},
        ),
        (sa.delete(Decision).where(Decision.state == "pending"), {(13, "order_item"), (13, "case")}),
        (
            sa.update(RefundItem).where(RefundItem.kind == "difference").values(amount=401),
            {(13, "case"), (1, "refund")},
        ),
        (
            sa.update(RefundItem).where(RefundItem.kind == "difference").values(kind="line"),
            {(13, "order_item"), (13, "case")},
        ),
    ],
)
def test_what_is_broken_of_the_loop_is_seen(shop, damage, found):
    replaced, waiting = paid(shop), paid(shop)
    report(shop, replaced)
    say(shop, replaced, "approve", OAT)
    report(shop, waiting)
    assert shop.spoiled(queries, damage) == found

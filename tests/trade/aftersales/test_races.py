"""Several hands on one order's money at once: each cent goes back once, and one word counts."""

from functools import partial

import pytest

from fulfil.contracts.fulfilment import FulfilmentCancelled, OrderSealed, WeighedLine
from fulfil.kit.errors import Refusal
from fulfil.trade.aftersales import queries, service
from fulfil.trade.orders import service as orders
from tests.races.together import at_once
from tests.trade.aftersales.conftest import PAYABLE
from tests.trade.aftersales.test_complaints import ANN, BEN, complain, limit, line


def tried(shop, act, *args):
    """What became of it: None, or the code of a refusal."""
    try:
        shop.centre.write(lambda tx: act(tx, *args))
    except Refusal as refusal:
        return refusal.code
    return None


def together(shop, *acts):
    return at_once(shop, [partial(tried, shop, *act) for act in acts])


def test_the_seal_the_end_and_the_sweep_meet(shop):
    shop.report(2, 100)
    shop.centre.clock.advance(25 * 3600)
    sealed = OrderSealed(shop.order_no, shop.store_id, 1, (WeighedLine(2, "S2", 500, 380, 20),))
    stopped = FulfilmentCancelled(shop.order_no, shop.store_id, 1, "customer", ())
    shop.centre.write(lambda tx: orders.cancel(tx, shop.order_no, "guest:1", ""))
    told = together(
        shop,
        (service.sealed, sealed),
        (service.cancelled, stopped),
        (service.send_collected,),
        (service.sealed, sealed),
        (service.cancelled, stopped),
    )
    assert told == [None] * 5
    shop.cancel()
    shop.settle()
    assert {state for _, state in shop.refunds()} == {"succeeded"}
    assert sum(amount for amount, _ in shop.refunds()) == PAYABLE == shop.order().refunded
    assert (shop.order().state, shop.violations(), shop.failed_tasks()) == ("cancelled", [], [])


@pytest.fixture
def bought(shop):
    shop.seal()
    shop.deliver()
    yield shop
    assert shop.violations() == [] and shop.failed_tasks() == []


def test_two_operators_decide_at_once(bought):
    case_id = complain(bought, line(1, 2))
    told = together(
        bought,
        (service.decide, ANN, case_id, "approve", {}, ""),
        (service.decide, BEN, case_id, "refuse", {}, ""),
    )
    assert sorted(told, key=str) == [None, "case_decided"]
    assert bought.refunds() == ([(666, "requested")] if told[0] is None else [])


def test_the_second_person_says_yes_and_no_at_once(bought):
    limit(bought, 1)
    case_id = complain(bought, line(1, 2))
    bought.centre.write(lambda tx: service.decide(tx, ANN, case_id, "approve", {}, ""))
    [refund] = bought.centre.read(
        lambda tx: queries.refunds(tx, bought.store_id, state="audit", before=None, limit=9)
    )
    told = together(
        bought, (service.audit, BEN, refund.id, True, ""), (service.audit, BEN, refund.id, False, "")
    )
    assert sorted(told, key=str) == [None, "refund_not_waiting"]
    assert bought.refunds() == [(666, "requested" if told[0] is None else "refused")]


def test_a_line_is_complained_of_from_many_windows(bought):
    guest = [(service.complain, ANN, bought.order_no, [line(1, 2)], "", ())] * 4
    assert sorted(together(bought, *guest), key=str) == [None, *["more_than_left"] * 3]

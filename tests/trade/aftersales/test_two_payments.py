"""An order was paid twice: its refund goes back in two parts; each may fail and come true at last."""

import pytest
import sqlalchemy as sa

from fulfil.kit.security import Principal
from fulfil.trade.aftersales import queries, service
from fulfil.trade.aftersales.model import Refund
from fulfil.trade.orders import service as orders
from fulfil.trade.payments import service as payment_service
from tests.trade.aftersales.test_extras import EXTRA, PAYABLE, chosen, shop, start

__all__ = ["shop"]
ANN, BEN = (Principal("staff", n, frozenset({"finance"}), session_id=n) for n in (71, 72))
PARTS = [PAYABLE, EXTRA]


@pytest.fixture
def owing(shop):
    """A cancelled order with an extra payment, of which the bank gives neither back: `(shop, order_no)`."""
    order_no = chosen(shop)
    shop.tell(start(shop, order_no))
    shop.run_tasks()
    shop.write(lambda tx: orders.cancel(tx, order_no, "guest:1", ""))
    shop.run_tasks()
    for _ in range(3):
        shop.channel.book.refund_failures = len(PARTS)
        shop.settle_refunds()
        shop.clock.advance(600)
        shop.write(payment_service.ask_silent)
        shop.run_tasks()
    shop.channel.book.refund_failures = 0
    assert refund(shop).state == "failed" and refund(shop).failed == sum(PARTS)
    return shop, order_no


def refund(shop):
    return shop.read(lambda tx: tx.one(sa.select(*Refund.__table__.c)))


def comes_true(shop, amount):
    """The bank pays that part back after all."""
    [row] = [one for one in shop.channel.book.refunds.values() if one.amount == amount]
    row.state = "succeeded"
    for _ in range(2):
        shop.hear(row)
    shop.run_tasks()


def propose(shop, reference):
    refund_id = refund(shop).id
    shop.write(lambda tx: service.other_means(tx, ANN, refund_id, reference, "asked"))


def agree(shop):
    refund_id = refund(shop).id
    shop.write(lambda tx: service.audit(tx, BEN, refund_id, True, "checked"))
    shop.run_tasks()


def stands(shop, order_no):
    """(state, what the channel has paid, what it has refused, how the order's money stands)."""
    row, order = refund(shop), shop.order(order_no)
    assert order.refunded == row.settled
    state = shop.read(lambda tx: queries.refund_states(tx, {order_no: order.paid}))[order_no]
    return row.state, row.settled, row.failed, state


def test_each_part_of_what_was_settled_otherwise_may_come_twice(owing):
    shop, order_no = owing
    propose(shop, "transfer 1")
    agree(shop)
    assert stands(shop, order_no) == ("settled", 0, PAYABLE + EXTRA, "refunded")
    comes_true(shop, EXTRA)
    assert stands(shop, order_no) == ("paid_twice", EXTRA, PAYABLE, "refunded")
    propose(shop, "the customer sent it back")
    assert stands(shop, order_no) == ("settled", EXTRA, PAYABLE, "refunded")
    comes_true(shop, PAYABLE)
    assert stands(shop, order_no) == ("paid_twice", PAYABLE + EXTRA, 0, "refunded")
    propose(shop, "and this, too")
    assert stands(shop, order_no) == ("succeeded", PAYABLE + EXTRA, 0, "refunded")


def test_both_parts_may_come_twice_before_anybody_looks(owing):
    shop, order_no = owing
    propose(shop, "transfer 1")
    agree(shop)
    for part in PARTS:
        comes_true(shop, part)
    assert stands(shop, order_no) == ("paid_twice", PAYABLE + EXTRA, 0, "refunded")
    propose(shop, "the customer sent it back")
    assert stands(shop, order_no) == ("succeeded", PAYABLE + EXTRA, 0, "refunded")


def test_a_part_that_comes_ends_the_proposal_of_too_much(owing):
    shop, order_no = owing
    propose(shop, "transfer of all")
    comes_true(shop, EXTRA)
    assert stands(shop, order_no) == ("failed", EXTRA, PAYABLE, "owed")
    assert (refund(shop).asked_by, refund(shop).reference) == (None, None)
    propose(shop, "transfer of the rest")
    agree(shop)
    assert stands(shop, order_no) == ("settled", EXTRA, PAYABLE, "refunded")
    comes_true(shop, PAYABLE)
    assert stands(shop, order_no)[0] == "paid_twice"


def test_what_comes_while_nobody_has_proposed_anything_is_owed_no_more(owing):
    shop, order_no = owing
    comes_true(shop, PAYABLE)
    assert stands(shop, order_no) == ("failed", PAYABLE, EXTRA, "owed")
    comes_true(shop, EXTRA)
    assert stands(shop, order_no) == ("succeeded", PAYABLE + EXTRA, 0, "refunded")

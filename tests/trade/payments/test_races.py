"""Released through a barrier on both databases: one payment, one effect, never more back than came."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from fulfil.contracts.trade import PaymentSucceeded
from fulfil.kit.errors import Refusal
from fulfil.sim.sandbox.outbox import Delivery
from fulfil.trade.payments import queries
from fulfil.trade.payments.errors import PaymentInProgress, RefundAboveCaptured
from fulfil.trade.payments.model import PaymentDocument
from fulfil.trade.payments.service import refunding
from tests.trade.payments.centre import build


def at_once(count: int, work) -> list:
    """Results of `work(i)` in `count` threads that begin together; a refusal counts as its result."""
    barrier = Barrier(count)

    def run(i: int):
        barrier.wait()
        try:
            return work(i)
        except Refusal as refusal:
            return type(refusal)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_the_same_payment_started_by_16_is_asked_for_once(centre):
    centre.open()
    results = at_once(16, lambda i: centre.start()["serial_no"])
    started = {result for result in results if result is not PaymentInProgress}
    assert len(started) == 1
    assert len(centre.channel.book.transactions) == 1 and len(centre.documents()) == 1


def test_20_callbacks_at_once_pay_once(centre):
    centre.open()
    callbacks = centre.channel.callbacks(centre.pay(centre.start()), Delivery(copies=20))
    at_once(20, lambda i: centre.receive(*callbacks[i]))
    assert [type(event) for event in centre.heard].count(PaymentSucceeded) == 1
    assert centre.documents() == [("succeeded", 2590, 0, 0)] and centre.violations() == []


def test_the_same_nonce_at_once_is_taken_once(centre):
    centre.open()
    [callback] = centre.channel.callbacks(centre.pay(centre.start()))
    at_once(16, lambda i: centre.receive(*callback))
    assert len(centre.heard) == 1


def test_8_refunds_of_60_from_100_leave_one(centre):
    centre.paid(100)
    results = at_once(8, lambda i: centre.refund(60, i + 1))
    assert sorted(map(str, results)) == sorted(map(str, [None] + [RefundAboveCaptured] * 7))
    assert centre.documents() == [("succeeded", 100, 60, 0)] and centre.violations() == []


def test_without_lock_guard_and_constraint_too_much_goes_back(postgres_url, monkeypatch):
    """The negative control of the race above; on SQLite the one writer is the lock."""
    centre = build(postgres_url)
    centre.paid(100)
    with centre.kit.db.writer.begin() as connection:
        connection.exec_driver_sql(
            "ALTER TABLE payment_documents DROP CONSTRAINT ck_payment_documents_refunds"
        )
    both_have_read = Barrier(2)
    documents = queries.documents

    def read_together(tx, order_no, *, lock=False):
        rows = documents(tx, order_no)
        both_have_read.wait()
        return rows

    _without_guard(monkeypatch)
    monkeypatch.setattr(refunding.queries, "documents", read_together)
    at_once(2, lambda i: centre.refund(60, i + 1))
    assert [violation.invariant for violation in centre.violations()] == [1]
    centre.kit.close()


def _without_guard(monkeypatch) -> None:
    def reserve(tx, document_id, part):
        tx.update(
            PaymentDocument, PaymentDocument.id == document_id, refunding=PaymentDocument.refunding + part
        )

    monkeypatch.setattr(refunding, "_reserve", reserve)

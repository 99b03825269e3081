"""The sandbox channel's books without a process."""

from datetime import UTC, datetime

from fulfil.kit.clock import VirtualClock
from fulfil.sim.sandbox.book import Book

ASKED = {
    "serial_no": "7",
    "amount": 900,
    "currency": "CNY",
    "account": "main",
    "notify_url": "",
    "return_url": "",
}


def test_a_failed_refunds_late_callback_does_not_undo_the_one_after_it():
    book = Book(VirtualClock(datetime(2026, 3, 2, tzinfo=UTC)), "1")
    book.pay(book.create(ASKED)["pay_token"], "succeeded")
    book.refund_failures = 1
    asked = {"refund_id": "1", "serial_no": "7", "amount": 900}
    failed = book.settle_refund(book.refund(asked))
    again = book.settle_refund(book.refund(asked))
    book.heard(failed)
    assert (failed.state, again.state) == ("failed", "succeeded")
    assert book.refund_of("1").state == "succeeded"
    assert book.charges("7")[0]["refunded"] == 900

"""Payments on both databases: one effect per payment, whatever the channel does."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from fulfil.contracts.trade import PaymentSucceeded
from fulfil.kit.gateway import FAILURES_TO_OPEN
from fulfil.trade.payments import queries, service
from fulfil.trade.payments.errors import (
    AlreadyPaid,
    BadSignature,
    ChannelUnavailable,
    MalformedNotice,
    MethodUnavailable,
    NothingToPay,
    PaymentClosed,
    PaymentInProgress,
    UnknownChannel,
)
from fulfil.trade.payments.model import PaymentDocument, PayNonce, PayNotice, PayRefund, PayTransaction
from fulfil.trade.payments.service import polling
from fulfil.trade.payments.service.polling import ASKED_AT_ONCE_MAX, PORTIONS_MAX
from tests.trade.payments.centre import NOON, ORDER, STORE


def held(centre) -> list[str]:
    return centre.read(lambda tx: tx.scalars(select(PayNotice.kind).order_by(PayNotice.id)))


class TestStarting:
    def test_the_document_exists_before_the_channel_is_called(self, centre):
        centre.open()
        assert centre.documents() == [("open", 0, 0, 0)]
        payment = centre.start()
        assert payment["state"] == "requested" and payment["amount"] == 2590 and payment["pay_seq"] == 1
        assert payment["pay_url"].endswith(payment["token"])

    def test_the_channel_never_sees_the_order(self, centre):
        centre.open()
        centre.start()
        [asked] = centre.channel.book.transactions.values()
        assert str(ORDER) not in str(vars(asked))

    def test_a_second_start_goes_on_with_the_same_payment(self, centre):
        centre.open()
        assert centre.start() == centre.start()
        assert len(centre.channel.book.transactions) == 1

    def test_a_start_beside_one_whose_call_is_out_is_told_so(self, centre):
        centre.open()
        centre.write(lambda tx: service.intend(tx, ORDER, "platform", "sandbox"))
        with pytest.raises(PaymentInProgress):
            centre.start()
        centre.clock.advance(30)  # whoever made that call is dead
        assert centre.start()["state"] == "requested"

    def test_an_unanswered_start_is_unknown_and_goes_on_under_the_same_number(self, centre):
        centre.open()
        centre.channel.silent = {"POST transactions"}
        with pytest.raises(ChannelUnavailable):
            centre.start()
        [unknown] = centre.read(queries.payments_of, ORDER)
        assert unknown["state"] == "unknown" and unknown["token"] is None
        centre.channel.silent = set()
        assert centre.start()["serial_no"] == unknown["serial_no"]
        assert len(centre.channel.book.transactions) == 1

    def test_a_broken_channel_is_refused_at_once(self, centre):
        centre.open()
        centre.channel.silent = {"POST transactions"}
        for _ in range(FAILURES_TO_OPEN + 1):
            with pytest.raises(ChannelUnavailable) as caught:
                centre.start()
        assert (caught.value.status, caught.value.code) == (503, "channel_unavailable")
        assert "CallRefused" in repr(caught.value.__cause__)

    def test_a_failed_payment_can_be_paid_again_under_the_next_number(self, centre):
        centre.open()
        centre.tell(centre.pay(centre.start(), "failed"))
        second = centre.start()
        assert second["pay_seq"] == 2
        centre.tell(centre.pay(second))
        assert centre.documents() == [("failed", 0, 0, 0), ("succeeded", 2590, 0, 0)]
        assert centre.violations() == []

    def test_what_cannot_be_paid_says_why(self, centre):
        with pytest.raises(NothingToPay):
            centre.start()
        centre.paid()
        with pytest.raises(AlreadyPaid):
            centre.start()

    def test_time_is_over_after_closing_and_after_expiry(self, centre):
        centre.open()
        centre.clock.advance(15 * 60)
        with pytest.raises(PaymentClosed):
            centre.start()
        centre.open(order_no=ORDER + 1)
        centre.write(lambda tx: service.close(tx, ORDER + 1))
        with pytest.raises(PaymentClosed):
            centre.start(ORDER + 1)

    @pytest.mark.parametrize(
        ("method", "channel", "refusal"),
        [("offline", "sandbox", MethodUnavailable), ("platform", "wechat", UnknownChannel)],
    )
    def test_only_ways_with_an_account_are_offered(self, centre, method, channel, refusal):
        centre.open()
        with pytest.raises(refusal):
            centre.write(lambda tx: service.intend(tx, ORDER, method, channel))


class TestHearing:
    def test_the_first_callback_pays_and_every_repeat_changes_nothing(self, centre):
        payment_id = centre.open()
        charge = centre.pay(centre.start())
        centre.tell(charge, copies=20)
        assert centre.heard == [PaymentSucceeded(ORDER, STORE, payment_id, 2590, "CNY", NOON)]
        assert centre.documents() == [("succeeded", 2590, 0, 0)]
        assert centre.violations() == []

    def test_the_same_nonce_again_is_a_repeat_and_with_another_body_a_forgery(self, centre):
        centre.open()
        charge = centre.pay(centre.start())
        [(headers, body)] = centre.channel.callbacks(charge)
        centre.receive(headers, body)
        centre.receive(headers, body)
        assert len(centre.heard) == 1
        stolen = centre.channel.notice(headers, body, NOON)
        with pytest.raises(BadSignature):
            centre.write(
                lambda tx: service.hear_notice(
                    tx, "sandbox", type(stolen)(stolen.nonce, "other digest", stolen.said)
                )
            )

    def test_news_out_of_order_do_not_undo_money(self, centre):
        centre.open()
        centre.tell(centre.pay(centre.start()), reorder=True)
        assert centre.documents() == [("succeeded", 2590, 0, 0)]

    def test_a_success_after_a_failure_is_the_truth(self, centre):
        centre.open()
        payment = centre.start()
        centre.tell(centre.pay(payment, "failed"))
        assert centre.documents() == [("failed", 0, 0, 0)]
        centre.tell(centre.pay(payment))
        assert centre.documents() == [("succeeded", 2590, 0, 0)] and len(centre.heard) == 1

    def test_money_after_closing_is_told_to_the_order_all_the_same(self, centre):
        centre.open()
        charge = centre.pay(centre.start())
        centre.write(lambda tx: service.close(tx, ORDER))
        centre.write(lambda tx: service.close(tx, ORDER))
        assert centre.documents() == [("closed", 0, 0, 0)]
        centre.tell(charge)
        assert [event.amount for event in centre.heard] == [2590]
        assert centre.violations() == []

    @pytest.mark.parametrize("amount", [2589, 2591])
    def test_a_wrong_amount_is_held_once_with_an_alarm_and_pays_nothing(self, centre, amount):
        centre.open()
        centre.tell(centre.pay(centre.start(), amount=amount), copies=3)
        assert held(centre) == ["amount_mismatch"]
        assert centre.heard == [] and centre.documents() == [("open", 0, 0, 0)]
        assert b'fulfil_facts_total{name="payments_held_amount_mismatch"} 1.0' in centre.kit.metrics.text()

    def test_a_second_charge_for_the_same_payment_is_held(self, centre):
        centre.open()
        charge = centre.pay(centre.start())
        centre.tell(charge)
        charge.channel_txn = "SB-another-charge"
        centre.tell(charge)
        assert held(centre) == ["charged_twice"] and len(centre.heard) == 1

    def test_a_channel_transaction_pays_one_payment_only(self, centre):
        centre.open()
        centre.open(order_no=ORDER + 1)
        first, second = centre.pay(centre.start()), centre.pay(centre.start(ORDER + 1))
        second.channel_txn = first.channel_txn
        centre.tell(first)
        centre.tell(second)
        assert held(centre) == ["channel_txn_reused"] and len(centre.heard) == 1

    def test_an_unknown_serial_number_is_held(self, centre):
        centre.open()
        charge = centre.pay(centre.start())
        charge.serial_no = "999"
        centre.tell(charge)
        assert held(centre) == ["unknown_serial"]

    @pytest.mark.parametrize(
        "change",
        [
            {"X-Sandbox-Signature": "0" * 64},
            {"X-Sandbox-Nonce": "another-nonce"},
            {"X-Sandbox-Timestamp": "1"},
        ],
    )
    def test_a_forged_callback_is_refused_before_it_is_read(self, centre, change):
        centre.open()
        [(headers, body)] = centre.channel.callbacks(centre.pay(centre.start()))
        with pytest.raises(BadSignature):
            centre.receive(headers | change, body)
        assert centre.heard == []

    def test_an_old_callback_is_refused(self, centre):
        centre.open()
        [(headers, body)] = centre.channel.callbacks(centre.pay(centre.start()))
        centre.clock.advance(301)
        with pytest.raises(BadSignature):
            centre.receive(headers, body)

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"[]",
            b"null",
            b"{}",
            b'{"type":"payment"}',
            b"[" * 60_000,
            b'{"type":"payment","serial_no":"1","state":"succeeded","amount":1e400,"currency":"CNY","account":"m"}',
            b'{"type":"payment","serial_no":"1","state":"succeeded","amount":true,"currency":"CNY","account":"m"}',
            b'{"type":"payment","serial_no":"9999999999999999999","state":"failed","amount":1,"currency":"C",'
            b'"account":"m"}',
            b'{"type":"payment","serial_no":"1","state":"failed","amount":1,"currency":"\\ud800","account":"m"}',
            b'{"type":"payment","serial_no":"1","state":"failed","amount":1,"currency":"\\u0000","account":"m"}',
            b'{"type":"refund","serial_no":"1","refund_id":1,"state":"failed","amount":1}',
        ],
    )
    def test_a_signed_callback_that_nobody_understands_is_malformed(self, centre, body):
        with pytest.raises(MalformedNotice):
            centre.receive(centre.channel._headers(body), body)

    def test_old_nonces_are_forgotten_after_the_window(self, centre):
        def nonces() -> int:
            return centre.read(lambda tx: tx.scalar(select(func.count()).select_from(PayNonce)))

        centre.paid()
        centre.write(service.sweep_nonces)
        assert nonces() == 1
        centre.clock.advance(901)
        centre.write(service.sweep_nonces)
        assert nonces() == 0


class TestPolling:
    def test_a_payment_whose_callback_is_lost_is_found_by_asking(self, centre):
        centre.open()
        centre.pay(centre.start(), "timeout")
        centre.sweep()
        assert centre.heard == []
        centre.clock.advance(60)
        centre.sweep()
        assert [event.amount for event in centre.heard] == [2590]
        assert len(centre.channel.book.charges(None)) == 1

    def test_a_declined_payment_that_is_paid_after_all_is_found_by_asking(self, centre):
        centre.open()
        payment = centre.start()
        centre.tell(centre.pay(payment, "failed"))
        assert centre.documents() == [("failed", 0, 0, 0)]
        centre.pay(payment, "timeout")
        centre.clock.advance(60)
        centre.sweep()
        assert [event.amount for event in centre.heard] == [2590]
        assert centre.documents() == [("succeeded", 2590, 0, 0)]

    def test_a_declined_payment_is_asked_about_for_a_day(self, centre):
        centre.open()
        centre.tell(centre.pay(centre.start(), "failed"))
        waiting = select(PayTransaction.id).where(PayTransaction.next_poll_at.is_not(None))
        assert len(centre.read(lambda tx: tx.scalars(waiting))) == 1
        for _ in range(60):
            centre.clock.advance(1801)
            centre.sweep()
        assert centre.read(lambda tx: tx.scalars(waiting)) == []
        assert [row["state"] for row in centre.read(queries.payments_of, ORDER)] == ["failed"]

    def test_an_expired_payment_is_asked_about_at_once(self, centre):
        centre.open()
        centre.pay(centre.start(), "timeout")
        centre.write(lambda tx: service.close(tx, ORDER))
        centre.sweep()
        assert len(centre.heard) == 1

    def test_an_unpaid_payment_becomes_final_after_a_day(self, centre):
        centre.open()
        payment = centre.start()
        for _ in range(60):
            centre.clock.advance(1801)
            centre.sweep()
        [row] = centre.read(queries.payments_of, ORDER)
        assert row["state"] == "closed"
        waiting = select(PayTransaction.id).where(PayTransaction.next_poll_at.is_not(None))
        assert centre.read(lambda tx: tx.scalars(waiting)) == []
        centre.tell(centre.pay(payment))
        assert len(centre.heard) == 1, "money that comes after all is still money"

    def test_silence_of_the_channel_decides_nothing(self, centre):
        centre.open()
        centre.pay(centre.start(), "timeout")
        centre.channel.silent = {"GET transactions"}
        centre.clock.advance(60)
        centre.sweep()
        assert centre.documents() == [("open", 0, 0, 0)]
        centre.channel.silent = set()
        centre.clock.advance(timedelta(minutes=5).total_seconds())
        centre.sweep()
        assert len(centre.heard) == 1


class Killed(Exception):
    """Stands for the process dying at a failpoint."""


def die_once(centre, failpoint: str) -> None:
    """Break the next transaction that comes to `failpoint`."""
    points = centre.kit.db.failpoints

    def die() -> None:
        points.on(failpoint, None)
        raise Killed

    points.on(failpoint, die)

    def test_many_silent_payments_are_asked_about_in_portions(self, centre):
        numbers = [ORDER + n for n in range(2 * ASKED_AT_ONCE_MAX + 3)]
        for number in numbers:
            centre.open(order_no=number)
            centre.pay(centre.start(number))
        centre.clock.advance(31)
        centre.sweep()
        portions = [len(centre.heard)]
        for _ in range(3):
            centre.clock.advance(1)
            centre.kit.tasks.run_until_idle()
            portions.append(len(centre.heard))
        assert portions == [10, 20, 23, 23]
        assert all(centre.documents(number) == [("succeeded", 2590, 0, 0)] for number in numbers)

    def test_a_sweep_ends_before_the_next_one_begins(self, centre, monkeypatch):
        monkeypatch.setattr(polling, "ASKED_AT_ONCE_MAX", 1)
        for number in range(PORTIONS_MAX + 2):
            centre.open(order_no=ORDER + number)
            centre.pay(centre.start(ORDER + number))
        centre.clock.advance(31)
        centre.sweep()
        for _ in range(10):
            centre.clock.advance(1)
            centre.kit.tasks.run_until_idle()
        assert len(centre.heard) == PORTIONS_MAX


class TestDying:
    def test_between_the_channels_answer_and_its_commit_the_payment_goes_on(self, centre):
        centre.open()
        die_once(centre, "pay-answered:before-commit")
        with pytest.raises(Killed):
            centre.start()
        centre.clock.advance(30)
        centre.tell(centre.pay(centre.start()))
        assert len(centre.channel.book.charges(None)) == 1 and len(centre.heard) == 1

    def test_before_the_commit_of_a_callback_its_repeat_is_heard(self, centre):
        centre.open()
        [(headers, body)] = centre.channel.callbacks(centre.pay(centre.start()))
        die_once(centre, "test:before-commit")
        with pytest.raises(Killed):
            centre.receive(headers, body)
        assert centre.documents() == [("open", 0, 0, 0)]
        centre.heard.clear()
        centre.receive(headers, body)
        assert centre.documents() == [("succeeded", 2590, 0, 0)] and len(centre.heard) == 1

    def test_between_the_banks_word_and_its_commit_no_refund_is_made_twice(self, centre):
        centre.paid()
        centre.refund(100, 1)
        die_once(centre, "task-payments.refund:before-commit")
        centre.kit.tasks.run_until_idle()
        centre.clock.advance(60)
        centre.settle_refunds()
        assert len(centre.channel.book.refunds) == 1
        assert centre.documents() == [("succeeded", 2590, 0, 100)] and centre.violations() == []


class TestViolations:
    """Each check sees the fault that it is there for."""

    @pytest.mark.parametrize(
        ("table", "fault", "found"),
        [
            (PaymentDocument, {"refunded": 99}, {(1, "payment_document")}),
            (PaymentDocument, {"refunding": 1}, {(1, "payment_document")}),
            (PayRefund, {"state": "failed"}, {(1, "payment_document")}),
            (PaymentDocument, {"captured": 2589}, {(5, "payment_document")}),
            (PaymentDocument, {"state": "closed"}, {(5, "payment_document"), (5, "pay_transaction")}),
            (PaymentDocument, {"serial_no": None}, {(5, "payment_document"), (5, "pay_transaction")}),
            (PayTransaction, {"amount": 2589}, {(5, "payment_document")}),
            (PayTransaction, {"currency": "USD"}, {(5, "payment_document")}),
            (PayTransaction, {"store_id": 12}, {(5, "payment_document")}),
            (PayTransaction, {"state": "requested"}, {(5, "payment_document")}),
        ],
    )
    def test_a_fault_is_found(self, centre, table, fault, found):
        centre.paid()
        centre.refund(100, 1)
        centre.settle_refunds()
        assert centre.violations() == []
        centre.write(lambda tx: tx.update(table, **fault))
        assert {(violation.invariant, violation.entity) for violation in centre.violations()} == found

"""Who signed, what fits, where money goes, when to ask again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfil.trade.payments import rules
from fulfil.trade.payments.rules import Account, Refundable, Said

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
KEY, NONCE, BODY = "the key of today", "nonce-0001", b'{"amount":100}'


def test_the_signature_is_the_agreed_one():
    # printf 1.n.b | openssl dgst -sha256 -hmac k
    by_openssl = "fc4a42f7c40feb8345aa6ad8403c01ecaa68e0bba0c295282c63da66bbbf3ab3"
    assert rules.signature("k", "1", "n", b"b") == by_openssl


@pytest.mark.parametrize(
    ("change", "valid"),
    [
        ({}, True),
        ({"body": b'{"amount":101}'}, False),
        ({"nonce": "nonce-0002"}, False),
        ({"timestamp": str(int(NOW.timestamp()) + 1)}, False),
        ({"given": ""}, False),
        ({"given": "é" * 64}, False),
        ({"secrets": ["another key"]}, False),
        ({"secrets": ["the next key", KEY]}, True),
        ({"secrets": []}, False),
        ({"now": NOW + timedelta(seconds=300)}, True),
        ({"now": NOW - timedelta(seconds=300)}, True),
        ({"now": NOW + timedelta(seconds=301)}, False),
        ({"now": NOW - timedelta(seconds=301)}, False),
    ],
)
def test_a_callback_is_the_channels_only_when_everything_fits(change, valid):
    asked = {
        "secrets": [KEY],
        "timestamp": STAMP,
        "nonce": NONCE,
        "body": BODY,
        "now": NOW,
        "given": rules.signature(KEY, STAMP, NONCE, BODY),
    } | change
    assert rules.signed(**asked) is valid


@pytest.mark.parametrize("timestamp", ["", "-1", "1e9", "٣", "9" * 13, " 1"])
def test_a_timestamp_of_another_shape_is_never_valid(timestamp):
    given = rules.signature(KEY, timestamp, NONCE, BODY)
    assert not rules.signed([KEY], timestamp, NONCE, BODY, given, NOW)


@pytest.mark.parametrize("nonce", ["", "short", "n" * 65, "nonce 0001", "nonce\n0001"])
def test_a_nonce_of_another_shape_is_never_valid(nonce):
    given = rules.signature(KEY, STAMP, nonce, BODY)
    assert not rules.signed([KEY], STAMP, nonce, BODY, given, NOW)


def test_only_the_headers_that_were_sent_prove_a_body():
    headers = rules.signed_headers(KEY, NONCE, BODY, NOW)
    assert rules.signed_nonce([KEY], headers, BODY, NOW) == NONCE
    assert rules.signed_nonce([KEY], headers, BODY + b" ", NOW) is None
    for name in ("X-Sandbox-Timestamp", "X-Sandbox-Nonce", "X-Sandbox-Signature"):
        without = {key: value for key, value in headers.items() if key != name}
        assert rules.signed_nonce([KEY], without, BODY, NOW) is None


def test_nonces_are_remembered_longer_than_a_signature_lasts():
    assert rules.NONCE_KEPT_SECONDS > 2 * rules.SIGNATURE_WINDOW_SECONDS


def test_each_way_to_pay_has_one_account():
    found = rules.accounts("retail/platform/sandbox=main retail/quick_card/sandbox=cards")
    assert found == (
        Account("retail", "platform", "sandbox", "main"),
        Account("retail", "quick_card", "sandbox", "cards"),
    )
    assert rules.route(found, "retail", "quick_card", "sandbox") == "cards"
    assert rules.route(found, "retail", "offline", "sandbox") is None


@pytest.mark.parametrize(
    "text",
    ["retail/platform=main", "retail/platform/sandbox", "retail//sandbox=main", "a/b/c=", "a/b/c=1 a/b/c=2"],
)
def test_accounts_of_another_shape_are_refused(text):
    with pytest.raises(ValueError, match="receiving accounts"):
        rules.accounts(text)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({}, None),
        ({"amount": 99}, "amount_mismatch"),
        ({"amount": 101}, "amount_mismatch"),
        ({"currency": "USD"}, "currency_mismatch"),
        ({"account": "other"}, "account_mismatch"),
        ({"channel_txn": None}, "no_channel_txn"),
    ],
)
def test_a_claimed_payment_must_fit_its_transaction(change, kind):
    said = Said(
        **{
            "serial_no": 1,
            "state": "succeeded",
            "amount": 100,
            "currency": "CNY",
            "account": "main",
            "channel_txn": "t1",
        }
        | change
    )
    assert rules.misfit(said, amount=100, currency="CNY", account="main") == kind


@pytest.mark.parametrize(("polls", "seconds"), [(0, 5), (1, 10), (4, 80), (9, 1800), (1000, 1800)])
def test_the_wait_between_polls_doubles_up_to_half_an_hour(polls, seconds):
    assert rules.poll_after(polls, 5) == timedelta(seconds=seconds)


def test_a_silent_payment_is_over_a_day_after_it_could_be_paid():
    assert not rules.given_up(NOW + timedelta(hours=24) - timedelta(seconds=1), NOW)
    assert rules.given_up(NOW + timedelta(hours=24), NOW)


@pytest.mark.parametrize(
    ("attempts", "hours", "again"), [(1, 0, True), (2, 23, True), (3, 0, False), (1, 24, False)]
)
def test_a_refused_refund_is_tried_three_times_within_a_day(attempts, hours, again):
    assert rules.try_refund_again(attempts, NOW, NOW + timedelta(hours=hours)) is again


@pytest.mark.parametrize(
    ("amount", "first", "parts"),
    [
        (60, None, [(1, 60)]),
        (100, None, [(1, 100)]),
        (130, None, [(1, 100), (2, 30)]),
        (30, 2, [(2, 30)]),
        (60, 2, [(2, 50), (1, 10)]),
        (150, None, [(1, 100), (2, 50)]),
        (151, None, None),
    ],
)
def test_a_refund_is_spread_over_what_was_captured(amount, first, parts):
    assert rules.spread([Refundable(2, 50), Refundable(1, 100), Refundable(3, 0)], amount, first) == parts


@given(st.lists(st.integers(0, 1000), max_size=5), st.integers(1, 5000), st.integers(0, 5))
def test_a_spread_sums_exactly_and_takes_no_more_than_is_left(lefts, amount, first):
    parts = rules.spread([Refundable(i, left) for i, left in enumerate(lefts)], amount, first)
    if parts is None:
        assert sum(lefts) < amount
    else:
        assert sum(part for _, part in parts) == amount
        assert all(0 < part <= lefts[i] for i, part in parts)


def test_the_times_that_were_agreed_on():
    """P8, P10: how long a signature and a nonce count, when a channel is asked, how long a call may take."""
    assert (rules.SIGNATURE_WINDOW_SECONDS, rules.NONCE_KEPT_SECONDS) == (300, 900)
    assert (rules.POLL_FIRST_SECONDS, rules.POLL_PENDING_SECONDS, rules.CALL_SECONDS_MAX) == (5, 30, 20)


def test_a_channel_that_names_no_amount_names_no_money():
    assert (rules.Said(1, "pending").amount, rules.RefundSaid(1, "absent").amount) == (0, 0)


@pytest.mark.parametrize(
    ("statuses", "no"),
    [
        ((200, 302, 399, 500, 503), False),
        ((401, 403, 407, 408, 425, 429), False),  # whom it does not know or trust now may ask again
        ((400, 402, 404, 406, 409, 422, 424, 426, 428, 430, 499), True),
    ],
)
def test_which_answers_of_a_channel_are_a_no(statuses, no):
    assert {status: rules.is_no(status) for status in statuses} == dict.fromkeys(statuses, no)


@pytest.mark.parametrize(
    ("language", "address"),
    [
        ("en", "https://shop.example/orders/7?lang=en"),
        ("zh", "https://shop.example/orders/7?lang=zh"),
        ("fr", "https://shop.example/orders/7"),
        ("", "https://shop.example/orders/7"),
        ("en&next=//elsewhere", "https://shop.example/orders/7"),
    ],
)
def test_a_page_is_asked_for_in_a_language_of_ours_only(language: str, address: str) -> None:
    assert rules.in_language("https://shop.example/orders/7", language) == address

"""Texts, money and times that the server writes."""

from datetime import UTC, datetime

import pytest

from fulfil.trade.aftersales.rules import REASONS
from fulfil.trade.aftersales.states import CaseState, Kind, RefundState
from fulfil.trade.orders.rules import IF_SILENT
from terminal_ui.track.pages import PROBLEMS, help_with
from terminal_ui.track.words import Words
from tests.terminal.open_house import unsaid


def test_both_languages_say_everything():
    assert unsaid("track") == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_refund_and_every_answer_that_did_not_count_has_its_words(language):
    said = Words(language)
    keys = [
        *(f"refund.{kind}" for kind in Kind),
        *(f"refund.state.{state}" for state in RefundState),
        *(f"complaint.{state}" for state in CaseState),
        *(f"wrong.{reason}" for reason in REASONS),
        *(f"problem.{code}" for code in PROBLEMS),
        *(f"ask.silent.{wish}" for wish in IF_SILENT),
    ]
    assert [key for key in keys if not said(key)] == []


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (1290, "CNY", "¥12.90"),
        (5, "EUR", "€0.05"),
        (123456789, "USD", "$1,234,567.89"),
        (1200, "JPY", "¥1,200"),
        (1290, "SGD", "SGD 12.90"),
    ],
)
def test_money(minor, currency, text):
    assert Words("en").money(minor, currency) == text


@pytest.mark.parametrize(
    ("n", "unit", "text"), [(3, "each", "×3"), (850, "g", "850 g"), (1250, "g", "1.25 kg")]
)
def test_quantity(n, unit, text):
    assert Words("en").quantity(n, unit) == text


@pytest.mark.parametrize(("n", "unit", "text"), [(850, "g", "850 克"), (1250, "g", "1.25 公斤")])
def test_weights_in_chinese(n, unit, text):
    assert Words("zh").quantity(n, unit) == text


def test_another_day_has_its_date():
    now = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
    assert Words("en").when("2026-03-02T15:20:00Z", "Asia/Shanghai", now) == "23:20"
    assert Words("en").when("2026-03-02T16:20:00Z", "Asia/Shanghai", now) == "3 Mar 00:20"
    assert Words("zh").when("2026-03-02T16:20:00Z", "Asia/Shanghai", now) == "3月3日 00:20"


def test_one_and_many():
    assert Words("en")("bags.title", n=1) == "1 bag"
    assert Words("en")("bags.title", n=2) == "2 bags"


@pytest.mark.parametrize(
    ("state", "delivery", "recalled", "key"),
    [
        ("placed", "none", False, "help.cancel"),
        ("paid", "ready", False, "help.cancel"),
        ("paid", "returned", False, "help.cancel"),
        ("paid", "handed_over", False, "help.recall"),
        ("paid", "handed_over", True, ""),
        ("paid", "returning", False, ""),
        ("completed", "delivered", False, "help.complain"),
        ("cancelled", "cancelled", False, ""),
        ("cancelling", "ready", False, ""),
        ("expired", "none", False, ""),
        ("closed", "delivered", False, ""),
    ],
)
def test_only_what_the_customer_can_still_do_is_advised(state, delivery, recalled, key):
    order = {"state": state, "delivery_state": delivery, "recalled": recalled}
    assert help_with(order) == key

"""Tables for delivery's decisions."""

from datetime import UTC, datetime, timedelta

import pytest

from fulfil.delivery import rules
from fulfil.delivery.errors import CustomerMayCome, MilestoneUnknown, PinLocked, PinWrong
from fulfil.delivery.states import DELIVERY


@pytest.mark.parametrize(
    ("state", "names", "legal"),
    [
        ("waiting", ["arriving", "arrived"], ["milestone"]),
        ("arriving", ["arrived"], ["milestone"]),
        ("arrived", [], []),
        ("picked_up", ["arrived_at_customer"], ["milestone", "deliver", "call", "return"]),
        ("arrived_at_customer", [], ["deliver", "call", "return"]),
        ("returning", ["returned"], ["milestone", "deliver"]),
        ("delivered", [], []),
        ("returned", [], []),
        ("cancelled", [], []),
    ],
)
def test_what_may_come_next(state, names, legal):
    assert rules.milestones(state) == names
    assert rules.legal_delivery(state) == legal


@pytest.mark.parametrize(
    ("state", "name"),
    [
        ("waiting", "arrived_at_customer"),
        ("picked_up", "returned"),
        ("waiting", "picked_up"),
        ("delivered", "arrived"),
    ],
)
def test_a_milestone_out_of_order_is_refused(state, name):
    with pytest.raises(MilestoneUnknown) as refused:
        rules.check_milestone(state, name)
    assert refused.value.extra["legal"] == rules.milestones(state)


@pytest.mark.parametrize(
    ("pin", "failures", "proven"), [("4711", 0, True), ("4711", 4, True), (None, 0, False), (None, 99, False)]
)
def test_the_pin_proves_the_delivery(pin, failures, proven):
    assert rules.proven(pin, "4711", failures) is proven


@pytest.mark.parametrize(
    ("pin", "failures", "refusal"),
    [
        ("4712", 0, PinWrong),
        ("", 0, PinWrong),
        ("四七一一", 0, PinWrong),
        ("4711", 5, PinLocked),
        ("4712", 5, PinLocked),
    ],
)
def test_a_wrong_pin_is_refused_and_guessing_ends(pin, failures, refusal):
    with pytest.raises(refusal):
        rules.proven(pin, "4711", failures)


@pytest.mark.parametrize(
    ("reason", "fault"),
    [
        ("customer_absent", True),
        ("customer_refused", True),
        ("wrong_address", True),
        ("damaged", False),
        ("other", False),
    ],
)
def test_who_pays_for_a_ride_for_nothing(reason, fault):
    assert rules.customers_fault(reason) is fault


@pytest.mark.parametrize(
    ("reason", "calls", "now", "left"),
    [
        ("customer_refused", [], 0, None),
        ("customer_absent", [0, 60], 600, None),
        ("customer_absent", [0, 700], 700, None),
        ("customer_absent", [], 600, 2),
        ("customer_absent", [0], 600, 1),
        ("customer_absent", [0, 60], 599, 0),
    ],
)
def test_when_a_customer_counts_as_absent(reason, calls, now, left):
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    said = (reason, [noon + timedelta(seconds=at) for at in calls], noon + timedelta(seconds=now))
    if left is None:
        assert rules.check_absent(*said) is None
        return
    with pytest.raises(CustomerMayCome) as refusal:
        rules.check_absent(*said)
    assert refusal.value.extra == {"left": left, "at": "2026-03-02T12:10:00.000Z" if calls else None}


@pytest.mark.parametrize(
    ("calls", "counted"),
    [
        ([], []),
        ([0], [0]),
        ([0, 1], [0]),
        ([0, 59], [0]),
        ([0, 60], [0, 60]),
        ([0, 40, 80, 120], [0, 80]),
        ([0, 30, 60, 90, 120], [0, 60, 120]),
    ],
)
def test_calls_within_a_minute_are_one(calls, counted):
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    said = [noon + timedelta(seconds=at) for at in calls]
    assert rules.counted(said) == [noon + timedelta(seconds=at) for at in counted]


def test_the_machine_ends_in_three_ways():
    assert DELIVERY.terminal == {"delivered", "returned", "cancelled"}
    assert not DELIVERY.allows("picked_up", "cancel")
    assert DELIVERY.next("returning", "delivered") == "delivered"

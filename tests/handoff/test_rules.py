"""Tables for handoff's decisions."""

from datetime import UTC, datetime, timedelta

import pytest

from fulfil.handoff import rules
from fulfil.handoff.errors import BagsMissing, ColdOverrun, NothingToRelease, SearchFirst, SupervisorNeeded
from fulfil.handoff.rules import Check
from fulfil.handoff.states import HANDOVER

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def check(n, state, seconds_ago=0):
    return Check(f"BAG-1-{n}", state, NOW - timedelta(seconds=seconds_ago))


@pytest.mark.parametrize(
    ("checks", "allowed"),
    [
        ([check(1, "scanned")], False),
        ([check(1, "scanned"), check(2, "scanned")], False),
        ([check(1, "scanned"), check(2, "missing", 180)], True),
        ([check(1, "missing", 180)], True),
    ],
)
def test_release_with_every_bag_accounted_for(checks, allowed):
    rules.may_release(NOW, checks, without_allowed=allowed)


@pytest.mark.parametrize(
    ("checks", "allowed", "refusal"),
    [
        ([check(1, "expected")], True, BagsMissing),
        ([check(1, "scanned"), check(2, "expected")], True, BagsMissing),
        ([check(1, "missing", 179)], True, SearchFirst),
        ([check(1, "missing", 999)], False, SupervisorNeeded),
        ([check(1, "left_out")], True, NothingToRelease),
        ([], True, NothingToRelease),
        ([check(1, "scanned"), check(2, "missing", 179)], True, SearchFirst),
        ([check(1, "scanned"), check(2, "missing", 999)], False, SupervisorNeeded),
    ],
)
def test_release_is_refused(checks, allowed, refusal):
    with pytest.raises(refusal):
        rules.may_release(NOW, checks, without_allowed=allowed)


def test_the_refusal_names_the_bags():
    with pytest.raises(BagsMissing) as refused:
        rules.may_release(
            NOW, [check(1, "expected"), check(2, "scanned"), check(3, "missing")], without_allowed=False
        )
    assert refused.value.extra == {"bags": ["BAG-1-1"], "missing": ["BAG-1-3"]}


@pytest.mark.parametrize(("ago", "left"), [(0, 180), (60, 120), (180, 0), (999, 0)])
def test_the_search_lasts_three_minutes(ago, left):
    assert rules.search_seconds_left(NOW, NOW - timedelta(seconds=ago)) == left


@pytest.mark.parametrize("seconds", [{}, {"frozen": 900}, {"chilled": 1800, "frozen": 0}])
def test_cold_goods_within_their_time_may_leave(seconds):
    rules.check_cold(seconds, {"frozen": 900, "chilled": 1800})


@pytest.mark.parametrize(
    ("seconds", "zone"), [({"frozen": 901}, "frozen"), ({"chilled": 1801, "frozen": 900}, "chilled")]
)
def test_an_overrun_never_leaves(seconds, zone):
    with pytest.raises(ColdOverrun) as refused:
        rules.check_cold(seconds, {"frozen": 900, "chilled": 1800})
    assert refused.value.extra["zone"] == zone


@pytest.mark.parametrize(
    ("seconds", "limit", "warm"), [(900, 900, False), (901, 900, True), (9999, None, False)]
)
def test_too_warm_is_longer_than_the_limit(seconds, limit, warm):
    assert rules.too_warm(seconds, limit) is warm


@pytest.mark.parametrize(("seconds", "warns"), [(719, False), (720, True), (1000, True)])
def test_the_screen_warns_at_80_percent(seconds, warns):
    assert rules.cold_warning(seconds, 900) is warns


@pytest.mark.parametrize(
    ("ordered", "picked", "short", "missing", "reported"),
    [(2, 2, 0, 1, 1), (500, 540, 0, 540, 500), (3, 2, 1, 2, 2)],
)
def test_a_lost_bag_is_refunded_up_to_the_order(ordered, picked, short, missing, reported):
    assert rules.to_report(ordered, picked, short, missing) == reported


@pytest.mark.parametrize(
    ("roles", "disabled", "may"),
    [
        (["rider"], False, True),
        (["picker", "rider"], False, True),
        (["picker"], False, False),
        (["rider"], True, False),
    ],
)
def test_who_may_ride(roles, disabled, may):
    assert rules.may_ride(roles, disabled=disabled) is may


@pytest.mark.parametrize(("code", "badge"), [("BADGE-P001", "P001"), (" p001 ", "P001")])
def test_a_badge_is_known_with_and_without_its_prefix(code, badge):
    assert rules.badge_of(code) == badge


@pytest.mark.parametrize(
    ("states", "warm", "has", "has_not"),
    [
        (["expected", "scanned"], False, {"bag_scan", "bag_missing", "no_show"}, {"release", "refuse"}),
        (["scanned", "missing"], False, {"bag_scan", "release"}, {"bag_missing", "refuse"}),
        (["missing"], False, {"bag_scan", "release"}, {"bag_missing", "no_show"}),
        (["left_out"], False, {"bag_scan"}, {"release", "bag_missing", "no_show"}),
        (["scanned"], True, {"release", "refuse"}, {"bag_missing"}),
        (["scanned", "left_out"], False, {"release"}, {"refuse"}),
    ],
)
def test_legal_ops(states, warm, has, has_not):
    legal = set(rules.legal_handoff(states, warm=warm))
    assert has <= legal
    assert not has_not & legal


def test_a_handover_ends_once():
    assert HANDOVER.next("open", "release") == "released"
    assert HANDOVER.next("open", "cancel") == "cancelled"
    assert HANDOVER.terminal == {"released", "cancelled"}

"""Tables for the decisions of staff."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fulfil.kit.errors import IllegalMove
from fulfil.staff import rules
from fulfil.staff.states import SHIFT

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
LATER, EARLIER = NOW + timedelta(minutes=1), NOW - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("failures", "locked", "allowed", "counted", "locks"),
    [
        (0, None, True, 1, False),
        (3, None, True, 4, False),
        (4, None, True, 5, True),
        (5, LATER, False, 5, True),
        (5, EARLIER, True, 1, False),
        (5, NOW, True, 1, False),
    ],
)
def test_every_try_counts_and_the_last_one_locks(failures, locked, allowed, counted, locks):
    tried = rules.attempt(failures, locked, NOW, rules.PERSON_TRIES_MAX)
    assert (tried.allowed, tried.failures, tried.locked_until is not None) == (allowed, counted, locks)
    if allowed and locks:
        assert tried.locked_until == NOW + timedelta(minutes=15)


@pytest.mark.parametrize(
    ("actor", "before", "after", "may"),
    [
        ({"supervisor"}, [], ["picker", "counter"], True),
        ({"supervisor"}, [], ["admin"], False),
        ({"supervisor"}, [], ["picker", "cook", "packer", "counter", "rider"], True),
        ({"supervisor"}, [], ["picker", "supervisor"], False),
        ({"supervisor"}, ["supervisor"], ["picker"], False),
        ({"supervisor"}, ["supervisor"], ["supervisor", "picker"], True),
        ({"supervisor"}, ["admin"], ["picker"], False),
        ({"supervisor"}, ["operator"], ["operator"], False),
        ({"admin"}, ["admin"], ["picker"], True),
        ({"admin"}, [], ["admin", "operator"], True),
        ({"supervisor"}, [], ["finance"], False),
        ({"admin"}, [], ["finance"], True),
    ],
)
def test_who_may_give_which_role(actor, before, after, may):
    assert rules.may_grant(actor, before, after) is may


@pytest.mark.parametrize(
    ("actor", "roles", "may"),
    [
        ({"supervisor"}, {"picker", "rider"}, True),
        ({"supervisor"}, {"operator"}, True),
        ({"supervisor"}, {"supervisor"}, False),
        ({"supervisor"}, {"admin"}, False),
        ({"supervisor"}, {"picker", "admin"}, False),
        ({"admin"}, {"supervisor"}, True),
        ({"admin"}, {"admin"}, True),
    ],
)
def test_who_may_give_a_new_pin(actor, roles, may):
    assert rules.may_reset_pin(actor, roles) is may


@pytest.mark.parametrize(
    ("before", "after", "gives_up"),
    [
        (["admin"], ["supervisor"], True),
        (["supervisor", "picker"], ["picker"], True),
        (["supervisor", "picker"], ["supervisor"], False),
        (["picker"], ["packer"], False),
    ],
)
def test_who_gives_up_being_in_charge(before, after, gives_up):
    assert rules.gives_up_charge(before, after) is gives_up


@pytest.mark.parametrize(
    ("pin", "good"),
    [
        ("1234", True),
        ("12345678", True),
        ("123", False),
        ("123456789", False),
        ("12a4", False),
        ("１２３４", False),
        ("", False),
    ],
)
def test_a_pin_has_four_to_eight_digits(pin, good):
    assert rules.is_pin(pin) is good


@pytest.mark.parametrize(("text", "badge"), [("BADGE-P7", "P7"), (" p7 ", "P7"), ("badge-p7", "P7")])
def test_badges_come_with_and_without_their_prefix(text, badge):
    assert rules.bare_badge(text) == badge


def test_enrolment_codes_forgive_how_they_are_typed():
    assert rules.enrolment_code(" ab2-cd 3 ") == "AB2CD3"


@pytest.mark.parametrize(
    ("state", "event", "target"),
    [
        ("off", "available", "available"),
        ("available", "break", "break"),
        ("available", "off", "off"),
        ("break", "available", "available"),
        ("break", "off", "off"),
        ("off", "break", None),
    ],
)
def test_shifts(state, event, target):
    if target is None:
        with pytest.raises(IllegalMove):
            SHIFT.next(state, event)
    else:
        assert SHIFT.next(state, event) == target


def at(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def rest(start: int, end: int) -> rules.Rest:
    return at(start), at(end)


@pytest.mark.parametrize(
    ("ends", "breaks", "can"),
    [
        (480, [], True),
        (960, [], True),
        (961, [], False),
        (0, [], False),
        (-1, [], False),
        (480, [(0, 30), (30, 60), (450, 480)], True),
        (480, [(-1, 30)], False),
        (480, [(450, 481)], False),
        (480, [(60, 90), (30, 45)], False),
        (480, [(30, 60), (59, 70)], False),
        (480, [(30, 30)], False),
        (480, [(60, 30)], False),
    ],
)
def test_what_somebody_can_work(ends, breaks, can):
    assert rules.possible(NOW, at(ends), [rest(*one) for one in breaks]) is can


@pytest.mark.parametrize(
    ("start", "to", "after"),
    [
        (60, 75, [(75, 90), (200, 230)]),
        (200, 170, [(60, 75), (170, 200)]),
        (200, 10, [(10, 40), (60, 75)]),
        (61, 75, None),
    ],
)
def test_a_break_that_is_moved_lasts_as_long(start, to, after):
    moved = rules.moved([rest(60, 75), rest(200, 230)], at(start), at(to))
    assert moved == (None if after is None else [rest(*one) for one in after])


@pytest.mark.parametrize(
    ("minutes", "found"), [(0, (60, 75)), (60, (60, 75)), (74, (60, 75)), (75, (200, 230)), (230, None)]
)
def test_the_break_that_is_on_or_comes_next(minutes, found):
    breaks = [rest(60, 75), rest(200, 230)]
    assert rules.next_break(at(minutes), breaks) == ((None, None) if found is None else rest(*found))


@pytest.mark.parametrize(
    ("ends", "pause", "until"),
    [
        (480, None, 480),
        (None, None, None),
        (480, (60, 75), 60),
        (None, (60, 75), 60),
        (480, (-15, 1), -15),
        (480, (-15, 0), 480),
        (None, (-15, 0), None),
        (30, (60, 75), 30),
    ],
)
def test_when_new_work_must_be_done_by(ends, pause, until):
    starts_at, ends_at = (None, None) if pause is None else rest(*pause)
    found = rules.works_until(NOW, None if ends is None else at(ends), starts_at, ends_at)
    assert found == (None if until is None else at(until))


def test_the_limits_that_were_agreed_on():
    assert (rules.PERSON_TRIES_MAX, rules.DEVICE_TRIES_MAX, rules.CODE_CHARS) == (5, 10, 10)
    assert timedelta(hours=24) == rules.ENROLMENT_LIFE
    assert timedelta(hours=1) == rules.EARLY

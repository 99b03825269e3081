"""Decisions of preparation, as tables."""

from datetime import timedelta

import pytest

from fulfil.contracts.stage import FulfilmentLine
from fulfil.prep import rules
from fulfil.prep.errors import MoreThanLeft, NothingCooks, NothingWaits, PrepLineClosed, TooEarly
from fulfil.prep.rules import Beside, Recipe
from tests.floor import START


def line(number, prep, quantity=1, *, zone="ambient", picked=0, short=0, substituted=0):
    return FulfilmentLine(
        number,
        f"s{number}",
        quantity,
        "each",
        zone,
        "K01-01-1",
        300 * quantity,
        picked,
        short,
        substituted,
        "refund",
        prep=prep,
    )


@pytest.mark.parametrize(
    ("recipe", "portions", "seconds"),
    [("grill:480:4", 1, 480), ("grill:480:4", 4, 480), ("grill:480:4", 5, 960), ("coffee:90:1", 3, 270)],
)
def test_portions_are_made_batch_after_batch(recipe, portions, seconds):
    assert Recipe.of(recipe).takes(portions) == seconds


def test_a_job_is_one_station_and_temperature():
    found = rules.jobs(
        [
            line(1, None),
            line(2, "grill:480:4", 5),
            line(3, "grill:60:1", 2),
            line(4, "grill:30:1", zone="chilled"),
            line(5, "coffee:90:1", short=1),
        ]
    )
    assert [
        (job.station, job.zone, [one.line_no for one in job.lines], job.seconds, job.grams) for job in found
    ] == [("grill", "ambient", [2, 3], 960 + 120, 2100), ("grill", "chilled", [4], 30, 300)]


@pytest.mark.parametrize(
    ("beside", "latest", "seconds"),
    [
        ([], 3600, 0),  # nothing else is in the order
        ([Beside(None, 600)], 3600, 120),  # nobody picks yet: not before they would be done
        ([Beside(START - timedelta(seconds=300), 600)], 3600, 0),  # five minutes of picking are left
        ([Beside(START - timedelta(seconds=60), 900), Beside(None, 100)], 3600, 360),  # the longest counts
        ([Beside(None, 3000)], 1000, 1000),  # the order would be late
        ([Beside(None, 3000)], -60, 0),  # it is late already
        ([Beside(START - timedelta(seconds=900), 600)], 3600, 0),  # picking takes longer than it should
    ],
)
def test_hot_food_is_ready_when_the_rest_is(beside, latest, seconds):
    planned = rules.start_at(START, 480, beside, START + timedelta(seconds=latest))
    assert planned == START + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, False), (14, False), (15, True), (-15, True), (-14, False)]
)
def test_a_start_is_told_when_it_moves(seconds, told):
    assert rules.has_moved(START, START + timedelta(seconds=seconds)) is told


@pytest.mark.parametrize(
    ("states", "seconds", "refusal"),
    [
        ({"waiting"}, 0, None),
        ({"waiting", "cooking"}, -5, None),
        ({"waiting"}, 1, TooEarly),
        ({"cooking", "ready"}, 0, NothingWaits),
        ({"dropped"}, 1, NothingWaits),
    ],
)
def test_a_station_begins_in_time(states, seconds, refusal):
    def check():
        return rules.check_cook(states, START, START + timedelta(seconds=seconds))

    if refusal is None:
        assert check() is None
    else:
        with pytest.raises(refusal):
            check()


def test_only_what_was_begun_is_ready():
    assert rules.check_ready({"cooking", "dropped"}) is None
    with pytest.raises(NothingCooks):
        rules.check_ready({"waiting"})


@pytest.mark.parametrize(
    ("state", "short", "more", "after"),
    [("waiting", 0, None, 3), ("cooking", 1, None, 3), ("waiting", 1, 1, 2), ("cooking", 0, 3, 3)],
)
def test_what_is_short_adds_up(state, short, more, after):
    assert rules.short_after(state, 3, short, more) == after


@pytest.mark.parametrize(
    ("state", "more", "refusal"),
    [
        ("ready", 1, PrepLineClosed),
        ("dropped", None, PrepLineClosed),
        ("collected", None, PrepLineClosed),
        ("waiting", 3, MoreThanLeft),
    ],
)
def test_no_more_is_short_than_is_left(state, more, refusal):
    with pytest.raises(refusal):
        rules.short_after(state, 3, 1, more)


@pytest.mark.parametrize(
    ("states", "legal", "over"),
    [
        ({"waiting"}, ["cook", "short"], False),
        ({"cooking"}, ["ready", "short"], False),
        ({"waiting", "cooking"}, ["cook", "ready", "short"], False),
        ({"ready", "dropped"}, [], True),
    ],
)
def test_what_is_legal_and_when_it_is_over(states, legal, over):
    assert rules.legal_prep(states, early=False) == legal
    assert rules.legal_prep(states, early=True) == [op for op in legal if op != "cook"]
    assert rules.over(states) is over


def test_a_label_is_known_by_its_code():
    assert rules.is_label(rules.label(77)) and rules.label(77) == "TOTE-PREP-77"
    assert not rules.is_label("TOTE-001")


@pytest.mark.parametrize(
    ("goods", "seconds"),
    [
        ([], {}),
        ([("grill:120:4", 4)], {"grill": 120}),
        ([("grill:120:4", 5)], {"grill": 240}),
        # One station makes one after the other, several at once.
        ([("grill:120:4", 4), ("grill:90:6", 1)], {"grill": 210}),
        ([("grill:120:4", 4), ("coffee:45:2", 3)], {"grill": 120, "coffee": 90}),
    ],
)
def test_how_long_before_anything_is_ordered(goods, seconds):
    assert rules.stations(goods) == seconds

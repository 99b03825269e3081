"""What may be decided elsewhere of a plan: nothing not asked, nobody who may not, no more than they hold."""

from __future__ import annotations

from typing import Any

import pytest

from fulfil.contracts.planner import PlannerAway
from fulfil.dispatch.rules import Assignment, Policy, Work, Worker
from fulfil.dispatch.rules.drafts import EFFORT_MAX, Draft
from tests.dispatch.test_rules import NOW, POLICY, minutes, work, worker

PACKING = {"stage": "packing", "role": "packer", "zone": "all"}
HANDOFF = {"stage": "handoff", "role": "counter", "zone": "all"}


def draft(*works: Work, crew: tuple[Worker, ...] = (), policy: Policy = POLICY) -> Draft:
    return Draft(NOW, works, crew, policy)


ASKED = draft(
    work(1),
    work(2, zone="frozen"),
    *(work(n, **PACKING) for n in (11, 12, 13, 14)),
    work(21, **HANDOFF),
    work(31, refused_by={71: NOW + minutes(1)}),
    crew=(
        worker(71, zones=frozenset({"ambient"})),
        worker(72, live={"picking": 1}),
        worker(73, "packer", live={"packing": 1}),
        worker(74, missed=2),
        worker(75, battery=14),
    ),
)


@pytest.mark.parametrize(
    "answer", [[], [(1, 71, False)], [[1, 71, False]], ([11, 73, False], [12, 73, False]), [(21, 73, True)]]
)
def test_what_may_be_decided_is(answer: Any) -> None:
    assert ASKED.decided(answer) == [Assignment(*one) for one in answer]


@pytest.mark.parametrize(
    "answer",
    [
        None,
        5,
        "plan",
        {},
        [None],
        ["1"],
        [(1, 71)],
        [(1, 71, False, 0)],
        [("1", 71, False)],
        [(1, 71.0, False)],
        [(True, 71, False)],
        [(1, 71, 0)],
        [(1, 71, None)],
    ],
)
def test_what_has_another_shape_is_no_plan(answer: Any) -> None:
    with pytest.raises(PlannerAway, match="no plan"):
        ASKED.decided(answer)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param([(99, 71, False)], id="a ticket of nobody's"),
        pytest.param([(1, 99, False)], id="a person of nobody's"),
        pytest.param([(1, 71, False), (1, 71, False)], id="one ticket twice"),
        pytest.param([(1, 71, True)], id="given without asking"),
        pytest.param([(21, 73, False)], id="asked where it is given"),
    ],
)
def test_nothing_is_decided_that_was_not_asked(answer: Any) -> None:
    with pytest.raises(PlannerAway, match="not asked"):
        ASKED.decided(answer)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param([(1, 73, False)], id="another role"),
        pytest.param([(2, 71, False)], id="another zone"),
        pytest.param([(31, 71, False)], id="declined a moment ago"),
        pytest.param([(1, 72, False)], id="hands full"),
        pytest.param([(1, 74, False)], id="missed two offers"),
        pytest.param([(1, 75, False)], id="battery too low"),
        pytest.param([(11, 73, False), (12, 73, False), (13, 73, False)], id="more than hands hold"),
    ],
)
def test_nobody_is_given_what_they_may_not_have(answer: Any) -> None:
    with pytest.raises(PlannerAway, match="may not have it"):
        ASKED.decided(answer)


@pytest.mark.parametrize(("live", "fits"), [({}, 1), ({"a stage of its own": 1}, 0)])
def test_of_a_stage_without_a_word_on_it_somebody_does_one_at_a_time(live: dict[str, int], fits: int) -> None:
    asked = draft(*(work(n, stage="a stage of its own") for n in (1, 2)), crew=(worker(71, live=live),))
    assert len(asked.decided([(1, 71, False)][:fits])) == fits
    with pytest.raises(PlannerAway, match="may not have it"):
        asked.decided([(1, 71, False), (2, 71, False)])


@pytest.mark.parametrize(
    ("works", "people", "effort"), [(0, 3, 0), (2, 3, 6), (3, 3, 9), (9, 3, 9), (9, 0, 0)]
)
def test_no_more_tickets_than_people_come_into_question(works: int, people: int, effort: int) -> None:
    crew = tuple(worker(n) for n in range(people))
    assert draft(*(work(n) for n in range(works)), crew=crew).effort == effort


@pytest.mark.parametrize(("people", "works"), [(0, 1000), (1, 1000), (10, 100), (300, 3), (2000, 1)])
def test_as_much_as_is_decided_at_once_is_the_most_urgent(people: int, works: int) -> None:
    assert EFFORT_MAX == 1000
    crew = tuple(worker(n) for n in range(people))
    asked = draft(*(work(n, due=5000 - n) for n in range(1200)), crew=crew)
    assert [one.id for one in asked.small().works] == list(range(1199, 1199 - works, -1))


def test_what_is_late_or_put_first_waits_for_nothing() -> None:
    on_time, just, late, first = work(1, due=5.1), work(2, due=5), work(3, due=4), work(4, priority=1)
    asked = draft(on_time, just, late, first, crew=(worker(71),))
    assert {one.id for one in asked.pressing().works} == {2, 3, 4}


def test_what_is_sent_to_be_decided_comes_back_the_same() -> None:
    policy = Policy.of({"capacity": {"picking": 2}, "slots": 3})
    asked = draft(*ASKED.works, work(41, missed_by=frozenset({71})), crew=ASKED.workers, policy=policy)
    assert Draft.unpacked(asked.packed()) == asked

"""The planner's matching serves the same rows at the same price as the rule's own."""

from __future__ import annotations

from math import inf

from hypothesis import given, settings
from hypothesis import strategies as some

from fulfil.dispatch.rules import matching as rule
from fulfil.planner.matching import match


@settings(max_examples=300, deadline=None)
@given(
    some.integers(1, 8).flatmap(
        lambda n: some.tuples(
            some.just(n),
            some.lists(
                some.lists(some.sampled_from([inf, inf, 0.0, 1.0, 5.0, 9.0]), min_size=n, max_size=n),
                max_size=10,
            ),
        )
    )
)
def test_as_the_rule_does(case):
    columns, rows = case
    fast, slow = match(iter(rows), columns), rule.match(iter(rows), columns)
    assert sorted(fast) == sorted(slow)
    assert total(fast, rows) == total(slow, rows)


def total(owner: list[int], rows: list[list[float]]) -> float:
    return sum(rows[row][column] for column, row in enumerate(owner) if row != rule.NOBODY)


def test_no_rows_and_none_that_fits():
    assert match(iter([]), 3) == [rule.NOBODY] * 3
    assert match(iter([[inf, inf]]), 2) == [rule.NOBODY] * 2

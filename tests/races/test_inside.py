"""Every race inside one process on both databases, and the same race where its guard is missing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fulfil import checks
from tests.races import guards
from tests.races.inside import CONTROLS, CROWDS, DUELS
from tests.races.together import Together, at_once, in_order, in_reverse
from tests.trade.shop import Shop, build

ROUNDS = 3


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = build(database_url)
    yield made
    made.kit.close()


@pytest.mark.parametrize("race", CROWDS)
def test_a_crowd_has_one_effect(shop: Shop, race: str) -> None:
    assert [wrong for _ in range(ROUNDS) for wrong in CROWDS[race](shop)] == []
    assert shop.read(checks.violations) == []


@pytest.mark.parametrize("together", [at_once, in_order, in_reverse])
@pytest.mark.parametrize("race", DUELS)
def test_one_of_two_decides(shop: Shop, race: str, together: Together) -> None:
    assert [wrong for _ in range(ROUNDS) for wrong in DUELS[race](shop, together)] == []
    assert shop.read(checks.violations) == []


@pytest.mark.parametrize("race", CROWDS | DUELS)
def test_without_its_guard_a_race_is_seen(shop: Shop, race: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for take_out in CONTROLS[race]:
        take_out(monkeypatch)
    guards.drop_constraints(shop.kit.db.writer)
    wrong = DUELS[race](shop, in_reverse) if race in DUELS else CROWDS[race](shop)
    assert wrong != []

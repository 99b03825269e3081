"""Every race on both databases: nothing goes wrong with the guards, and it is seen to without them."""

from __future__ import annotations

import pytest

from fulfil.dispatch.model import WorkerLoad
from fulfil.kit.base import Kit
from tests.races.ground import Ground
from tests.races.races import CROWDS, DUELS
from tests.races.together import Together, at_once, in_order, in_reverse


def sound(house: Ground) -> bool:
    house.at_rest()
    return house.violations() == []


@pytest.mark.parametrize("race", CROWDS)
def test_a_crowd_has_one_effect(house: Ground, race: str) -> None:
    assert CROWDS[race](house) == []
    assert sound(house)


@pytest.mark.parametrize("together", [at_once, in_order, in_reverse])
@pytest.mark.parametrize("race", DUELS)
def test_one_of_two_decides(house: Ground, race: str, together: Together) -> None:
    assert DUELS[race](house, together) == []
    assert sound(house)


@pytest.mark.parametrize("race", CROWDS)
def test_without_guards_a_crowd_is_seen(unguarded: Ground, race: str) -> None:
    assert CROWDS[race](unguarded) != []


@pytest.mark.parametrize("race", DUELS)
def test_without_guards_two_decide(unguarded: Ground, race: str) -> None:
    assert DUELS[race](unguarded, in_reverse) != []


def test_who_missed_offers_while_others_worked_is_asked_again(house: Ground) -> None:
    """A round may be slow: nobody answers for the packer while the picker works."""
    picker, kit = house.staff("picker"), Kit(house.config)
    missed = {"person_id": int(picker.session["person"]["id"])}
    assert kit.db.write(lambda tx: tx.update(WorkerLoad, missed, missed=2), "miss") == 1
    kit.close()
    assert picker.work()["shift"]["paused"]
    _, order_no = house.paid()
    house.finish("picker", order_no, "picking")
    assert sound(house)

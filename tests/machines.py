"""What a machine is held against: each state with each event it knows, and no step beside the table."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest

from fulfil.kit.errors import IllegalMove
from fulfil.kit.states import Machine


def assert_moves(machine: Machine, moves: Mapping[tuple[str, str], str]) -> None:
    """The machine has these steps, (state, event) → state, and refuses every other."""
    events = {event for row in machine.table.values() for event in row}
    assert {event for _, event in moves} == events
    for step in itertools.product(machine.states, events):
        if step in moves:
            assert machine.next(*step) == moves[step]
        else:
            with pytest.raises(IllegalMove):
                machine.next(*step)

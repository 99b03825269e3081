"""Every state of a shop can be reached from every other, and renewed."""

import pytest

from fulfil.store.states import EVENT_TO, StoreState, store_machine


@pytest.mark.parametrize("state", StoreState)
@pytest.mark.parametrize("target", StoreState)
def test_any_state_to_any(state: str, target: str) -> None:
    assert store_machine.next(state, EVENT_TO[target]) == target

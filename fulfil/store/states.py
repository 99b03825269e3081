"""States of a shop."""

from __future__ import annotations

from enum import StrEnum

from fulfil.kit.states import Machine


class StoreState(StrEnum):
    OPEN = "open"
    LOCKED = "locked"
    CLOSED = "closed"
    ASLEEP = "asleep"


# A step into the state that already holds renews its end and its reason.
_STEPS = {
    "open": StoreState.OPEN,
    "lock": StoreState.LOCKED,
    "close": StoreState.CLOSED,
    "sleep": StoreState.ASLEEP,
}
store_machine = Machine("store", StoreState.OPEN, dict.fromkeys(StoreState, _STEPS))
EVENT_TO = {target: event for event, target in _STEPS.items()}

"""States of a handover and of the bags on its list."""

from __future__ import annotations

from enum import StrEnum

from fulfil.kit.states import Machine


class HandoverState(StrEnum):
    """待交接 · 已放行 · 已取消."""

    OPEN = "open"
    RELEASED = "released"
    CANCELLED = "cancelled"


class BagCheck(StrEnum):
    """A bag of the list: not yet seen, scanned, searched for, left out of the order."""

    EXPECTED = "expected"
    SCANNED = "scanned"
    MISSING = "missing"
    LEFT_OUT = "left_out"


HANDOVER = Machine(
    "handover",
    HandoverState.OPEN,
    {
        HandoverState.OPEN: {"release": HandoverState.RELEASED, "cancel": HandoverState.CANCELLED},
        HandoverState.RELEASED: {},
        HandoverState.CANCELLED: {},
    },
)

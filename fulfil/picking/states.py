"""States of picking lines."""

from __future__ import annotations

from enum import StrEnum

from fulfil.kit.states import Machine


class PickLineState(StrEnum):
    """待拣 · 待复核 · 待顾客决定 · 已结."""

    TODO = "todo"
    LOOKING = "looking"
    DECIDING = "deciding"
    CLOSED = "closed"


class PutBackLineState(StrEnum):
    """待归位 · 已归位."""

    TODO = "todo"
    CLOSED = "closed"


PICK_LINE = Machine(
    "pick line",
    PickLineState.TODO,
    {
        PickLineState.TODO: {
            "close": PickLineState.CLOSED,
            "ask": PickLineState.DECIDING,
            "look": PickLineState.LOOKING,
        },
        PickLineState.LOOKING: {"reopen": PickLineState.TODO},
        PickLineState.DECIDING: {"decide": PickLineState.CLOSED, "reopen": PickLineState.TODO},
        PickLineState.CLOSED: {"reopen": PickLineState.TODO},
    },
)

PUT_BACK_LINE = Machine(
    "put-back line",
    PutBackLineState.TODO,
    {PutBackLineState.TODO: {"decide": PutBackLineState.CLOSED}, PutBackLineState.CLOSED: {}},
)

"""States of a line to prepare."""

from __future__ import annotations

from enum import StrEnum

from fulfil.kit.states import Machine


class PrepLineState(StrEnum):
    """待做 · 在做 · 已做好 · 已取走 · 不做了 (sold out, spoiled, or the order was cancelled)."""

    WAITING = "waiting"
    COOKING = "cooking"
    READY = "ready"
    COLLECTED = "collected"
    DROPPED = "dropped"


_P = PrepLineState
PREP_LINE = Machine(
    "prep line",
    _P.WAITING,
    {
        _P.WAITING: {"cook": _P.COOKING, "drop": _P.DROPPED},
        _P.COOKING: {"finish": _P.READY, "drop": _P.DROPPED},
        _P.READY: {"collect": _P.COLLECTED, "drop": _P.DROPPED},
        _P.COLLECTED: {},
        _P.DROPPED: {},
    },
)

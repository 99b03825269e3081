"""States of a packing line."""

from __future__ import annotations

from enum import StrEnum

from fulfil.kit.states import Machine


class PackLineState(StrEnum):
    """待装 · 已结 (packed, or reported missing)."""

    TODO = "todo"
    CLOSED = "closed"


PACK_LINE = Machine(
    "pack line",
    PackLineState.TODO,
    {
        PackLineState.TODO: {"close": PackLineState.CLOSED},
        PackLineState.CLOSED: {"reopen": PackLineState.TODO},
    },
)

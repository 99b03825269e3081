"""The machine of a shift. Events are named by the state they lead to: a person says what they are now."""

from __future__ import annotations

from enum import StrEnum

from fulfil.kit.states import Machine


class ShiftState(StrEnum):
    AVAILABLE = "available"
    BREAK = "break"
    OFF = "off"


class Role(StrEnum):
    PICKER = "picker"
    COOK = "cook"
    PACKER = "packer"
    COUNTER = "counter"
    RIDER = "rider"
    SUPERVISOR = "supervisor"
    OPERATOR = "operator"
    FINANCE = "finance"
    ADMIN = "admin"


_S = ShiftState
SHIFT = Machine(
    "shift",
    _S.OFF,
    {
        _S.OFF: {"available": _S.AVAILABLE},
        _S.AVAILABLE: {"break": _S.BREAK, "off": _S.OFF},
        _S.BREAK: {"available": _S.AVAILABLE, "off": _S.OFF},
    },
)

"""State machines as tables."""

import pytest

from fulfil.kit.errors import IllegalMove
from fulfil.kit.states import Machine
from tests.kit.parcels import PARCEL


@pytest.mark.parametrize(
    ("initial", "table", "message"),
    [
        ("new", {"open": {}}, "the initial state new has no row"),
        ("open", {"open": {"close": "closed"}}, r"no row for \['closed'\]"),
        ("open", {"open": {}, "lost": {"find": "open"}}, r"nothing leads to \['lost'\]"),
    ],
)
def test_a_wrong_table_stops_the_start(initial: str, table: dict, message: str) -> None:
    with pytest.raises(ValueError, match=f"door: {message}"):
        Machine("door", initial, table)


@pytest.mark.parametrize(
    ("state", "event", "target"),
    [
        ("open", "close", "closed"),
        ("open", "drop", "lost"),
        ("closed", "reopen", "open"),
        ("closed", "drop", None),
        ("lost", "close", None),
        ("open", "fly", None),
    ],
)
def test_moves(state: str, event: str, target: str | None) -> None:
    assert PARCEL.allows(state, event) is (target is not None)
    if target:
        assert PARCEL.next(state, event) == target
        return
    with pytest.raises(IllegalMove) as refused:
        PARCEL.next(state, event)
    assert refused.value.problem() | {"type": ""} == {
        "type": "",
        "title": "The state does not allow this step.",
        "status": 409,
        "code": "illegal_move",
        "detail": f"parcel: {event} is not possible in {state}.",
        "state": state,
        "event": event,
    }


def test_terminal_states_have_no_way_out() -> None:
    assert PARCEL.terminal == {"lost"} and PARCEL.states == {"open", "closed", "lost"}


def test_the_drawing_shows_every_move() -> None:
    assert PARCEL.drawing().splitlines() == [
        "stateDiagram-v2",
        "    [*] --> open",
        "    open --> closed: close",
        "    open --> lost: drop",
        "    closed --> open: reopen",
        "    lost --> [*]",
    ]

"""What the planner can be asked, by name. Everything here is a pure function of plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fulfil.dispatch.rules import Draft, plan


def assign(payload: Any) -> list[tuple[int, int, bool]]:
    """Who gets which ticket: a packed `Draft` into ticket, person and whether it is given without asking."""
    from fulfil.planner.matching import match  # the solver takes half a second to load

    draft = Draft.unpacked(payload)
    return [
        (a.ticket_id, a.person_id, a.automatic)
        for a in plan(draft.now, draft.works, draft.workers, draft.policy, matching=match)
    ]


ANSWERS: Mapping[str, Callable[[Any], Any]] = {"assign": assign}

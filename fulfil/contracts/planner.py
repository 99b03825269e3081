"""What asks for a plan that takes longer than the serving loop may wait, and what it may be told."""

from __future__ import annotations

from typing import Any, Protocol


class PlannerAway(Exception):
    """The planner is dead, too slow, or was asked for too much: whoever asked decides by themselves."""


class Planner(Protocol):
    """Implemented by the planner; handed to dispatch by the composition root as service `planner`."""

    def call(self, name: str, payload: Any) -> Any:
        """The answer of the decision of that name to plain values: numbers, texts, lists, instants.

        Never inside a transaction: others wait for it meanwhile. Raises PlannerAway.
        """

"""State machines as tables: `{state: {event: state}}`. Pure; a wrong table stops the start."""

from __future__ import annotations

from collections.abc import Mapping

from fulfil.kit.errors import IllegalMove


class Machine:
    """A validated machine. `initial` is where rows begin; `terminal` are the states without a way out."""

    def __init__(self, name: str, initial: str, table: Mapping[str, Mapping[str, str]]) -> None:
        self.name, self.initial = name, str(initial)
        self.table = {str(s): {str(e): str(t) for e, t in row.items()} for s, row in table.items()}
        self.states = frozenset(self.table)
        self.terminal = frozenset(s for s, row in self.table.items() if not row)
        self._validate()

    def next(self, state: str, event: str) -> str:
        """The state that `event` leads to. Raises IllegalMove, naming both."""
        target = self.table[state].get(event)
        if target is None:
            raise IllegalMove(self.name, state, event)
        return target

    def allows(self, state: str, event: str) -> bool:
        return event in self.table[state]

    def drawing(self) -> str:
        """The machine as a Mermaid state diagram, for the docs."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.initial}"]
        for state, row in self.table.items():
            lines += [f"    {state} --> {target}: {event}" for event, target in row.items()]
        lines += [f"    {state} --> [*]" for state in self.table if state in self.terminal]
        return "\n".join(lines)

    def _validate(self) -> None:
        targets = {t for row in self.table.values() for t in row.values()}
        if self.initial not in self.states:
            raise ValueError(f"{self.name}: the initial state {self.initial} has no row")
        if missing := targets - self.states:
            raise ValueError(f"{self.name}: no row for {sorted(missing)}")
        reached, todo = {self.initial}, [self.initial]
        while todo:
            for target in self.table[todo.pop()].values():
                if target not in reached:
                    reached.add(target)
                    todo.append(target)
        if lost := self.states - reached:
            raise ValueError(f"{self.name}: nothing leads to {sorted(lost)}")

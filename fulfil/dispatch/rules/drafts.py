"""A plan that is to be made: what is needed to decide it, here or in another process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from fulfil.contracts.planner import PlannerAway
from fulfil.dispatch.rules.assign import (
    AUTOMATIC,
    STAND_IN,
    Assignment,
    Work,
    Worker,
    may_be_offered,
    slack,
    takes,
    urgency,
)
from fulfil.dispatch.rules.policy import Policy

# Rows by columns of the matching: what plain Python decides within five milliseconds.
EFFORT_MAX = 1_000
# More would be more than a message to the planner holds, and than could be handed out at once.
WORKS_MAX = 150


@dataclass(frozen=True)
class Draft:
    """The instant, the tickets that wait, who may be asked, and the shop's numbers."""

    now: datetime
    works: tuple[Work, ...]
    workers: tuple[Worker, ...]
    policy: Policy

    @property
    def effort(self) -> int:
        """How much there is to decide: no more tickets than people come into question."""
        return min(len(self.works), len(self.workers)) * len(self.workers)

    def most_urgent(self, works: int) -> Draft:
        """The same for so many of the tickets."""
        first = sorted(self.works, key=lambda work: urgency(work, self.now, self.policy))[:works]
        return replace(self, works=tuple(first))

    def small(self) -> Draft:
        """As much of it as can be decided at once; what is left over waits for the next plan."""
        return self.most_urgent(max(1, EFFORT_MAX // max(1, len(self.workers))))

    def pressing(self) -> Draft:
        """What of it waits for nothing: what a supervisor lets go first, and what is late already."""
        first = [work for work in self.works if work.priority > 0 or slack(work, self.now) <= 0]
        return replace(self, works=tuple(first)).small()

    def packed(self) -> list[Any]:
        """As lists of plain values and instants, without the names."""
        return [
            self.now,
            [_values(work) for work in self.works],
            [_values(worker) for worker in self.workers],
            vars(self.policy),
        ]

    def decided(self, answer: Any) -> list[Assignment]:
        """What another process decided of this draft, as far as anybody may decide so.

        Raises PlannerAway when it is no plan: of another shape, about tickets or people that were not asked
        about, one ticket twice, work that somebody may not do, or more of it than their hands hold.
        """
        works, workers = ({one.id: one for one in self.works}, {one.person_id: one for one in self.workers})
        decided, given = [], Counter()
        for one in answer if isinstance(answer, list | tuple) else (None,):
            if not isinstance(one, list | tuple) or [type(value) for value in one] != [int, int, bool]:
                raise PlannerAway("what it answers is no plan")
            work, worker = works.pop(one[0], None), workers.get(one[1])
            if work is None or worker is None or one[2] != (work.stage in AUTOMATIC):
                raise PlannerAway("it decides what it was not asked")
            given[worker.person_id, work.stage] += 1
            room = self.policy.capacity.get(work.stage, 1) - worker.live.get(work.stage, 0)
            if given[worker.person_id, work.stage] > room or not self._may(worker, work):
                raise PlannerAway("it gives work to somebody who may not have it")
            decided.append(Assignment(*one))
        return decided

    def _may(self, worker: Worker, work: Work) -> bool:
        roles = {work.role, *STAND_IN.get(work.role, ())}
        return (
            not roles.isdisjoint(worker.roles)
            and takes(worker, work, self.now)
            and may_be_offered(worker, self.policy)
        )

    @classmethod
    def unpacked(cls, packed: Sequence[Any]) -> Draft:
        """What was packed."""
        now, works, workers, policy = packed
        return cls(
            now,
            tuple(_made(Work, values) for values in works),
            tuple(_made(Worker, values) for values in workers),
            Policy(**policy),
        )


def _values(of: Work | Worker) -> list[Any]:
    return [tuple(value) if isinstance(value, frozenset) else value for value in vars(of).values()]


def _made(kind: type, values: Sequence[Any]) -> Any:
    sets = {field.name for field in fields(kind) if str(field.type).startswith("frozenset")}
    named = zip((field.name for field in fields(kind)), values, strict=True)
    return kind(**{name: frozenset(value) if name in sets else value for name, value in named})

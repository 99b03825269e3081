"""What is to be simulated, and what came of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from fulfil.kit.checks import Violation

DAY = 8, 20


@dataclass(frozen=True)
class Plan:
    """What is to be simulated. `orders` are those of one day, `shortage` the share of lines not found.

    `hours` are the first and the last at which shoppers come.
    """

    days: int = 1
    seed: str = "1"
    faults: str = "light"
    orders: int = 400
    shortage: float = 0.02
    hours: tuple[int, int] = DAY

    def command(self) -> str:
        """The command line that replays exactly this."""
        hours = "" if self.hours == DAY else f" --hours {self.hours[0]}-{self.hours[1]}"
        return (
            f"fulfil simulate --days {self.days} --seed {self.seed} --faults {self.faults} "
            f"--shortage {self.shortage} --orders {self.orders}{hours}"
        )


@dataclass
class Outcome:
    """What came of it: figures, violations with the steps before them, and the digest of the history."""

    plan: Plan
    figures: dict[str, Any]
    violations: list[Violation] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        """JSON-ready."""
        found = [asdict(violation) for violation in self.violations]
        return {
            **self.figures,
            "violations": len(found),
            "found": found,
            **({"replay": self.plan.command(), "last_steps": self.steps} if found else {}),
        }

"""`fulfil bench assign`: how long it takes to decide who gets what, for a shop and for a very large one.

Queues and crews are drawn at random: three zones of which people know some, promises within 90 minutes, loads
of half a shift, a tenth of the tickets missed or declined by somebody.
"""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from fulfil.dispatch.rules import EFFORT_MAX, WORKS_MAX, Draft, Policy, Work, Worker, plan
from fulfil.planner.matching import match
from fulfil.planner.process import PlannerProcess
from fulfil.sim.bench import machine
from fulfil.sim.bench.progress import Tell

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
ZONES = ("ambient", "chilled", "frozen")
SIZES = ((20, 200), (200, 2000))
CALL_SECONDS_MAX = 60.0


def run(*, plans: int, seed: str, tell: Tell) -> dict[str, Any]:
    """Milliseconds of the whole plan, and of a plan as a server makes it; the planner's memory."""
    planner = PlannerProcess(seconds=CALL_SECONDS_MAX)
    try:
        sizes = {
            f"{people}x{tickets}": _measured(planner, list(_drafts(people, tickets, plans, seed)), tell)
            for people, tickets in SIZES
        }
        planner_mib = machine.peak_mib(planner.pid) if planner.pid else None
    finally:
        planner.close()
    return {
        "bench": "assign",
        "plans": plans,
        "seed": seed,
        "sizes": sizes,
        "planner_peak_mib": planner_mib,
        "generator_peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "calibration": machine.calibration(),
        "versions": machine.versions(),
    }


def _measured(planner: PlannerProcess, drafts: list[Draft], tell: Tell) -> dict[str, Any]:
    """`plan`: everything at once, by the planner's code; `cpu`: what of that was reckoning, not waiting.

    `served`: as far as a server plans at a time, with the way to the planner and back where it asks that.
    """
    large = drafts[0].effort > EFFORT_MAX
    whole, reckoned, served, given = [], [], [], []
    if large:
        planner.call("assign", drafts[0].most_urgent(1).packed())  # it has begun and loaded its solver
    for at, draft in enumerate(drafts):
        tell(f"{len(draft.workers)} people, {len(draft.works)} tickets", at / len(drafts))
        started, cpu = time.perf_counter(), time.process_time()
        given.append(len(plan(draft.now, draft.works, draft.workers, draft.policy, matching=match)))
        whole.append(time.perf_counter() - started)
        reckoned.append(time.process_time() - cpu)
        started = time.perf_counter()
        if large:
            planner.call("assign", draft.most_urgent(WORKS_MAX).packed())
        else:
            plan(draft.now, draft.works, draft.workers, draft.policy)
        served.append(time.perf_counter() - started)
    return {
        "plan": machine.percentiles(whole),
        "cpu": machine.percentiles(reckoned),
        "served": machine.percentiles(served),
        "served_by": "planner" if large else "loop",
        "given_mean": round(sum(given) / len(given), 1),
    }


def _drafts(people: int, tickets: int, plans: int, seed: str) -> Iterator[Draft]:
    for number in range(plans):
        chance = random.Random(f"{seed}/{people}/{number}")
        works = tuple(_work(n, people, chance) for n in range(1, tickets + 1))
        crew = tuple(
            Worker(
                person_id=n,
                roles=frozenset({"picker"}),
                load_seconds=chance.randint(0, 14_400),
                zones=frozenset(chance.sample(ZONES, chance.randint(1, 3))),
                load_lines=chance.randint(0, 500),
                load_grams=chance.randint(0, 400_000),
            )
            for n in range(1, people + 1)
        )
        yield Draft(NOW, works, crew, Policy())


def _work(number: int, people: int, chance: random.Random) -> Work:
    lines, asked = chance.randint(1, 20), frozenset({chance.randint(1, people)})
    said_no = chance.random()
    return Work(
        id=number,
        stage="picking",
        role="picker",
        zone=chance.choice(ZONES),
        lines=lines,
        due_at=NOW + timedelta(seconds=chance.randint(600, 5400)),
        grams=lines * chance.randint(50, 900),
        queued_at=NOW - timedelta(seconds=chance.randint(0, 900)),
        estimate_seconds=60 + 25 * lines,
        after_seconds=900,
        missed_by=asked if said_no < 0.05 else frozenset(),
        refused_by=dict.fromkeys(asked, NOW + timedelta(seconds=60)) if said_no > 0.95 else {},
    )

"""How fast somebody is in a stage and zone, for the plan's arithmetic alone: nobody is compared (F4).

What is learned is a ratio: seconds that work took for each second that was estimated of its lines, grams and
metres. Old work fades, because people learn. Little work says little: a person's ratio is drawn towards the
shop's, and the shop's towards the policy's numbers, as if `PRIOR_SECONDS` of work had gone just so (shrinkage
of means: James & Stein 1961).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

KEPT = 0.97  # of what was learned before, with each ticket: half of it after 23
PRIOR_SECONDS = 3600.0
RATIO_MIN, RATIO_MAX = 0.25, 4.0  # of a ticket: beyond it something else happened than work
SPEED_MIN, SPEED_MAX = 0.5, 2.0  # nobody counts as faster or slower
IDLE_SECONDS = 180.0  # whoever does nothing for longer is not at work

Place = tuple[str, str]  # stage and zone


@dataclass(frozen=True)
class Learned:
    """Seconds that were worked and estimated, faded with every later ticket."""

    worked: float
    estimated: float


def worked_seconds(begun_at: datetime, steps: Iterable[tuple[str, datetime]]) -> float:
    """Seconds of work between the beginning of a ticket and its last step: (kind, when), in order.

    A pause is none, and of a long silence only the first minutes are.
    """
    total, before, paused = 0.0, begun_at, False
    for kind, at in steps:
        gap = (at - before).total_seconds()
        if gap > 0 and not paused:
            total += min(gap, IDLE_SECONDS)
        paused, before = kind == "pause", max(before, at)
    return total


def learn(known: Learned | None, worked: float, estimated: float) -> Learned | None:
    """What is known after one more ticket; unchanged when it is an outlier."""
    if estimated <= 0 or not RATIO_MIN <= worked / estimated <= RATIO_MAX:
        return known
    if known is None:
        return Learned(worked, estimated)
    return Learned(KEPT * known.worked + worked, KEPT * known.estimated + estimated)


def ratio(known: Learned, prior: float = 1.0) -> float:
    """Seconds for each estimated second, drawn towards `prior`, within limits."""
    found = (known.worked + PRIOR_SECONDS * prior) / (known.estimated + PRIOR_SECONDS)
    return min(SPEED_MAX, max(SPEED_MIN, found))


@dataclass(frozen=True)
class Pace:
    """Seconds for each estimated one: of a stage and zone where something was learned, else of the stage."""

    stages: Mapping[str, float] = field(default_factory=dict)
    places: Mapping[Place, float] = field(default_factory=dict)

    def of(self, stage: str, zone: str) -> float:
        return self.places.get((stage, zone), self.stages.get(stage, 1.0))


def pace_of(rows: Mapping[tuple[int, Place], Learned]) -> dict[str, float]:
    """The shop's pace by stage, from everybody's (person, place)."""
    stages: dict[str, list[Learned]] = {}
    for (_, (stage, _)), known in rows.items():
        stages.setdefault(stage, []).append(known)
    return {stage: ratio(_sum(all_of_it)) for stage, all_of_it in stages.items()}


def places_of(rows: Mapping[tuple[int, Place], Learned]) -> dict[Place, float]:
    """The shop's pace by stage and zone."""
    places: dict[Place, list[Learned]] = {}
    for (_, place), known in rows.items():
        places.setdefault(place, []).append(known)
    return {place: ratio(_sum(all_of_it)) for place, all_of_it in places.items()}


def overall_of(rows: Mapping[tuple[int, Place], Learned]) -> dict[int, dict[str, float]]:
    """Everybody's speed by stage, whatever the zone."""
    stages: dict[tuple[int, str], list[Learned]] = {}
    for (person_id, (stage, _)), known in rows.items():
        stages.setdefault((person_id, stage), []).append(known)
    shop, found = pace_of(rows), {}
    for (person_id, stage), theirs in stages.items():
        found.setdefault(person_id, {})[stage] = ratio(_sum(theirs), shop[stage])
    return found


def together(speeds: Sequence[float]) -> float:
    """The one pace at which as many people do as much as these do: what they do in an hour adds up."""
    return len(speeds) / sum(1 / speed for speed in speeds)


def speeds_of(rows: Mapping[tuple[int, Place], Learned]) -> dict[int, dict[Place, float]]:
    """Everybody's speed by stage and zone, relative to the policy's numbers."""
    shop = places_of(rows)
    found: dict[int, dict[Place, float]] = {}
    for (person_id, place), known in rows.items():
        found.setdefault(person_id, {})[place] = ratio(known, shop[place])
    return found


def _sum(known: Sequence[Learned]) -> Learned:
    return Learned(sum(one.worked for one in known), sum(one.estimated for one in known))

"""Decisions of picking: how work is split, the order of the walk, how much may go into a tote."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from fulfil.contracts.stage import ML_PER_GRAM, FulfilmentLine
from fulfil.picking.errors import LineClosed, MoreThanMissing, NotPicked, OverPick, OverWeight, SearchFirst
from fulfil.picking.states import PickLineState, PutBackLineState

LINES_MAX = 20
GRAMS_MAX = 15_000
ZONES = ("ambient", "chilled", "frozen")
OVERWEIGHT_PERCENT = 10
SEARCH = timedelta(minutes=3)
REPORTED_SHORT = "reported_short"
WARNED_FOR = timedelta(hours=1)  # afterwards somebody has looked at the shelf, or nobody will
STOPPED = ("cancelling", "cancelled", "returned", "void")
LOOKED_FOR = ("not_found", "wrong_location")
LOOK_SECONDS = 180
SECOND_LOOK_MINOR = 5_000
LOCATION = re.compile(r"^([A-Z]+)(\d+)-(\d+)-(\d+)$")


@dataclass(frozen=True)
class Part:
    """One ticket's share of a fulfilment: at most 20 lines and 15 kg of one zone (floor rule 12)."""

    zone: str
    number: int
    lines: tuple[FulfilmentLine, ...]

    @property
    def grams(self) -> int:
        return sum(line.grams for line in self.lines)

    @property
    def volume_ml(self) -> int:
        """What the goods take in a tote, from their weight."""
        return self.grams * ML_PER_GRAM


@dataclass(frozen=True)
class Amounts:
    """How far a line is: pieces, or grams where `weighed`.

    Goods that are weighed count as whole from `least` on: what is lighter is a difference in price, not a
    shortage (floor rule 9). None: only all of it is whole.
    """

    state: str
    quantity: int
    picked: int
    short: int
    substituted: int
    weighed: bool
    least: int | None = None
    looking: int = 0

    @property
    def missing(self) -> int:
        """What the line still needs, never below 0; not what experts look for again."""
        done = self.picked + self.short + self.substituted + self.looking
        if self.picked and self.least is not None and done >= self.least:
            return 0
        return max(0, self.quantity - done)


def missing(line: FulfilmentLine) -> int:
    """What earlier work left to be picked of a line."""
    return max(0, line.quantity - line.picked - line.short - line.substituted)


def least_grams(grams: int, under_percent: int) -> int:
    """From which weight on a line of `grams` is whole. A shop that says 0 wants all of it."""
    return grams - grams * under_percent // 100


def walk_key(location: str) -> tuple:
    """Sorts locations into one walk: aisle after aisle, up one side and down the next (serpentine).

    The bays of even aisles run backwards. Unknown forms come last, by their text.
    """
    match = LOCATION.match(location)
    if not match:
        return (1, location, 0, 0, 0)
    letters, aisle, bay, shelf = match[1], int(match[2]), int(match[3]), int(match[4])
    return (0, letters, aisle, bay if aisle % 2 else -bay, shelf)


def walk_of(locations: Iterable[str], planned: Mapping[str, int]) -> dict[str, int]:
    """In which order locations are walked: as the floor's plan says, those that are not on it after that."""
    return {
        location: at
        for at, location in enumerate(
            sorted(set(locations), key=lambda location: (planned.get(location, math.inf), walk_key(location)))
        )
    }


def parts(lines: Sequence[FulfilmentLine], planned: Mapping[str, int]) -> list[Part]:
    """Split what is to be picked by zone, then along the walk into tickets that one person can carry."""
    found: list[Part] = []
    walked = walk_of((line.location for line in lines), planned)
    for zone in ZONES:
        mine = (line for line in lines if line.zone == zone and line.prep is None and missing(line) > 0)
        walk = sorted(mine, key=lambda line: (walked[line.location], line.line_no))
        for number, share in enumerate(_shares(walk), start=1):
            found.append(Part(zone, number, tuple(share)))
    return found


def _shares(walk: Iterable[FulfilmentLine]) -> list[list[FulfilmentLine]]:
    shares: list[list[FulfilmentLine]] = []
    grams = 0
    for line in walk:
        full = shares and (len(shares[-1]) >= LINES_MAX or grams + line.grams > GRAMS_MAX)
        if not shares or full:
            shares.append([])
            grams = 0
        shares[-1].append(line)
        grams += line.grams
    return shares


def picked_after(line: Amounts, amount: int) -> int:
    """`picked` when `amount` more goes into the tote. Raises LineClosed, OverPick, OverWeight.

    Weighed goods may exceed the order by 10 %, at the shop's cost (floor rule 9).
    """
    if line.state != PickLineState.TODO:
        raise LineClosed()
    most = line.quantity - line.short - line.substituted - line.looking
    if line.weighed:
        most += line.quantity * OVERWEIGHT_PERCENT // 100
    if line.weighed and line.picked + amount > most:
        raise OverWeight(line.picked + amount, most)
    if line.picked + amount > most:
        raise OverPick(line.picked + amount, most)
    return line.picked + amount


def picked_before(line: Amounts, amount: int) -> int:
    """`picked` when `amount` is taken out again. Raises NotPicked."""
    if amount > line.picked:
        raise NotPicked()
    return line.picked - amount


def short_quantity(line: Amounts, quantity: int | None) -> int:
    """How much is reported missing; None means all that the line still needs.

    Raises LineClosed, MoreThanMissing.
    """
    if line.state != PickLineState.TODO:
        raise LineClosed()
    wanted = line.missing if quantity is None else quantity
    if wanted > line.missing:
        raise MoreThanMissing(missing=line.missing)
    return wanted


def state_event(line: Amounts, *, ask: bool) -> str | None:
    """The machine's event after the amounts changed, None when the state stays.

    `ask`: what is short waits for the customer's answer.
    """
    if line.missing > 0:
        return None if line.state == PickLineState.TODO else "reopen"
    if line.state != PickLineState.TODO:
        return None
    return "look" if line.looking else "ask" if ask else "close"


def recount_deltas(in_tote: dict[int, int], counted: dict[int, int]) -> dict[int, int]:
    """What a count changes per line (`line id → quantity`): the uncounted is not there (floor rule 1)."""
    lines = sorted(in_tote.keys() | counted.keys())
    deltas = {line: counted.get(line, 0) - in_tote.get(line, 0) for line in lines}
    return {line: delta for line, delta in deltas.items() if delta}


def left_to_put_back(state: str, quantity: int, decided: int, now: int) -> int:
    """What is undecided of a put-back line after `now` more was decided.

    Raises LineClosed, MoreThanMissing.
    """
    if state != PutBackLineState.TODO:
        raise LineClosed()
    left = quantity - decided - now
    if left < 0:
        raise MoreThanMissing(missing=quantity - decided)
    return left


def recounted(line: Amounts, delta: int) -> int:
    """`picked` after a count changed it; the count is truth, but more than the order stays out.

    Raises OverPick.
    """
    if delta <= 0:
        return picked_before(line, -delta)
    return picked_after(replace(line, state=PickLineState.TODO), delta)


def search_ends(since: datetime) -> datetime:
    """Until when a tote is searched for by who took the ticket over at `since` (floor rule 1)."""
    return since + SEARCH


def check_search(now: datetime, until: datetime) -> None:
    """A tote is not given up before its search ends. Raises SearchFirst."""
    if now < until:
        raise SearchFirst(seconds=math.ceil((until - now).total_seconds()))


def legal_pick(states: Sequence[str], *, picked: int, recount: bool) -> list[str]:
    """Legal domain ops of a picking ticket at work, from its lines' states (`legal` in its snapshot)."""
    if recount:
        return ["tote", "scan"]
    legal = ["tote", "scan", "moved"]
    if PickLineState.TODO in states:
        legal += ["pick", "short"]
    else:
        legal += ["stage", "complete"] if picked else ["complete"]
    if picked:
        legal += ["unpick", "zero_check"]
    return legal


def legal_put_back(states: Sequence[str]) -> list[str]:
    """Legal domain ops of a put-back ticket at work."""
    return ["put_back"] if PutBackLineState.TODO in states else ["complete"]


def missing_in_all(line: Amounts, quantity: int) -> int:
    """How much of a line would be missing with `quantity` more, into however many reports that is cut."""
    return line.short + line.substituted + line.looking + quantity


def second_look_from(policy: Mapping[str, Any]) -> int:
    """From which worth of goods on, minor units, somebody looks again before they count as missing."""
    return int(policy.get("second_look_minor", SECOND_LOOK_MINOR))


def place_code(code: str) -> str:
    """A place as the shop's list names it: labels carry the prefix `LOC-`."""
    return code.strip().upper().removeprefix("LOC-")

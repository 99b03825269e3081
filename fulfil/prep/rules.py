"""Decisions of preparation: who makes what, how long it takes, when it begins, what is legal now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fulfil.contracts.stage import FulfilmentLine
from fulfil.prep.errors import MoreThanLeft, NothingCooks, NothingWaits, PrepLineClosed, TooEarly
from fulfil.prep.states import PrepLineState

# What the cook says, and what the stock-out loop calls it: sold out empties the books.
REASONS: Mapping[str, str] = {"sold_out": "not_found", "spoiled": "damaged"}
LABEL = "TOTE-PREP"
OPEN = (PrepLineState.WAITING, PrepLineState.COOKING)
MOVED = timedelta(seconds=15)  # a start that moves by less is not told


@dataclass(frozen=True)
class Recipe:
    """Where goods are made, and how: `batch` portions at a time, `seconds` each time."""

    station: str
    seconds: int
    batch: int

    @classmethod
    def of(cls, text: str) -> Recipe:
        """From what the catalogue says: `station:seconds:batch`."""
        station, seconds, batch = text.split(":")
        return cls(station, int(seconds), int(batch))

    def takes(self, portions: int) -> int:
        """Seconds for so many portions, batch after batch."""
        return -(-portions // self.batch) * self.seconds


@dataclass(frozen=True)
class Job:
    """What one station makes for an order, of one temperature."""

    station: str
    zone: str
    lines: tuple[FulfilmentLine, ...]

    @property
    def seconds(self) -> int:
        """The station makes one line after the other."""
        return sum(Recipe.of(line.prep or "").takes(missing(line)) for line in self.lines)

    @property
    def grams(self) -> int:
        return sum(line.grams for line in self.lines)


@dataclass(frozen=True)
class Beside:
    """Picking of the same order that is not over: begun or not, and its estimated seconds."""

    begun_at: datetime | None
    seconds: int


def stations(goods: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Seconds that each station needs for goods (recipe, portions); stations work side by side."""
    seconds: Counter[str] = Counter()
    for made, portions in goods:
        recipe = Recipe.of(made)
        seconds[recipe.station] += recipe.takes(portions)
    return dict(seconds)


def missing(line: FulfilmentLine) -> int:
    """What of a line is neither made nor short nor replaced."""
    return max(0, line.quantity - line.picked - line.short - line.substituted)


def jobs(lines: Sequence[FulfilmentLine]) -> list[Job]:
    """What the stations make, one job a station and temperature, by name; none where all is on shelves."""
    found: dict[tuple[str, str], list[FulfilmentLine]] = {}
    for line in lines:
        if line.prep is not None and missing(line) > 0:
            found.setdefault((Recipe.of(line.prep).station, line.zone), []).append(line)
    return [Job(station, zone, tuple(mine)) for (station, zone), mine in sorted(found.items())]


def label(ticket_id: int) -> str:
    """The code on what was made for a ticket; whoever packs scans it like a tote."""
    return f"{LABEL}-{ticket_id}"


def is_label(code: str) -> bool:
    return code.startswith(LABEL)


def start_at(now: datetime, seconds: int, beside: Iterable[Beside], latest: datetime) -> datetime:
    """When a station begins, so that hot food is ready when the rest of its order is, and not before.

    The rest is ready when the longest picking is over, which counts from now while nobody has begun it. Never
    later than `latest`, after which the order would be late, and never in the past.
    """
    rest = max(
        (now if one.begun_at is None else one.begun_at) + timedelta(seconds=one.seconds)
        for one in (*beside, Beside(now, 0))
    )
    return max(now, min(rest - timedelta(seconds=seconds), latest))


def has_moved(planned: datetime, fresh: datetime) -> bool:
    """Whether a new start is worth telling."""
    return abs(planned - fresh) >= MOVED


def check_cook(states: Collection[str], now: datetime, planned: datetime) -> None:
    """Whether the station may begin. Raises NothingWaits, TooEarly."""
    if PrepLineState.WAITING not in states:
        raise NothingWaits()
    if now < planned:
        raise TooEarly(planned)


def check_ready(states: Collection[str]) -> None:
    """Whether there is something to finish. Raises NothingCooks."""
    if PrepLineState.COOKING not in states:
        raise NothingCooks()


def short_after(state: str, quantity: int, short: int, more: int | None) -> int:
    """`short` when `more` portions can't be made; None: all that are left.

    Raises PrepLineClosed, MoreThanLeft.
    """
    if state not in OPEN:
        raise PrepLineClosed()
    left = quantity - short
    if more is not None and more > left:
        raise MoreThanLeft(missing=left)
    return short + (left if more is None else more)


def over(states: Iterable[str]) -> bool:
    """Whether nothing is left to do at the station."""
    return not any(state in OPEN for state in states)


def legal_prep(states: Collection[str], *, early: bool) -> list[str]:
    """Legal domain ops of a ticket at work (`legal` in its snapshot); `early`: it is not time to begin."""
    legal = ["cook"] if PrepLineState.WAITING in states and not early else []
    if PrepLineState.COOKING in states:
        legal.append("ready")
    return legal if over(states) else [*legal, "short"]

"""The small interface between the dispatcher and a stage (F3).

The dispatcher owns fulfilment orders and tickets; a stage owns what is inside a ticket. A new stage is a
new folder that implements `Stage`, plus its entry in the flow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

ML_PER_GRAM = 2  # groceries in bags


@dataclass(frozen=True)
class FulfilmentLine:
    """A line of a fulfilment order with what earlier stages did. Quantities are pieces or grams (`unit`).

    `prep` says how the shop itself makes the goods; None: they stand on a shelf.
    """

    line_no: int
    sku: str
    quantity: int
    unit: str
    zone: str
    location: str
    grams: int
    picked: int
    short: int
    substituted: int
    on_shortage: str
    substitutes: int | None = None
    prep: str | None = None


@dataclass(frozen=True)
class FulfilmentView:
    """What a stage may know of a fulfilment order."""

    id: int
    order_no: int
    store_id: int
    state: str
    due_at: datetime
    lines: tuple[FulfilmentLine, ...]
    contact: Mapping[str, Any]
    delivery_pin: str
    note: str


@dataclass(frozen=True)
class TicketSpec:
    """A ticket that a stage asks the dispatcher to open. `zone` is a temperature zone or "all".

    `detail` comes back in `Stage.opened`, so the stage can write its lines under the new ticket. It is due
    with its order unless `due_at` says when. `metres` are walked for it, from the point of the floor plan at
    which it `begins` and back to it; None: nobody knows. `seconds` of work are the stage's own estimate;
    None: the policy's.
    """

    zone: str
    part: int
    lines: int
    grams: int
    kind: str = "work"
    detail: Any = None
    priority: int = 0
    due_at: datetime | None = None
    metres: int | None = None
    begins: tuple[float, float] | None = None
    seconds: int | None = None

    @property
    def volume_ml(self) -> int:
        """What the goods take in a tote, from their weight."""
        return self.grams * ML_PER_GRAM


def whole_order(fulfilment: FulfilmentView) -> list[TicketSpec]:
    """One ticket for all that was picked, whatever its zones; none when nothing was."""
    picked = [line for line in fulfilment.lines if line.picked]
    if not picked:
        return []
    grams = sum(line.grams * line.picked // line.quantity for line in picked)
    return [TicketSpec(zone="all", part=1, lines=len(picked), grams=grams)]


@dataclass(frozen=True)
class TicketView:
    """A ticket as its stage sees it."""

    id: int
    store_id: int
    fulfilment_id: int
    order_no: int
    stage: str
    kind: str
    zone: str
    part: int
    state: str
    version: int
    epoch: int
    assignee_id: int | None
    due_at: datetime


@dataclass(frozen=True)
class Op:
    """One action of a handheld: `id` is the client's UUID, `at` the device's time (no rule trusts it)."""

    id: str
    type: str
    payload: Mapping[str, Any]
    person_id: int
    session_id: int
    at: datetime | None = None


@dataclass(frozen=True)
class Outcome:
    """What an op did to its ticket: `done` finishes it; `began` moves it from accepted to working."""

    done: bool = False
    began: bool = True
    detail: Mapping[str, Any] = field(default_factory=dict)


class Stage(Protocol):
    """Implemented by every folder of `contracts.folders.STAGES`; called in the dispatcher's transaction."""

    name: str
    role: str
    ops: Mapping[str, Any]  # op type → marshmallow schema class of its payload (strict)

    def open(self, tx, fulfilment: FulfilmentView) -> Sequence[TicketSpec]:
        """Say which tickets this fulfilment needs here, none if nothing is to be done."""

    def opened(self, tx, ticket: TicketView, spec: TicketSpec, fulfilment: FulfilmentView) -> None:
        """Write the stage's own rows under the ticket that the dispatcher has just made."""

    def snapshot(self, tx, ticket: TicketView) -> Mapping[str, Any]:
        """Everything the screen needs to work on this ticket offline, JSON-ready, with `legal` ops."""

    def apply(self, tx, ticket: TicketView, op: Op) -> Outcome:
        """Do one op. Raises a Refusal without leaving an effect; the dispatcher stores the rejection."""

    def cancel(self, tx, ticket: TicketView) -> None:
        """The ticket dies: release what the stage holds for it (totes are reported by the dispatcher)."""

    def taken_over(self, tx, ticket: TicketView) -> None:
        """The ticket goes to somebody else: what is in the totes must be counted first (floor rule 1)."""


class PickingStage(Stage, Protocol):
    """The stage in which a ticket may grow: goods that come instead of others are picked there, too.

    Several tickets are picked in one walk there: a tour.
    """

    def add(self, tx, ticket: TicketView, line_no: int, fulfilment: FulfilmentView) -> None:
        """Write one more line of the fulfilment order under a live ticket."""

    def shelves(self, tx, ticket_ids: Sequence[int]) -> Mapping[int, Sequence[str]]:
        """Where the lines stand that are still to do, by ticket."""

    def last_shelf(self, tx, ticket_ids: Sequence[int]) -> str | None:
        """Where something of these tickets was picked last; None before anything was."""

    def checked(self, tx, ticket_ids: Sequence[int]) -> Mapping[int, int]:
        """Whose work these tickets check, by ticket: somebody else shall do it."""

    def reorder(self, tx, tickets: Sequence[TicketView]) -> int:
        """Put the lines of these tickets into one walk, the rest of it from where its picker is. Metres."""


class MakingStage(Stage, Protocol):
    """The stage in which the shop makes goods itself, each at its station of the kitchen."""

    def stations(self, goods: Iterable[tuple[str, int]]) -> Mapping[str, int]:
        """Seconds of each station for goods (how they are made, portions) that nobody has paid yet."""

    def made_at(self, tx, ticket_ids: Sequence[int]) -> Mapping[int, tuple[str, datetime | None]]:
        """At which station each of these tickets is made, and since when; None: it has not begun."""

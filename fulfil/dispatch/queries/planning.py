"""What a plan and a promise look at: what waits, who is free, what they hold."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.engine import Row

from fulfil.dispatch.model import ColdClock, Fulfilment, FulfilmentLineRow, Offer, Ticket, Tour, WorkerLoad
from fulfil.dispatch.queries.documents import LIVE
from fulfil.dispatch.rules import LOOK, WORK
from fulfil.dispatch.states import HELD_TICKET, OfferState, TicketState
from fulfil.kit.db import Int, Text, Tx
from fulfil.kit.moves import History
from fulfil.kit.statements import among, one_of
from fulfil.kit.task_rows import Task
from fulfil.staff.model import Person, Shift
from fulfil.staff.queries import ON_DUTY
from fulfil.staff.states import ShiftState

FIRST_FREE = 20
_LOADS = (
    WorkerLoad.seconds.label("load_seconds"),
    WorkerLoad.lines.label("load_lines"),
    WorkerLoad.grams.label("load_grams"),
    WorkerLoad.missed,
    WorkerLoad.x,
    WorkerLoad.y,
)
_ID = bindparam("id")
QUEUED = one_of(Ticket.state, TicketState.QUEUED)


def waiting_tickets(tx: Tx, store_id: int, stages: Iterable[str], limit: int) -> list[Row]:
    """Queued tickets that nobody holds back, with their order's ride and when it was ready: `limit` a stage.

    Second looks are left out: each is for one expert alone, and over soon.
    """
    return tx.all(_waiting(tuple(sorted(stages)), limit), {"store_id": store_id})


@cache
def _waiting(stages: tuple[str, ...], limit: int) -> Select:
    heads = [
        select(Ticket.id)
        .where(
            Ticket.store_id == bindparam("store_id"), Ticket.stage == stage, QUEUED, Ticket.held.is_(False)
        )
        .order_by(Ticket.priority.desc(), Ticket.due_at)
        .limit(limit)
        .subquery()
        for stage in stages
    ]
    return (
        select(*Ticket.__table__.columns, Fulfilment.ride_seconds, Fulfilment.ready_at)
        .join(Fulfilment, Fulfilment.id == Ticket.fulfilment_id)
        .where(Ticket.id.in_(union_all(*(select(head.c.id) for head in heads))), Ticket.kind != LOOK)
        .order_by(Ticket.id)
    )


def looks_waiting(tx: Tx, store_id: int, zones: Collection[str]) -> list[int]:
    """Second looks of these zones for which nobody is asked now, oldest first."""
    return [row.id for row in tx.all(_LOOKS_WAITING, {"store_id": store_id}) if row.zone in zones]


_LOOKS_WAITING = (
    select(Ticket.id, Ticket.zone)
    .where(
        Ticket.store_id == bindparam("store_id"),
        Ticket.stage == "picking",
        QUEUED,
        Ticket.held.is_(False),
        Ticket.kind == LOOK,
    )
    .order_by(Ticket.id)
)


def waiting_stages(tx: Tx, store_id: int) -> list[str]:
    """The stages in which a ticket of the shop waits."""
    return tx.scalars(_WAITING_STAGES, {"store_id": store_id})


_WAITING_STAGES = (
    select(Ticket.stage)
    .distinct()
    .where(Ticket.store_id == bindparam("store_id"), QUEUED, Ticket.held.is_(False))
    .order_by(Ticket.stage)
)


def waits(tx: Tx, fulfilment_id: int) -> bool:
    """Whether a ticket of the order waits for somebody."""
    return tx.scalar(_WAITS, {"id": fulfilment_id}) is not None


_WAITS = select(Ticket.id).where(Ticket.fulfilment_id == _ID, QUEUED).limit(1)


def stores_with_waiting(tx: Tx) -> list[int]:
    """Shops where a ticket waits."""
    return tx.scalars(_STORES_WITH_WAITING)


_STORES_WITH_WAITING = select(Ticket.store_id).where(QUEUED).distinct().order_by(Ticket.store_id)


def unpacked(tx: Tx, store_id: int) -> int:
    """Orders that are picked and not packed yet."""
    return tx.scalar(_UNPACKED, {"id": store_id})


_UNPACKED = (
    select(func.count()).select_from(Ticket).where(Ticket.store_id == _ID, Ticket.stage == "packing", LIVE)
)


def ambient_left(tx: Tx, fulfilment_ids: Iterable[int]) -> dict[int, Row]:
    """Of orders with live ambient picking: tickets that wait, lines left, when the last tour should end."""
    return {row.fulfilment_id: row for row in tx.all(_AMBIENT_LEFT, {"ids": sorted(fulfilment_ids)})}


_LINES_LEFT = (
    select(func.count())
    .where(
        FulfilmentLineRow.fulfilment_id == Ticket.fulfilment_id,
        FulfilmentLineRow.zone == "ambient",
        FulfilmentLineRow.prep.is_(None),
        FulfilmentLineRow.picked + FulfilmentLineRow.short + FulfilmentLineRow.substituted
        < FulfilmentLineRow.quantity,
    )
    .correlate(Ticket)
    .scalar_subquery()
)
_WAITING = func.sum(case((one_of(Ticket.state, TicketState.QUEUED, TicketState.OFFERED), 1), else_=0))
_AMBIENT_LEFT = (
    select(
        Ticket.fulfilment_id,
        _WAITING.label("waiting"),
        _LINES_LEFT.label("lines_left"),
        func.max(Tour.ends_at).label("ends_at"),
    )
    .outerjoin(Tour, Tour.id == Ticket.tour_id)
    .where(
        among(Ticket.fulfilment_id, "ids"),
        Ticket.stage == "picking",
        Ticket.kind == WORK,
        Ticket.zone == "ambient",
        LIVE,
    )
    .group_by(Ticket.fulfilment_id)
)


def warming(tx: Tx, fulfilment_ids: Iterable[int]) -> list[Row]:
    """Cold goods of these orders that are out of the cold now: fulfilment_id, zone, seconds, out_since."""
    return tx.all(_WARMING, {"ids": sorted(set(fulfilment_ids))})


_WARMING = (
    select(ColdClock.fulfilment_id, ColdClock.zone, ColdClock.seconds, ColdClock.out_since)
    .where(among(ColdClock.fulfilment_id, "ids"), ColdClock.out_since.is_not(None))
    .order_by(ColdClock.fulfilment_id, ColdClock.zone)
)


def answers(tx: Tx, ticket_ids: Iterable[int]) -> list[Row]:
    """Offers of these tickets that were declined or expired, in order."""
    return tx.all(
        select(Offer.ticket_id, Offer.person_id, Offer.state, Offer.answered_at)
        .where(
            Offer.ticket_id.in_(sorted(ticket_ids)),
            Offer.state.in_((OfferState.DECLINED, OfferState.EXPIRED)),
        )
        .order_by(Offer.id)
    )


def asked(tx: Tx, ticket_id: int) -> list[int]:
    """Who was ever shown a ticket."""
    return tx.scalars(_ASKED, {"id": ticket_id})


_ASKED = select(Offer.person_id).distinct().where(Offer.ticket_id == _ID).order_by(Offer.person_id)


def given_back(tx: Tx, ticket_ids: Iterable[int]) -> list[Row]:
    """Who gave these tickets back: rows of ticket_id, detail {from: person}, at, in order."""
    return tx.all(
        select(History.entity_id.label("ticket_id"), History.detail, History.at)
        .where(
            History.entity == Ticket.__tablename__,
            History.entity_id.in_(sorted(ticket_ids)),
            History.seq.is_not(None),
            History.event == "give_back",
        )
        .order_by(History.id)
    )


def was_taken_over(tx: Tx, ticket_id: int, reason: str) -> bool:
    """Whether a ticket was taken from somebody for that reason."""
    return tx.scalar(_TAKEN_OVER, {"id": ticket_id, "reason": reason}) is not None


_TAKEN_OVER = (
    select(History.id)
    .where(
        History.entity == Ticket.__tablename__,
        History.entity_id == _ID,
        History.seq.is_not(None),
        History.event == "take_over",
        History.reason == bindparam("reason"),
    )
    .limit(1)
)


def free_people(
    tx: Tx, store_id: int, stage: str, roles: tuple[str, ...], most: int, *, done: int = 0
) -> Iterator[Row]:
    """People on duty with one of the roles and less than `most` tickets of the stage in hand.

    With at least so many tickets `done` (of COUNTED_TICKETS). The least loaded come first, then the lower id.
    Read only as many rows as are needed and close it: that a plan knows a thousand people must not make it
    slower.
    """
    asked = {"store_id": store_id, "most": most, "done": done}
    if tx.dialect == "sqlite":
        yield from tx.some(_free_people(stage, roles), asked)
        return
    # PostgreSQL sends the whole answer to what it is asked: the first few, then the rest.
    first = tx.all(_first_free_people(stage, roles), asked)
    yield from first
    if len(first) == FIRST_FREE:
        yield from tx.all(_free_people(stage, roles), asked)[FIRST_FREE:]


def free_person(tx: Tx, store_id: int, stage: str, person_id: int, most: int) -> Row | None:
    """The same for one person; None when they are not on duty, or their hands are full."""
    return tx.one(_free_person(stage), {"store_id": store_id, "person": person_id, "most": most})


@cache
def _free_person(stage: str) -> Select:
    in_hand = _in_hand(stage)
    return ON_DUTY.add_columns(in_hand.label("in_hand")).where(
        Person.id == bindparam("person"), in_hand < bindparam("most")
    )


def people_on_duty(tx: Tx, store_id: int, person_ids: Iterable[int]) -> list[Row]:
    """These of the people on duty, whatever they have in hand, by number."""
    return tx.all(_PEOPLE_ON_DUTY, {"store_id": store_id, "ids": sorted(person_ids)})


_PEOPLE_ON_DUTY = (
    ON_DUTY.add_columns(*_LOADS)
    .join(WorkerLoad, WorkerLoad.person_id == Person.id)
    .where(among(Person.id, "ids"))
    .order_by(Person.id)
)


def held_longest(tx: Tx, store_id: int) -> list[Row]:
    """Accepted tickets, those that were opened first: who holds them, their stage, where they end, `left_us`.

    Those are the microseconds until they, or the tours that they are walked in, should be done; less than 0:
    they should be.
    """
    return tx.all(_HELD_LONGEST, {"store_id": store_id, "now": tx.now})


def done_soon(tx: Tx, store_id: int, seconds_max: int) -> list[Row]:
    """Those of `held_longest` that are not done yet and should be in so many seconds."""
    return tx.all(_DONE_SOON, {"store_id": store_id, "now": tx.now, "most_us": seconds_max * 1_000_000})


# Counted and chosen by the database: a plan looks at sixty of them, and few end in a moment.
_SHOULD_END = func.coalesce(
    type_coerce(Tour.ends_at, Int), type_coerce(Ticket.accepted_at, Int) + Ticket.estimate_seconds * 1_000_000
)
_HELD_LONGEST = (
    select(
        Ticket.id,
        Ticket.assignee_id,
        Ticket.stage,
        Ticket.begins_x,
        Ticket.begins_y,
        type_coerce(_SHOULD_END - bindparam("now", type_=Ticket.accepted_at.type), Int).label("left_us"),
    )
    .outerjoin(Tour, Tour.id == Ticket.tour_id)
    .where(
        Ticket.store_id == bindparam("store_id"),
        LIVE,
        one_of(Ticket.state, *HELD_TICKET),
        Ticket.assignee_id.is_not(None),
    )
    .order_by(Ticket.id)
    .limit(literal_column("60"))
)
_HELD = _HELD_LONGEST.subquery().c
_DONE_SOON = select(*_HELD).where(_HELD.left_us > 0, _HELD.left_us <= bindparam("most_us")).order_by(_HELD.id)


def plan_asked_at(tx: Tx, key: str) -> datetime | None:
    """Since when the planner owes the plan that is asked for under this key; None: it owes none."""
    return tx.scalar(_PLAN_ASKED_AT, {"key": key})


_PLAN_ASKED_AT = select(func.min(Task.created_at)).where(Task.key == bindparam("key"))


@cache
def _first_free_people(stage: str, roles: tuple[str, ...]) -> Select:
    return _free_people(stage, roles).limit(literal_column(str(FIRST_FREE)))


@cache
def _free_people(stage: str, roles: tuple[str, ...]) -> Select:
    load, in_hand = WorkerLoad, _in_hand(stage)
    return (
        ON_DUTY.add_columns(in_hand.label("in_hand"), *_LOADS)
        .join(load, load.person_id == Person.id)
        .where(
            load.store_id == bindparam("store_id"),
            in_hand < bindparam("most"),
            Person.tickets_done >= bindparam("done"),
            or_(*(_has(Person.roles, role) for role in roles)),
        )
        .order_by(load.seconds, load.person_id)
    )


def _has(column: Any, word: str) -> ColumnElement[bool]:
    """Whether a list of words has this one."""
    return type_coerce(column, Text).contains(f'"{word}"')


def seasoned(tx: Tx, store_id: int, role: str, zone: str, done: int) -> bool:
    """Whether somebody on duty has this role, this zone, and so many tickets done (of COUNTED_TICKETS)."""
    return tx.scalar(_seasoned(role, zone), {"store_id": store_id, "done": done}) is not None


@cache
def _seasoned(role: str, zone: str) -> Select:
    return (
        ON_DUTY.with_only_columns(Person.id)
        .where(Person.tickets_done >= bindparam("done"), _has(Person.roles, role), _has(Person.zones, zone))
        .limit(literal_column("1"))
    )


def _in_hand(stage: str) -> ColumnElement[int]:
    """A person's tickets of the stage, accepted or shown."""
    held = (
        select(func.count())
        .select_from(Ticket)
        .where(
            Ticket.assignee_id == Person.id, LIVE, one_of(Ticket.state, *HELD_TICKET), Ticket.stage == stage
        )
    )
    shown = (
        select(func.count())
        .select_from(Offer)
        .join(Ticket, Ticket.id == Offer.ticket_id)
        .where(Offer.person_id == Person.id, one_of(Offer.state, OfferState.PENDING), Ticket.stage == stage)
    )
    return held.correlate(Person).scalar_subquery() + shown.correlate(Person).scalar_subquery()


def loads_on_duty(tx: Tx, store_id: int) -> list[Row]:
    """What everybody on duty or on a break was given: person_id, roles, seconds, lines, grams."""
    return tx.all(_LOADS_ON_DUTY, {"id": store_id})


_LOADS_ON_DUTY = (
    select(WorkerLoad.person_id, Person.roles, WorkerLoad.seconds, WorkerLoad.lines, WorkerLoad.grams)
    .join(Person, Person.id == WorkerLoad.person_id)
    .join(Shift, Shift.person_id == WorkerLoad.person_id)
    .where(WorkerLoad.store_id == _ID, Shift.state != ShiftState.OFF)
    .order_by(WorkerLoad.person_id)
)


def missed_in_row(tx: Tx, store_id: int) -> dict[int, int]:
    """How many offers each of the shop's people missed in a row."""
    return {row.person_id: row.missed for row in tx.all(_MISSED_IN_ROW, {"store_id": store_id})}


_MISSED_IN_ROW = select(WorkerLoad.person_id, WorkerLoad.missed).where(
    WorkerLoad.store_id == bindparam("store_id")
)
_MISSED = select(WorkerLoad.missed).where(WorkerLoad.person_id == _ID)


def missed(tx: Tx, person_id: int) -> int:
    """How many offers somebody missed in a row."""
    return tx.scalar(_MISSED, {"id": person_id}) or 0


def held_in_shop(tx: Tx) -> list[Row]:
    """Accepted tickets whose holder should be heard of, by number; riders under way are not."""
    return sorted(tx.all(_HELD_IN_SHOP), key=lambda row: row.id)


_HELD_IN_SHOP = select(*Ticket.__table__.columns).where(
    LIVE,
    one_of(Ticket.state, *HELD_TICKET),
    Ticket.assignee_id.is_not(None),
    ~((Ticket.stage == "delivery") & (Ticket.state == TicketState.WORKING)),
)

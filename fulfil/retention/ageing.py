"""What goes by age alone, and the sweep that takes it away: one table at a time, a few rows at a time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from fulfil.dispatch.model import CapacityHold, TerminalOp, Ticket, Tour, WorkSpeed
from fulfil.handoff.model import Arrival
from fulfil.kit.db import Int, Tx
from fulfil.kit.moves import History
from fulfil.kit.statements import among, one_of
from fulfil.messages.model import Alarm, Message, WebhookDelivery
from fulfil.messages.states import DeliveryState, MessageState
from fulfil.reports.model import Figure, Workload
from fulfil.retention import movements, parts
from fulfil.retention.walk import UNTIL, Walk
from fulfil.staff.model import EnrolmentCode, PlannedShift, StaffSession
from fulfil.trade.aftersales.model import CasePhoto
from fulfil.trade.cart.errors import CartsAway
from fulfil.trade.customers.model import CustomerSession, Guest, LoginCode
from fulfil.trade.orders.model import ArchivedOrder, Order, OrderView, Submission
from fulfil.trade.orders.states import SubmissionState
from fulfil.trade.payments.model import PayNotice, PayTransaction
from fulfil.trade.stock.model import StockCount, StockMovement

ROWS = 300
SOON_MICROSECONDS = 3_600_000_000
# They live on, so their last step stays as the one that the next follows.
LONG_LIVED = ("stores", "shifts", "webhooks")
Act = Callable[[Tx, list[Any]], object]


@dataclass(frozen=True)
class Aged:
    """Rows of `model` go when `age` is more than the setting `days` ago and `where` holds.

    `grows`: keys grow with the age. `by_age`: an index on (age, key) is walked. `act` takes keys away, by
    deleting them if it is None.
    """

    model: Any
    key: str
    age: str
    days: str
    where: Any = None
    act: Act | None = None
    grows: bool = True
    by_age: bool = False

    def until(self, tx: Tx) -> datetime:
        return tx.now - timedelta(days=getattr(tx.kit.config, self.days))


_told, _later = History.__table__.c, sa.alias(History.__table__).c
_PASSED = sa.exists().where(
    _later.entity == _told.entity, _later.entity_id == _told.entity_id, _later.seq > _told.seq
)
_NOTICE_STAYS = sa.exists().where(_told.entity == PayNotice.__tablename__, PayNotice.id == _told.entity_id)
# A ticket's holder was signed in when they accepted (invariant 10), so sessions stay for their tickets. A
# ticket moves on to the session that follows soon: whatever is followed so stays as long as what follows.
_any, _after = (sa.alias(StaffSession.__table__).c for _ in range(2))
_NEXT = (
    sa.select(sa.func.min(_any.id))
    .where(
        _any.store_id == StaffSession.store_id,
        _any.person_id == StaffSession.person_id,
        _any.id > StaffSession.id,
    )
    .scalar_subquery()
)
_FOLLOWED = sa.exists().where(
    _after.id == _NEXT,
    sa.type_coerce(_after.started_at, Int) < sa.type_coerce(StaffSession.ended_at, Int) + SOON_MICROSECONDS,
)
SESSION_OVER = sa.and_(
    StaffSession.ended_at < UNTIL, ~_FOLLOWED, ~sa.exists().where(Ticket.session_id == StaffSession.id)
)
SUBMITTED = one_of(Submission.state, SubmissionState.ACCEPTED, SubmissionState.UNDONE)
# A guest with an order may look at it until it is archived.
NEVER_ORDERED = ~sa.exists().where(Order.owner_kind == "guest", Order.owner_id == Guest.id)
# A resolved notice that names no payment of ours; the others go with their order.
STRAY = sa.and_(PayNotice.resolved_at < UNTIL, ~sa.exists().where(PayTransaction.id == PayNotice.serial_no))
# Steps of the shop and its people. Those of orders go with their order, of a notice after it.
OF_THE_HOUSE = sa.and_(
    _told.order_no.is_(None),
    ~_NOTICE_STAYS,
    sa.or_(_told.seq.is_(None), sa.and_(one_of(_told.entity, *LONG_LIVED), _PASSED)),
)
# Messages to the shop itself; those about an order go with it.
OF_NO_ORDER = sa.and_(Message.order_no.is_(None), ~one_of(Message.state, MessageState.QUEUED))
ANSWERED = ~one_of(WebhookDelivery.state, DeliveryState.QUEUED)
_STEPS = sa.delete(History.__table__).where(
    _told.entity == sa.bindparam("entity"), among(_told.entity_id, "keys")
)
# A view stays as long as its order does anywhere.
NOBODYS = sa.and_(
    ~sa.exists().where(Order.id == OrderView.id), ~sa.exists().where(ArchivedOrder.order_no == OrderView.id)
)
NOT_OF_ORDERS = sa.and_(StockMovement.order_no.is_(None), StockMovement.kind != movements.CARRIED)


def _forget_guests(tx: Tx, guests: list[int]) -> None:
    """Whose carts nobody touched since, either; the carts go with them. With the carts away nobody goes."""
    until, gone = GUESTS.until(tx), []
    with suppress(CartsAway):
        for guest in guests:
            if _cart_went_cold(tx, guest, until):
                gone.append(guest)
    delete(tx, Guest, "id", gone)


def _cart_went_cold(tx: Tx, guest: int, until: datetime) -> bool:
    """Whether the guest has no cart any more."""
    carts, owner = tx.kit.services["carts"], f"guest:{guest}"
    used = carts.last_used(owner)
    if used is not None and used >= until:
        return False
    carts.forget(owner)
    return True


def _carry(tx: Tx, ids: list[int]) -> None:
    moved = StockMovement.__table__.c
    found = tx.all(
        sa.select(moved.store_id, moved.sku, moved.delta).where(among(moved.id, "keys")).with_for_update(),
        {"keys": ids},
    )
    if delete(tx, StockMovement, "id", ids) == len(found):
        movements.carry(tx, [row._mapping for row in found])


def _end_submissions(tx: Tx, numbers: list[int]) -> None:
    """A submission that was undone has left what it had closed and released; it has no order to go with."""
    states = Submission.__table__.c
    for row in tx.all(
        sa.select(states.id, states.store_id).where(
            among(states.id, "keys"),
            states.state == SubmissionState.UNDONE,
            ~sa.exists().where(Order.id == states.id),
        ),
        {"keys": numbers},
    ):
        parts.delete(tx, row, parts.rows_of(tx, row))
    delete(tx, Submission, "id", numbers)


def _with_steps(model: Any) -> Act:
    """What belongs to no order takes its steps along: there is no order for them to go with, either."""

    def act(tx: Tx, ids: list[int]) -> None:
        tx.change(_STEPS, {"entity": model.__tablename__, "keys": ids})
        delete(tx, model, "id", ids)

    return act


def delete(tx: Tx, model: Any, key: str, keys: list[Any]) -> int:
    """Rows deleted."""
    column = model.__table__.c[key]
    return tx.change(sa.delete(model.__table__).where(among(column, "keys")), {"keys": keys}) if keys else 0


GUESTS = Aged(Guest, "id", "created_at", "guest_days", NEVER_ORDERED, _forget_guests)
AGED = (
    Aged(TerminalOp, "id", "received_at", "op_days", by_age=True),
    Aged(Submission, "id", "created_at", "key_days", SUBMITTED, _end_submissions),
    Aged(CapacityHold, "order_no", "until", "key_days"),
    Aged(LoginCode, "phone", "window_at", "key_days", grows=False),
    Aged(CustomerSession, "id", "expires_at", "session_days"),
    Aged(EnrolmentCode, "code_hash", "expires_at", "session_days", grows=False),
    GUESTS,
    Aged(StaffSession, "id", "started_at", "archive_after_days", SESSION_OVER),
    Aged(Message, "id", "created_at", "message_days", OF_NO_ORDER, _with_steps(Message)),
    Aged(WebhookDelivery, "id", "created_at", "message_days", ANSWERED, _with_steps(WebhookDelivery)),
    Aged(Alarm, "id", "since", "message_days", Alarm.ended_at.is_not(None), _with_steps(Alarm)),
    Aged(Tour, "id", "offered_at", "archive_after_days", Tour.ended_at.is_not(None), _with_steps(Tour)),
    Aged(CasePhoto, "id", "created_at", "personal_days"),
    Aged(Arrival, "id", "at", "archive_after_days"),
    Aged(PlannedShift, "id", "ends_at", "archive_after_days", grows=False),
    Aged(PayNotice, "id", "at", "archive_after_days", STRAY),
    Aged(History, "id", "at", "archive_after_days", OF_THE_HOUSE),
    Aged(StockCount, "id", "opened_at", "archive_after_days", one_of(StockCount.state, "counted")),
    Aged(StockMovement, "id", "at", "archive_after_days", NOT_OF_ORDERS, _carry),
    Aged(ArchivedOrder, "order_no", "ended_at", "archived_days"),
    Aged(OrderView, "id", "created_at", "archived_days", NOBODYS),
    Aged(Figure, "id", "starts_at", "archived_days"),
    Aged(Workload, "id", "day_at", "archive_after_days"),
    Aged(WorkSpeed, "id", "at", "archive_after_days", grows=False),
)


class Ageing:
    """A sweep: looks at the next rows of the next table."""

    def __init__(self) -> None:
        self._walks = [
            (
                aged,
                Walk(
                    aged.model,
                    aged.key,
                    aged.age,
                    ROWS,
                    where=aged.where,
                    grows=aged.grows,
                    by_age=aged.by_age,
                ),
            )
            for aged in AGED
        ]
        self._next = 0

    def __call__(self, tx: Tx) -> None:
        aged, walk = self._walks[self._next]
        self._next = (self._next + 1) % len(self._walks)
        keys = walk.next(tx, aged.until(tx))
        if aged.act is not None and keys:
            aged.act(tx, keys)
        else:
            delete(tx, aged.model, aged.key, keys)

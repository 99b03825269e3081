"""Every select on messages, webhooks and alarms."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from fulfil.kit.checks import Check, Violation, broken, off_history, unknown_state
from fulfil.kit.db import Tx
from fulfil.kit.statements import one_of
from fulfil.kit.task_rows import Task
from fulfil.messages.errors import UnknownAlarm, UnknownDelivery, UnknownMessage, UnknownWebhook
from fulfil.messages.model import Alarm, Message, Webhook, WebhookDelivery
from fulfil.messages.states import (
    ALARM,
    MESSAGE,
    WEBHOOK,
    WEBHOOK_DELIVERY,
    AlarmState,
    DeliveryState,
    MessageState,
    WebhookState,
)

TASK_KEY = "message:"
_ONE = sa.bindparam("one")
_MESSAGE = sa.select(*Message.__table__.c).where(Message.id == _ONE)
_other = sa.alias(Message.__table__).c
_DEAD = sa.select(_other.id).where(one_of(_other.state, MessageState.DEAD))
_WEBHOOK = sa.select(*Webhook.__table__.c).where(Webhook.id == _ONE)
_LOCKED_WEBHOOK = _WEBHOOK.with_for_update()
_ACTIVE = (
    sa.select(Webhook.id, Webhook.store_id, Webhook.types)
    .where(one_of(Webhook.state, WebhookState.ACTIVE))
    .order_by(Webhook.id)
)
_DELIVERY = sa.select(*WebhookDelivery.__table__.c).where(WebhookDelivery.id == _ONE)
_ALARM = sa.select(*Alarm.__table__.c).where(Alarm.id == _ONE)
_LIVE_ALARMS = sa.select(*Alarm.__table__.c).where(Alarm.ended_at.is_(None)).order_by(Alarm.id)


def message(tx: Tx, message_id: int) -> Row:
    """The message. Raises UnknownMessage."""
    row = found(tx, message_id)
    if row is None:
        raise UnknownMessage()
    return row


def found(tx: Tx, message_id: int) -> Row | None:
    """The message, None when it has been kept its time."""
    return tx.one(_MESSAGE, {"one": message_id})


def messages(
    tx: Tx,
    stores: Collection[int | None] | None,
    *,
    state: str | None,
    order_no: int | None,
    before: int | None,
    limit: int,
) -> list[Row]:
    """Messages of these shops (see `_in`), newest first, below the number `before`."""
    where = [*_in(Message.store_id, stores), *_below(Message.id, before)]
    if state is not None:
        where.append(Message.state == state)
    if state == MessageState.DEAD:
        where.append(Message.id.in_(_DEAD))  # few among many
    if order_no is not None:
        where.append(Message.order_no == order_no)
    return tx.all(sa.select(*Message.__table__.c).where(*where).order_by(Message.id.desc()).limit(limit))


def dead_since(tx: Tx, since: Any) -> list[Row]:
    """How many messages (`amount`) of each shop and channel were given up since then."""
    return tx.all(
        sa.select(Message.store_id, Message.channel, sa.func.count().label("amount"))
        .where(one_of(Message.state, MessageState.DEAD), Message.ended_at >= since)
        .group_by(Message.store_id, Message.channel)
        .order_by(Message.channel, Message.store_id)
    )


def given_up_since(tx: Tx, since: Any) -> list[Row]:
    """How many deliveries (`amount`) of each active webhook were given up since then."""
    return tx.all(
        sa.select(Webhook.store_id, Webhook.id, Webhook.url, sa.func.count().label("amount"))
        .join(WebhookDelivery, WebhookDelivery.webhook_id == Webhook.id)
        .where(
            one_of(WebhookDelivery.state, DeliveryState.DEAD),
            WebhookDelivery.ended_at >= since,
            one_of(Webhook.state, WebhookState.ACTIVE),
        )
        .group_by(Webhook.id)
        .order_by(Webhook.id)
    )


def webhook(tx: Tx, webhook_id: int, *, lock: bool = False) -> Row:
    """The webhook, an ended one too. Raises UnknownWebhook."""
    row = tx.one(_LOCKED_WEBHOOK if lock else _WEBHOOK, {"one": webhook_id})
    if row is None:
        raise UnknownWebhook()
    return row


def webhooks(tx: Tx, stores: Collection[int | None] | None) -> list[Row]:
    """Webhooks of these shops (see `_in`; one of every shop is of none) that have not ended, by number."""
    return tx.all(
        sa.select(*Webhook.__table__.c)
        .where(*_in(Webhook.store_id, stores), Webhook.state != WebhookState.ENDED)
        .order_by(Webhook.id)
    )


def active_webhooks(tx: Tx) -> list[Row]:
    """Number, shop and types of each that is told of events."""
    return tx.all(_ACTIVE)


def disabled_webhooks(tx: Tx, reasons: Iterable[str]) -> list[Row]:
    """Those that were disabled for one of these reasons."""
    return tx.all(
        sa.select(Webhook.id, Webhook.store_id, Webhook.url)
        .where(Webhook.state == WebhookState.DISABLED, Webhook.disabled_for.in_(list(reasons)))
        .order_by(Webhook.id)
    )


def found_delivery(tx: Tx, delivery_id: int) -> Row | None:
    """The delivery, None when it has been kept its time."""
    return tx.one(_DELIVERY, {"one": delivery_id})


def delivery(tx: Tx, webhook_id: int, delivery_id: int) -> Row:
    """A delivery of that webhook. Raises UnknownDelivery."""
    row = found_delivery(tx, delivery_id)
    if row is None or row.webhook_id != webhook_id:
        raise UnknownDelivery()
    return row


def deliveries(tx: Tx, webhook_id: int, *, state: str | None, before: int | None, limit: int) -> list[Row]:
    """Deliveries of a webhook, newest first, below the number `before`."""
    where = [WebhookDelivery.webhook_id == webhook_id, *_below(WebhookDelivery.id, before)]
    if state is not None:
        where.append(WebhookDelivery.state == state)
    return tx.all(
        sa.select(*WebhookDelivery.__table__.c).where(*where).order_by(WebhookDelivery.id.desc()).limit(limit)
    )


def alarm(tx: Tx, alarm_id: int) -> Row:
    """The alarm. Raises UnknownAlarm."""
    row = tx.one(_ALARM, {"one": alarm_id})
    if row is None:
        raise UnknownAlarm()
    return row


def live_alarms(tx: Tx) -> list[Row]:
    """Alarms of what is not over."""
    return tx.all(_LIVE_ALARMS)


def alarms(
    tx: Tx, stores: Collection[int | None] | None, *, over: bool, before: int | None, limit: int
) -> list[Row]:
    """Alarms of these shops (see `_in`; the house's are of none), newest first; `over`: also past ones."""
    where = [*_in(Alarm.store_id, stores), *_below(Alarm.id, before)]
    if not over:
        where.append(Alarm.ended_at.is_(None))
    return tx.all(sa.select(*Alarm.__table__.c).where(*where).order_by(Alarm.id.desc()).limit(limit))


def _in(column: Any, stores: Collection[int | None] | None) -> list[Any]:
    """None: every row. None among the shops: also what belongs to none."""
    if stores is None:
        return []
    named = column.in_([store for store in stores if store is not None])
    return [sa.or_(named, column.is_(None)) if None in stores else named]


def _below(column: Any, before: int | None) -> list[Any]:
    return [] if before is None else [column < before]


def violations(tx: Tx) -> list[Violation]:
    """Invariants 11 (state is the last history row) and 14 (what waits to be sent has a task)."""
    return broken(tx, _checks())


@cache
def _checks() -> list[Check]:
    machines = {Message: MESSAGE, Webhook: WEBHOOK, WebhookDelivery: WEBHOOK_DELIVERY, Alarm: ALARM}
    key = sa.literal(TASK_KEY, sa.Text) + sa.cast(Message.id, sa.Text)
    forgotten = sa.select(Message.id).where(
        one_of(Message.state, MessageState.QUEUED), ~sa.exists().where(Task.key == key)
    )
    times = {
        Alarm: (Alarm.state == AlarmState.OVER) != Alarm.ended_at.is_not(None),
        WebhookDelivery: (WebhookDelivery.state == DeliveryState.QUEUED)
        != WebhookDelivery.next_at.is_not(None),
    }
    return [
        *(off_history(model) for model in machines),
        *(unknown_state(model, machine) for model, machine in machines.items()),
        Check(14, Message.__tablename__, "waits to be sent, and no task sends it", forgotten),
        *(
            Check(
                11,
                model.__tablename__,
                "its times are not those of its state",
                sa.select(model.id).where(wrong),
            )
            for model, wrong in times.items()
        ),
    ]

"""Events on their way to webhooks: one delivery for each, tried until it is taken or given up (M4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy.engine import Row

from fulfil.kit import moves
from fulfil.kit.base import Kit
from fulfil.kit.db import Tx
from fulfil.messages import queries
from fulfil.messages.errors import StillQueued, WebhookDisabled
from fulfil.messages.model import Webhook, WebhookDelivery
from fulfil.messages.rules import events, webhooks
from fulfil.messages.service import posting, subscriptions
from fulfil.messages.service.posting import Answer
from fulfil.messages.states import WEBHOOK_DELIVERY, DeliveryState, WebhookState

DELIVER = "webhooks.deliver"
BUSY_SECONDS = 30


def on_event(tx: Tx, event: Any) -> None:
    """Inline subscriber: queue the event for every webhook that wants it, in the event's transaction."""
    wanted = tx.kit.services["webhooks_wanted"]
    found = events.told(event) if wanted.anything else None
    if found is None:
        return
    name, data = found
    body = events.body(name, data, tx.now)
    for webhook_id in wanted.of(event.store_id, name):
        _queue(tx, webhook_id, event.store_id, event.order_no, name, body)


def send_test(tx: Tx, row: Row) -> int:
    """Queue an event that says it is a test; the delivery's number. Raises WebhookDisabled."""
    if row.state != WebhookState.ACTIVE:
        raise WebhookDisabled()
    body = events.body(events.TEST, {"webhook_id": str(row.id)}, tx.now)
    return _queue(tx, row.id, row.store_id, None, events.TEST, body)


def replay(tx: Tx, webhook: Row, delivery_id: int, actor: str) -> None:
    """Send it again under its id, whatever came of it before.

    Raises UnknownDelivery, StillQueued, WebhookDisabled.
    """
    row = queries.delivery(tx, webhook.id, delivery_id)
    if webhook.state != WebhookState.ACTIVE:
        raise WebhookDisabled()
    if row.state == DeliveryState.QUEUED:
        raise StillQueued()
    _move(tx, row, "replay", actor=actor, attempts=0, next_at=tx.now, ended_at=None)
    _let_go(tx, row)


def deliver(kit: Kit, payload: Mapping[str, Any], _task_id: int) -> Callable[[Tx], None] | None:
    """Call handler: one try of one delivery. Raises CallRefused: then it waits for the switch, or its turn.

    A receiver's fault is its own: it opens no breaker, which would keep events from all the others.
    """
    with kit.db.read() as tx:
        row = queries.found_delivery(tx, payload["delivery_id"])
        webhook = None if row is None else queries.webhook(tx, row.webhook_id)
    if row is None or row.state != DeliveryState.QUEUED:
        return None
    if webhook.state != WebhookState.ACTIVE:
        return partial(_give_up, row=row, answer=Answer(None, "webhook_disabled"), tried=0)
    body, now = row.body.encode(), kit.clock.now()
    secrets = webhooks.secrets_at(webhook.secrets, webhook.previous_until, now)
    headers = webhooks.headers(secrets, message_id(row.id), int(now.timestamp()), body)
    call = partial(
        posting.post, webhook.url, body, headers, embedded=kit.db.sqlite, private=kit.config.webhook_private
    )
    lanes = kit.services["webhook_lanes"]
    try:
        answer = lanes.run(webhook.id, lambda: kit.gateway.call(posting.DEPENDENCY, call))
    except posting.Busy:
        return partial(_wait, row=row)
    kit.metrics.count("webhooks_sent" if answer.ok else "webhooks_failed")
    return partial(_sent if answer.ok else _failed, row=row, answer=answer)


def message_id(delivery_id: int) -> str:
    """The `webhook-id` of a delivery: the same for every try and every replay."""
    return f"msg_{delivery_id}"


def _queue(tx: Tx, webhook_id: int, store_id: int | None, order_no: int | None, name: str, body: str) -> int:
    delivery_id = tx.number()
    values = {"id": delivery_id, "webhook_id": webhook_id, "store_id": store_id, "order_no": order_no}
    tx.insert(
        WebhookDelivery,
        **values,
        type=name,
        body=body,
        state=WEBHOOK_DELIVERY.initial,
        version=1,
        attempts=0,
        next_at=tx.now,
        status=None,
        error=None,
        created_at=tx.now,
        ended_at=None,
    )
    moves.begin(tx, WebhookDelivery, WEBHOOK_DELIVERY, delivery_id, store_id=store_id)
    subject = f"order:{order_no}" if order_no else f"delivery:{delivery_id}"
    tx.kit.tasks.add(tx, DELIVER, {"delivery_id": delivery_id}, key=f"webhook:{webhook_id}:{subject}")
    return delivery_id


def _let_go(tx: Tx, row: Row, **when: Any) -> None:
    """Again, behind nothing: what failed once has lost its place, and must not hold up what came after it."""
    tx.kit.tasks.add(tx, DELIVER, {"delivery_id": row.id}, **when)


def _wait(tx: Tx, row: Row) -> None:
    """Its receiver is slow, and others wait for it, too: later, and no try counts."""
    later = BUSY_SECONDS * (1 + tx.kit.random.random())
    _let_go(tx, row, run_at=tx.now + timedelta(seconds=later))


def _sent(tx: Tx, row: Row, answer: Answer) -> None:
    _move(
        tx,
        row,
        "send",
        attempts=row.attempts + 1,
        next_at=None,
        status=answer.status,
        error=None,
        ended_at=tx.now,
    )
    webhook = queries.webhook(tx, row.webhook_id)
    if webhook.failing_since is not None:
        tx.update(Webhook, {"id": webhook.id}, failing_since=None)


def _failed(tx: Tx, row: Row, answer: Answer) -> None:
    """Try again later; after the last try, or where the receiver is gone, give it up."""
    at = webhooks.next_try(row.attempts + 1, tx.now, tx.kit.random.random())
    if at is None or answer.status == webhooks.GONE:
        _give_up(tx, row, answer, tried=1)
    elif tx.update(
        WebhookDelivery,
        {"id": row.id, "version": row.version},
        attempts=row.attempts + 1,
        next_at=at,
        status=answer.status,
        error=answer.error,
    ):
        _let_go(tx, row, run_at=at)
    _blame(tx, row.webhook_id, answer)


def _blame(tx: Tx, webhook_id: int, answer: Answer) -> None:
    webhook = queries.webhook(tx, webhook_id, lock=True)
    if webhook.state != WebhookState.ACTIVE:
        return
    if answer.status == webhooks.GONE:
        subscriptions.disable(tx, webhook, "gone")
    elif webhooks.fails_too_long(webhook.failing_since, tx.now):
        subscriptions.disable(tx, webhook, "failing")
    elif webhook.failing_since is None:
        tx.update(Webhook, {"id": webhook_id}, failing_since=tx.now)


def _give_up(tx: Tx, row: Row, answer: Answer, tried: int) -> None:
    _move(
        tx,
        row,
        "give_up",
        reason=answer.error or "",
        attempts=row.attempts + tried,
        next_at=None,
        status=answer.status,
        error=answer.error,
        ended_at=tx.now,
    )
    tx.after_commit(partial(tx.kit.metrics.count, "webhooks_dead"))


def _move(tx: Tx, row: Row, event: str, **changes: Any) -> None:
    moves.move(tx, WebhookDelivery, WEBHOOK_DELIVERY, row, event, **changes)

"""A message joins its sender's transaction; a task sends it after the commit and tells what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sqlalchemy.engine import Row

from fulfil.kit import moves
from fulfil.kit.base import Kit
from fulfil.kit.db import Tx
from fulfil.kit.gateway import CallRefused
from fulfil.messages import queries
from fulfil.messages.errors import NotDead, NotSent, Undeliverable, WrongContact
from fulfil.messages.model import Message
from fulfil.messages.rules import sending, texts
from fulfil.messages.service.console import EMAIL, SMS
from fulfil.messages.states import MESSAGE, MessageState

DELIVER = "messages.deliver"


def send(
    tx: Tx,
    *,
    kind: str,
    store_id: int | None,
    order_no: int | None,
    phone: str,
    language: str,
    values: Mapping[str, Any],
    key: str,
) -> int | None:
    """Let a short message of that kind go to `phone` after the commit; its number.

    `kind` and the values that it needs stand in `rules/texts.py`; `language` is zh…, en…, or "" for both.
    None, and nothing happens, where the same `key` has been used before, or nobody has that phone any more.
    """
    if not phone:
        return None
    return enqueue(
        tx,
        kind=kind,
        store_id=store_id,
        order_no=order_no,
        channel=SMS,
        recipient=phone,
        language=language,
        values=values,
        key=key,
    )


def enqueue(
    tx: Tx,
    *,
    kind: str,
    store_id: int | None,
    order_no: int | None,
    channel: str,
    recipient: str,
    language: str,
    values: Mapping[str, Any],
    key: str,
) -> int | None:
    """As `send`, for any channel: `sms` or `email`."""
    if kind in texts.NEVER_STORED:
        raise ValueError(f"{kind} is never stored: send it with send_now")
    said = texts.words(kind, language, values)
    message_id = tx.insert_new(
        Message,
        id=tx.number(),
        store_id=store_id,
        order_no=order_no,
        kind=kind,
        channel=channel,
        recipient=recipient,
        language=language,
        subject=said.subject if channel == EMAIL else "",
        text=said.text,
        key=key,
        state=MESSAGE.initial,
        version=1,
        attempts=0,
        next_at=tx.now,
        error=None,
        expires_at=tx.now + texts.life(kind, values),
        created_at=tx.now,
        ended_at=None,
    )
    if message_id is None:
        return None
    moves.begin(
        tx,
        Message,
        MESSAGE,
        message_id,
        store_id=store_id,
        order_no=order_no,
        detail={"kind": kind, "channel": channel},
    )
    _let_go(tx, message_id)
    return message_id


def send_now(kit: Kit, *, kind: str, phone: str, language: str, values: Mapping[str, Any], key: str) -> None:
    """Send a short message at once and store nothing. Call it outside transactions.

    Raises OSError (CallRefused, CallFailed) and Undeliverable when it did not go out.
    """
    kit.services[SMS].send(phone, texts.words(kind, language, values).text, key=key)


def try_out(kit: Kit, contact: str) -> str:
    """Send a message that says it is a test; the channel it took. Raises WrongContact, NotSent."""
    channel = sending.channel_of(contact)
    if channel is None:
        raise WrongContact()
    said = texts.words("test", "", {})
    also = {"subject": said.subject} if channel == EMAIL else {}
    try:
        kit.services[channel].send(contact, said.text, key=f"test:{kit.random.getrandbits(128):032x}", **also)
    except (OSError, Undeliverable) as error:
        raise NotSent(f"The provider did not take it: {error}") from error
    return channel


def deliver(kit: Kit, payload: Mapping[str, Any], _task_id: int) -> Callable[[Tx], None] | None:
    """Call handler: send one message under its key. Raises CallRefused: then it waits for the switch."""
    with kit.db.read() as tx:
        row = queries.found(tx, payload["message_id"])
    if row is None or row.state != MessageState.QUEUED:
        return None
    if kit.clock.now() >= row.expires_at:
        return partial(_give_up, row=row, error="Expired")
    also = {"subject": row.subject} if row.channel == EMAIL else {}
    try:
        kit.services[row.channel].send(row.recipient, row.text, key=row.key, **also)
    except CallRefused:
        raise
    except Undeliverable as refusal:
        return partial(_give_up, row=row, error=str(refusal) or "Undeliverable", tried=1)
    except OSError as error:
        return partial(_try_again, row=row, error=type(error).__name__)
    return partial(_sent, row=row)


def retry(tx: Tx, message_id: int, actor: str) -> None:
    """Give a dead message another life. Raises UnknownMessage, NotDead."""
    row = queries.message(tx, message_id)
    if row.state != MessageState.DEAD or not row.recipient:  # nobody knows any more whom it was for
        raise NotDead(state=row.state)
    life = row.expires_at - row.created_at
    _move(tx, row, "retry", actor=actor, attempts=0, next_at=tx.now, expires_at=tx.now + life, ended_at=None)
    _let_go(tx, message_id)


def _let_go(tx: Tx, message_id: int, **when: Any) -> None:
    tx.kit.tasks.add(tx, DELIVER, {"message_id": message_id}, key=f"{queries.TASK_KEY}{message_id}", **when)


def _sent(tx: Tx, row: Row) -> None:
    _move(tx, row, "send", attempts=row.attempts + 1, next_at=None, error=None, ended_at=tx.now)


def _try_again(tx: Tx, row: Row, error: str) -> None:
    at = sending.next_try(row.attempts + 1, tx.now, row.expires_at)
    if at is None:
        _give_up(tx, row, error, tried=1)
        return
    tx.update(
        Message, {"id": row.id, "version": row.version}, attempts=row.attempts + 1, next_at=at, error=error
    )
    _let_go(tx, row.id, run_at=at)


def _give_up(tx: Tx, row: Row, error: str, tried: int = 0) -> None:
    _move(
        tx,
        row,
        "give_up",
        reason=error,
        attempts=row.attempts + tried,
        next_at=None,
        error=error,
        ended_at=tx.now,
    )
    tx.after_commit(partial(tx.kit.metrics.count, "messages_dead"))


def _move(tx: Tx, row: Row, event: str, **changes: Any) -> None:
    moves.move(tx, Message, MESSAGE, row, event, **changes)

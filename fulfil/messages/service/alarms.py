"""What is wrong against what was told: people hear of it until somebody has it, or it is over (M2)."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Row

from fulfil.kit import moves
from fulfil.kit.clock import parse_rfc3339
from fulfil.kit.config import Config
from fulfil.kit.db import Tx
from fulfil.kit.errors import ConfigError, StaleRow
from fulfil.kit.gateway import Switch
from fulfil.messages import queries
from fulfil.messages.errors import AlarmOver, WrongContact
from fulfil.messages.model import Alarm
from fulfil.messages.rules import alarms, sending, webhooks
from fulfil.messages.rules.alarms import Wrong
from fulfil.messages.service.sending import enqueue
from fulfil.messages.states import ALARM, AlarmState
from fulfil.store import queries as stores
from fulfil.store import service as store_service

log = logging.getLogger("fulfil.alarms")
OFF_TOO_LONG = timedelta(hours=1)
DEAD_FOR = timedelta(days=1)  # a message that died longer ago helps nobody any more
DISABLED_ITSELF = ("gone", "failing")
HOUSE = {"zh": "fulfil", "en": "fulfil"}


def of_the_house(tx: Tx) -> Iterator[Wrong]:
    """What this folder and the ground floor know: messages, webhooks, breakers, switches."""
    for row in queries.dead_since(tx, tx.now - DEAD_FOR):
        yield Wrong("dead_messages", row.store_id, row.channel, row.amount)
    for row in queries.given_up_since(tx, tx.now - DEAD_FOR):
        yield Wrong("dead_deliveries", row.store_id, webhooks.named(row.url, row.id), row.amount)
    for row in queries.disabled_webhooks(tx, DISABLED_ITSELF):
        yield Wrong("disabled_webhooks", row.store_id, webhooks.named(row.url, row.id))
    for one in tx.kit.gateway.switches(tx):
        since = one["silent_since"] and parse_rfc3339(one["silent_since"])
        if one["key_refused_at"] is not None:
            yield Wrong("key_refused", None, one["name"])
        elif one["on"] and alarms.silent(one["name"], since, tx.now):
            yield Wrong("silent", None, one["name"])
        elif one["breaker"] != "closed":
            yield Wrong("breaker_open", None, one["name"])
    for name in tx.scalars(
        sa.select(Switch.name)
        .where(Switch.on == sa.false(), Switch.changed_at < tx.now - OFF_TOO_LONG)
        .order_by(Switch.name)
    ):
        yield Wrong("switch_off", None, name)


def check(tx: Tx) -> None:
    """Sweep: ask all sources what is wrong, count it, tell people, and say when it is over."""
    wrong = [one for source in tx.kit.services["alarm_sources"] for one in source(tx)]
    found = alarms.compared(queries.live_alarms(tx), wrong, tx.now)
    for one in found.begun:
        _begin(tx, one)
    for row, one in found.going_on:
        _go_on(tx, row, one)
    for row in found.over:
        with suppress(StaleRow), tx.savepoint():  # somebody acknowledges it: it is over at the next check
            _end(tx, row)


def acknowledge(tx: Tx, row: Row, note: str, actor: str) -> None:
    """Somebody has it: nobody is told of it again. Safe to repeat. Raises AlarmOver."""
    if row.state == AlarmState.OVER:
        raise AlarmOver()
    if row.state == AlarmState.OPEN:
        _move(
            tx,
            row,
            "acknowledge",
            actor=actor,
            reason=note,
            acknowledged_by=actor,
            acknowledged_at=tx.now,
            note=note,
        )


def set_contacts(tx: Tx, store_id: int, wanted: Sequence[str], actor: str) -> None:
    """Say who hears of a shop's alarms; nobody: whom the settings name. Raises UnknownStore, WrongContact."""
    for contact in wanted:
        if sending.channel_of(contact) is None:
            raise WrongContact(f"{contact!r} is neither a phone number nor an e-mail address.")
    store_service.set_policy(tx, store_id, "alarm_contacts", list(dict.fromkeys(wanted)), actor)


def check_contacts(config: Config) -> None:
    """Raises ConfigError for a contact whom nobody could tell."""
    wrong = [one for one in config.alarm_contacts.split() if sending.channel_of(one) is None]
    if wrong:
        raise ConfigError(f"alarm_contacts must be phone numbers and e-mail addresses, not {wrong[0]!r}")


def _begin(tx: Tx, one: Wrong) -> None:
    """Unless another process has just begun it."""
    values = {"id": tx.number(), "store_id": one.store_id, "kind": one.kind, "subject": one.subject}
    begun = tx.insert_new(
        Alarm,
        **values,
        key=one.key,
        amount=one.amount,
        count=1,
        told=0,
        state=ALARM.initial,
        version=1,
        since=tx.now,
        counted_at=tx.now,
        acknowledged_by=None,
        acknowledged_at=None,
        note=None,
        ended_at=None,
    )
    if begun is not None:
        moves.begin(tx, Alarm, ALARM, begun, store_id=one.store_id)
        _hint(tx, one.store_id)
        _tell_if_due(tx, queries.alarm(tx, begun))


def _go_on(tx: Tx, row: Row, one: Wrong) -> None:
    """Unless another process has counted this minute."""
    mine = {"id": row.id, "version": row.version, "counted_at": row.counted_at}
    if tx.update(Alarm, mine, count=row.count + 1, counted_at=tx.now, amount=one.amount):
        _tell_if_due(tx, queries.alarm(tx, row.id))


def _tell_if_due(tx: Tx, row: Row) -> None:
    config = tx.kit.config
    minimum = alarms.minimum(row.kind, config.alarm_minimum)
    if row.state == AlarmState.OPEN and alarms.tells(row.count, minimum, config.alarm_maximum):
        tx.update(Alarm, {"id": row.id}, told=row.told + 1)
        _tell(tx, row, "alarm")
        tx.after_commit(
            partial(
                log.error,
                "an alarm: %s %s",
                row.kind,
                row.subject,
                extra={"store_id": row.store_id, "count": row.count},
            )
        )


def _end(tx: Tx, row: Row) -> None:
    _move(tx, row, "recover", ended_at=tx.now)
    if row.told:
        _tell(tx, row, "alarm_over")


def _tell(tx: Tx, row: Row, kind: str) -> None:
    store = None if row.store_id is None else stores.store(tx, row.store_id)
    zone = ZoneInfo("UTC" if store is None else store.tz)
    values = {
        "shop": HOUSE if store is None else {"zh": store.name_zh, "en": store.name_en},
        "what": alarms.said(row.kind, row.subject, row.amount),
        "since": f"{row.since.astimezone(zone):%m-%d %H:%M %Z}",
        "link": tx.kit.config.public_url.rstrip("/") + alarms.PAGES[row.kind],
    }
    for contact in contacts(tx, store):
        channel = sending.channel_of(contact)
        if channel is not None:
            enqueue(
                tx,
                kind=kind,
                store_id=row.store_id,
                order_no=None,
                channel=channel,
                recipient=contact,
                language="",
                values=values,
                key=f"{kind}:{row.id}:{row.count}:{contact}",
            )


def contacts(tx: Tx, store: Row | None) -> list[str]:
    """Who hears of a shop: whom its policy names, else whom the configuration names."""
    own = [] if store is None else store.policy.get("alarm_contacts", [])
    return list(dict.fromkeys(own or tx.kit.config.alarm_contacts.split()))


def _hint(tx: Tx, store_id: int | None) -> None:
    if store_id is not None:
        tx.hint(f"board:{store_id}")


def _move(tx: Tx, row: Row, event: str, **changes: Any) -> None:
    moves.move(tx, Alarm, ALARM, row, event, **changes)
    _hint(tx, row.store_id)

"""Programs that want to be told: subscribe, change, rotate the secret, end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy.engine import Row

from fulfil.kit import moves
from fulfil.kit.base import Kit
from fulfil.kit.db import Tx
from fulfil.messages import queries
from fulfil.messages.errors import WrongUrl
from fulfil.messages.model import Webhook
from fulfil.messages.rules import webhooks
from fulfil.messages.states import WEBHOOK, WebhookState

READ_SECONDS = 1.0


class Wanted:
    """Who wants to be told, as it was at most a second ago: asked at every event, and most go nowhere."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._rows: list[Row] = []
        self._read_at = float("-inf")

    @property
    def anything(self) -> bool:
        """Whether anybody wants to be told of anything."""
        return bool(self._known())

    def of(self, store_id: int, name: str) -> list[int]:
        """Webhooks that are told of events of that type in that shop."""
        return [
            row.id
            for row in self._known()
            if row.store_id in (None, store_id) and webhooks.wants(row.types, name)
        ]

    def forget(self) -> None:
        self._read_at = float("-inf")

    def _known(self) -> list[Row]:
        if time.monotonic() - self._read_at > READ_SECONDS:
            self._read_at = time.monotonic()  # first: one reads, the others go on with what was read before
            with self._kit.db.look() as tx:  # who publishes is inside a transaction
                self._rows = queries.active_webhooks(tx)
        return self._rows


def subscribe(
    tx: Tx, *, store_id: int | None, url: str, types: list[str], description: str, actor: str
) -> tuple[int, str]:
    """Tell a program of events from now on; its number and its secret, shown only now. Raises WrongUrl."""
    _check(tx, url)
    webhook_id, secret = tx.number(), _secret(tx)
    tx.insert(
        Webhook,
        id=webhook_id,
        store_id=store_id,
        url=url,
        types=types,
        description=description,
        secrets=[secret],
        previous_until=None,
        state=WEBHOOK.initial,
        version=1,
        disabled_for="",
        failing_since=None,
        created_by=actor,
        created_at=tx.now,
    )
    moves.begin(tx, Webhook, WEBHOOK, webhook_id, store_id=store_id, actor=actor)
    _changed(tx)
    return webhook_id, secret


def change(tx: Tx, row: Row, changes: Mapping[str, Any], actor: str) -> None:
    """Set `url`, `types`, `description`, and whether it is `active`. Raises WrongUrl."""
    values = {name: changes[name] for name in ("url", "types", "description") if name in changes}
    if "url" in values:
        _check(tx, values["url"])
    if values:
        tx.update(Webhook, {"id": row.id}, **values)
    if (active := changes.get("active")) is not None and active != (row.state == WebhookState.ACTIVE):
        _move(
            tx,
            row,
            "enable" if active else "disable",
            actor=actor,
            disabled_for="" if active else "asked",
            failing_since=None,
        )
    _changed(tx)


def rotate(tx: Tx, row: Row, actor: str) -> str:
    """A new secret, shown only now; the one before counts for another day, and calls are signed with both.

    Within that day it is still the one before: whoever did not hear the answer may ask again.
    """
    secret = _secret(tx)
    still = row.previous_until is not None and tx.now < row.previous_until
    tx.update(
        Webhook,
        {"id": row.id},
        secrets=[secret, row.secrets[-1 if still else 0]],
        previous_until=tx.now + webhooks.PREVIOUS_KEPT,
    )
    moves.record(
        tx, store_id=row.store_id, entity=Webhook.__tablename__, entity_id=row.id, event="rotate", actor=actor
    )
    return secret


def end(tx: Tx, row: Row, actor: str) -> None:
    """Tell it of nothing any more; its address and its secrets go, what it was told stays for its time."""
    _move(tx, row, "end", actor=actor, url="", secrets=[], previous_until=None, failing_since=None)
    _changed(tx)


def disable(tx: Tx, row: Row, reason: str) -> None:
    """Its receiver is gone, or has failed for days: somebody has to look."""
    _move(tx, row, "disable", reason=reason, disabled_for=reason)
    tx.after_commit(partial(tx.kit.metrics.count, "webhooks_disabled"))
    _changed(tx)


def _move(tx: Tx, row: Row, event: str, **changes: Any) -> None:
    moves.move(tx, Webhook, WEBHOOK, row, event, **changes)


def _check(tx: Tx, url: str) -> None:
    if wrong := webhooks.wrong_url(url, embedded=tx.kit.db.sqlite):
        raise WrongUrl(f"A webhook can't go to that address: {wrong}.")


def _secret(tx: Tx) -> str:
    return webhooks.new_secret(tx.kit.random.randbytes(webhooks.SECRET_BYTES))


def _changed(tx: Tx) -> None:
    tx.after_commit(tx.kit.services["webhooks_wanted"].forget)

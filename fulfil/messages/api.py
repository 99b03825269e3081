"""HTTP of messages, webhooks and alarms: for administrators, and for who runs a shop."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.engine import Row

from fulfil.kit.db import Tx
from fulfil.kit.errors import NotFound
from fulfil.kit.scope import store_meant
from fulfil.kit.web import Requires, access, blueprint, in_store, keyed, principal, read, write, write_once
from fulfil.messages import queries, schema, service
from fulfil.messages.errors import UnknownAlarm, UnknownMessage, UnknownWebhook
from fulfil.messages.rules import alarms as alarm_rules
from fulfil.messages.rules.phones import masked_contact
from fulfil.messages.states import WebhookState
from fulfil.store import queries as stores

bp = blueprint("messages", "Messages to people, webhooks for programs, alarms.")
ADMIN = Requires("staff", roles=("admin",))
TRACKED = re.compile(r"/track/[\w-]+")
OFFICE = Requires("staff", roles=("supervisor", "operator"))


def _stores(tx: Tx, query: dict[str, Any]) -> list[int | None] | None:
    """The shop that is asked for, else all of the caller's; None for every shop.

    None among them is what belongs to no shop, for who sees every shop, or the only one there is.
    """
    scope = principal().store_ids
    if "store_id" not in query and scope is None:
        return None
    shops: list[int | None] = [in_store(query["store_id"])] if "store_id" in query else sorted(scope or ())
    return [*shops, None] if stores.sees_strays(tx, principal()) else shops


def _mine(tx: Tx, row: Row, unknown: type[NotFound]) -> Row:
    """The row, if the caller sees it. Raises `unknown`, as for one that is not there."""
    seen = stores.sees_strays(tx, principal()) if row.store_id is None else principal().sees(row.store_id)
    if not seen:
        raise unknown()
    return row


def _page(
    name: str, rows: Sequence[Row], limit: int, view: Callable[[Row], dict[str, Any]]
) -> dict[str, Any]:
    page = rows[:limit]
    return {name: [view(row) for row in page], "cursor": str(page[-1].id) if len(rows) > limit else None}


# ---------------------------------------------------------------- messages


def _message(row: Row) -> dict[str, Any]:
    """Without what is the recipient's alone: the link to their order shows its PIN and answers for them."""
    return dict(row._mapping) | {
        "recipient": masked_contact(row.recipient),
        "text": TRACKED.sub("/track/…", row.text),
    }


@bp.route("/messages")
@access(OFFICE)
@bp.arguments(schema.MessagesQuery, location="query")
@bp.response(200, schema.MessagesOut)
def messages(query: dict[str, Any]) -> dict[str, Any]:
    """Messages to customers and to the shop, newest first; recipients are masked."""
    with read() as tx:
        rows = queries.messages(
            tx,
            _stores(tx, query),
            state=query["state"],
            order_no=query["order_no"],
            before=query["cursor"],
            limit=query["limit"] + 1,
        )
    return _page("messages", rows, query["limit"], _message)


@bp.route("/messages/<id:message_id>/retry", methods=["POST"])
@access(OFFICE)
@bp.response(200, schema.MessageOut)
def retry(message_id: int) -> dict[str, Any]:
    """Send a message again that was given up. 404 unknown_message; 409 not_dead."""
    actor = principal().name

    def effect(tx: Tx) -> dict[str, Any]:
        _mine(tx, queries.message(tx, message_id), UnknownMessage)
        service.retry(tx, message_id, actor)
        return _message(queries.message(tx, message_id))

    return write(effect)


# ---------------------------------------------------------------- webhooks


def _hook(tx: Tx, webhook_id: int, *, lock: bool = False) -> Row:
    row = _mine(tx, queries.webhook(tx, webhook_id, lock=lock), UnknownWebhook)
    if row.state == WebhookState.ENDED:
        raise UnknownWebhook()
    return row


def _hook_store(body: dict[str, Any]) -> int | None:
    """The shop of a new webhook: the one that is named, else the caller's only one, else every shop."""
    scope = principal().store_ids
    if body.get("store_id") is None and scope is None:
        return None
    return store_meant({name: body[name] for name in ("store_id",) if body.get(name) is not None})


def _hook_view(row: Row, **more: Any) -> dict[str, Any]:
    return dict(row._mapping) | more


def _delivery(row: Row) -> dict[str, Any]:
    return dict(row._mapping) | {"message_id": service.message_id(row.id)}


@bp.route("/webhooks")
@access(ADMIN)
@bp.response(200, schema.WebhooksOut)
def webhooks() -> dict[str, Any]:
    """Programs that are told of events."""
    with read() as tx:
        return {"webhooks": [_hook_view(row) for row in queries.webhooks(tx, _stores(tx, {}))]}


@bp.route("/webhooks", methods=["POST"])
@keyed
@access(ADMIN)
@bp.arguments(schema.WebhookIn)
@bp.response(201, schema.WebhookSecretOut)
def subscribe(body: dict[str, Any]) -> dict[str, Any]:
    """Tell a program of events from now on. 422 wrong_url.

    The secret is shown only now. A repeat under the same key is answered with `secret` null, for nobody has
    stored it for that: `rotate` makes another.
    """
    store_id, actor = _hook_store(body), principal().name

    def effect(tx: Tx) -> dict[str, Any]:
        webhook_id, secret = service.subscribe(
            tx,
            store_id=store_id,
            url=body["url"],
            types=body["types"],
            description=body["description"],
            actor=actor,
        )
        return schema.WebhookSecretOut().dump(_hook_view(queries.webhook(tx, webhook_id), secret=secret))

    return write_once(effect, secret=None)


@bp.route("/webhooks/<id:webhook_id>")
@access(ADMIN)
@bp.response(200, schema.WebhookOut)
def webhook(webhook_id: int) -> dict[str, Any]:
    """One of them. 404 unknown_webhook."""
    with read() as tx:
        return _hook_view(_hook(tx, webhook_id))


@bp.route("/webhooks/<id:webhook_id>", methods=["PATCH"])
@access(ADMIN)
@bp.arguments(schema.WebhookChange)
@bp.response(200, schema.WebhookOut)
def change(body: dict[str, Any], webhook_id: int) -> dict[str, Any]:
    """Another address, other types, on or off. 404 unknown_webhook; 422 wrong_url."""
    actor = principal().name

    def effect(tx: Tx) -> dict[str, Any]:
        service.change(tx, _hook(tx, webhook_id, lock=True), body, actor)
        return _hook_view(queries.webhook(tx, webhook_id))

    return write(effect)


@bp.route("/webhooks/<id:webhook_id>", methods=["DELETE"])
@access(ADMIN)
@bp.response(204)
def end(webhook_id: int) -> None:
    """Tell it of nothing any more. 404 unknown_webhook."""
    actor = principal().name
    write(lambda tx: service.end(tx, _hook(tx, webhook_id, lock=True), actor))


@bp.route("/webhooks/<id:webhook_id>/rotate", methods=["POST"])
@access(ADMIN)
@bp.response(200, schema.WebhookSecretOut)
def rotate(webhook_id: int) -> dict[str, Any]:
    """A new secret, shown only now. Calls are signed with the one before, too, for 24 hours."""
    actor = principal().name

    def effect(tx: Tx) -> dict[str, Any]:
        secret = service.rotate(tx, _hook(tx, webhook_id, lock=True), actor)
        return _hook_view(queries.webhook(tx, webhook_id), secret=secret)

    return write(effect)


@bp.route("/webhooks/<id:webhook_id>/test", methods=["POST"])
@access(ADMIN)
@bp.response(202, schema.DeliveryOut)
def test(webhook_id: int) -> dict[str, Any]:
    """Send it an event of type webhook.test. 409 webhook_disabled."""

    def effect(tx: Tx) -> dict[str, Any]:
        delivery_id = service.send_test(tx, _hook(tx, webhook_id))
        return _delivery(queries.delivery(tx, webhook_id, delivery_id))

    return write(effect)


@bp.route("/webhooks/<id:webhook_id>/deliveries")
@access(ADMIN)
@bp.arguments(schema.DeliveriesQuery, location="query")
@bp.response(200, schema.DeliveriesOut)
def deliveries(query: dict[str, Any], webhook_id: int) -> dict[str, Any]:
    """What it was told and is to be told, newest first."""
    with read() as tx:
        _hook(tx, webhook_id)
        rows = queries.deliveries(
            tx, webhook_id, state=query["state"], before=query["cursor"], limit=query["limit"] + 1
        )
    return _page("deliveries", rows, query["limit"], _delivery)


@bp.route("/webhooks/<id:webhook_id>/deliveries/<id:delivery_id>/replay", methods=["POST"])
@access(ADMIN)
@bp.response(202, schema.DeliveryOut)
def replay(webhook_id: int, delivery_id: int) -> dict[str, Any]:
    """Send it again under its id. 404 unknown_delivery; 409 still_queued, webhook_disabled."""
    actor = principal().name

    def effect(tx: Tx) -> dict[str, Any]:
        service.replay(tx, _hook(tx, webhook_id), delivery_id, actor)
        return _delivery(queries.delivery(tx, webhook_id, delivery_id))

    return write(effect)


# ---------------------------------------------------------------- alarms


def _alarm(row: Row) -> dict[str, Any]:
    return dict(row._mapping) | {
        "said": alarm_rules.said(row.kind, row.subject, row.amount),
        "page": alarm_rules.PAGES[row.kind],
    }


@bp.route("/alarms")
@access(OFFICE)
@bp.arguments(schema.AlarmsQuery, location="query")
@bp.response(200, schema.AlarmsOut)
def alarms(query: dict[str, Any]) -> dict[str, Any]:
    """What is wrong in the caller's shops, and in the house for who sees all there are; newest first."""
    with read() as tx:
        rows = queries.alarms(
            tx, _stores(tx, query), over=query["over"], before=query["cursor"], limit=query["limit"] + 1
        )
    return _page("alarms", rows, query["limit"], _alarm)


def _contacts(tx: Tx, store_id: int) -> dict[str, Any]:
    shop = stores.store(tx, store_id)
    return {
        "store_id": store_id,
        "contacts": service.contacts(tx, shop),
        "own": bool(shop.policy.get("alarm_contacts")),
    }


@bp.route("/alarm-contacts")
@access(ADMIN)
@bp.arguments(schema.ContactsQuery, location="query")
@bp.response(200, schema.ContactsOut)
def contacts(query: dict[str, Any]) -> dict[str, Any]:
    """Who hears of a shop's alarms."""
    with read() as tx:
        return _contacts(tx, in_store(query["store_id"]))


@bp.route("/alarm-contacts", methods=["PUT"])
@access(ADMIN)
@bp.arguments(schema.ContactsIn)
@bp.response(200, schema.ContactsOut)
def set_contacts(body: dict[str, Any]) -> dict[str, Any]:
    """Name who hears of a shop's alarms; nobody: whom the settings name. 422 wrong_contact."""
    store_id, actor = in_store(body["store_id"]), principal().name

    def effect(tx: Tx) -> None:
        service.set_contacts(tx, store_id, body["contacts"], actor)

    write(effect)
    with read() as tx:
        return _contacts(tx, store_id)


@bp.route("/alarms/<id:alarm_id>/acknowledge", methods=["POST"])
@access(OFFICE)
@bp.arguments(schema.Acknowledgement)
@bp.response(200, schema.AlarmOut)
def acknowledge(body: dict[str, Any], alarm_id: int) -> dict[str, Any]:
    """Say that somebody has it: no further message about it. 404 unknown_alarm; 409 alarm_over."""
    actor = principal().name

    def effect(tx: Tx) -> dict[str, Any]:
        service.acknowledge(tx, _mine(tx, queries.alarm(tx, alarm_id), UnknownAlarm), body["note"], actor)
        return _alarm(queries.alarm(tx, alarm_id))

    return write(effect)

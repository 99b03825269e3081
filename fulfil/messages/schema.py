"""Shapes of requests and answers about messages, webhooks and alarms."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate

from fulfil.kit.web import Choice, IdStr, QueryInt, Str, Strict, StrictBool, StrictInt, TimeIn
from fulfil.messages.rules.events import TYPES
from fulfil.messages.rules.webhooks import URL_CHARS_MAX
from fulfil.messages.states import AlarmState, DeliveryState, MessageState, WebhookState

PAGE, PAGE_MAX = 50, 200
CONTACTS_MAX, CONTACT_CHARS_MAX = 20, 254


class Page(Strict):
    """Where a page goes on: `cursor` of the answer before."""

    cursor = IdStr(load_default=None)
    limit = QueryInt(1, PAGE_MAX, load_default=PAGE)


class MessagesQuery(Page):
    store_id = IdStr()
    state = Choice(MessageState, load_default=None)
    order_no = IdStr(load_default=None)


class MessageOut(Strict):
    """A message; `recipient` masked. `text` is empty where it is personal data that has had its time."""

    id = IdStr()
    store_id = IdStr(allow_none=True)
    order_no = IdStr(allow_none=True)
    kind = fields.String()
    channel = fields.String()
    recipient = fields.String()
    language = fields.String()
    subject = fields.String()
    text = fields.String()
    state = Choice(MessageState)
    attempts = StrictInt()
    next_at = TimeIn(allow_none=True)
    error = fields.String(allow_none=True)
    expires_at = TimeIn()
    created_at = TimeIn()
    ended_at = TimeIn(allow_none=True)


class MessagesOut(Strict):
    messages = fields.List(fields.Nested(MessageOut))
    cursor = fields.String(allow_none=True)


class Types(fields.List):
    """Types of events, each once."""

    def __init__(self, **options: Any) -> None:
        super().__init__(Choice(TYPES), validate=[validate.Length(max=len(TYPES)), _unique], **options)


def _unique(values: list[str]) -> None:
    if len(set(values)) != len(values):
        raise ValidationError("Each type once.")


class WebhookIn(Strict):
    """`store_id` null: of every shop, for who sees every shop. `types` []: of all types."""

    store_id = IdStr(allow_none=True)
    url = Str(URL_CHARS_MAX, required=True)
    types = Types(load_default=list)
    description = Str(200, min=0, load_default="")


class WebhookChange(Strict):
    url = Str(URL_CHARS_MAX)
    types = Types()
    description = Str(200, min=0)
    active = StrictBool()


class WebhookOut(Strict):
    """`disabled_for`: asked, or gone (410), or failing (for days). Secrets are never shown again."""

    id = IdStr()
    store_id = IdStr(allow_none=True)
    url = fields.String()
    types = fields.List(fields.String())
    description = fields.String()
    state = Choice(WebhookState)
    disabled_for = fields.String()
    failing_since = TimeIn(allow_none=True)
    previous_until = TimeIn(allow_none=True)
    created_by = fields.String()
    created_at = TimeIn()


class WebhooksOut(Strict):
    webhooks = fields.List(fields.Nested(WebhookOut))


class WebhookSecretOut(WebhookOut):
    """With the secret, shown this once; null where a repeat of the request is answered."""

    secret = fields.String(allow_none=True)


class DeliveriesQuery(Page):
    state = Choice(DeliveryState, load_default=None)


class DeliveryOut(Strict):
    """One event for one webhook. `status` is the receiver's last answer, `body` what it is sent."""

    id = IdStr()
    webhook_id = IdStr()
    message_id = fields.String()
    order_no = IdStr(allow_none=True)
    type = fields.String()
    body = fields.String()
    state = Choice(DeliveryState)
    attempts = StrictInt()
    next_at = TimeIn(allow_none=True)
    status = StrictInt(allow_none=True)
    error = fields.String(allow_none=True)
    created_at = TimeIn()
    ended_at = TimeIn(allow_none=True)


class DeliveriesOut(Strict):
    deliveries = fields.List(fields.Nested(DeliveryOut))
    cursor = fields.String(allow_none=True)


class AlarmsQuery(Page):
    """`over`: also what is over."""

    store_id = IdStr()
    over = fields.Boolean(truthy={"true"}, falsy={"false"}, load_default=False)


class Said(Strict):
    zh = fields.String()
    en = fields.String()


class AlarmOut(Strict):
    """Something wrong. `count` checks in a row found it, a person was told `told` times.

    `page` is the screen on which it is looked at and mended.
    """

    id = IdStr()
    store_id = IdStr(allow_none=True)
    kind = fields.String()
    subject = fields.String()
    said = fields.Nested(Said)
    page = fields.String()
    amount = StrictInt()
    count = StrictInt()
    told = StrictInt()
    state = Choice(AlarmState)
    since = TimeIn()
    acknowledged_by = fields.String(allow_none=True)
    acknowledged_at = TimeIn(allow_none=True)
    note = fields.String(allow_none=True)
    ended_at = TimeIn(allow_none=True)


class AlarmsOut(Strict):
    alarms = fields.List(fields.Nested(AlarmOut))
    cursor = fields.String(allow_none=True)


class ContactsQuery(Strict):
    store_id = IdStr(required=True)


class ContactsIn(ContactsQuery):
    """Phone numbers and e-mail addresses; none: whom the settings name."""

    contacts = fields.List(Str(CONTACT_CHARS_MAX), required=True, validate=validate.Length(0, CONTACTS_MAX))


class ContactsOut(Strict):
    """Who hears of a shop's alarms. `own`: the shop names them itself; otherwise the settings do."""

    store_id = IdStr()
    contacts = fields.List(fields.String())
    own = StrictBool()


class Acknowledgement(Strict):
    """What is being done about it."""

    note = Str(500, min=0, load_default="")

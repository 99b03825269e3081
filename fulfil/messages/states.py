"""States of what leaves the house."""

from __future__ import annotations

from enum import StrEnum

from fulfil.kit.states import Machine


class MessageState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    DEAD = "dead"


MESSAGE = Machine(
    "message",
    MessageState.QUEUED,
    {
        MessageState.QUEUED: {"send": MessageState.SENT, "give_up": MessageState.DEAD},
        MessageState.SENT: {},
        MessageState.DEAD: {"retry": MessageState.QUEUED},
    },
)


class WebhookState(StrEnum):
    ACTIVE = "active"
    DISABLED = "disabled"
    ENDED = "ended"


WEBHOOK = Machine(
    "webhook",
    WebhookState.ACTIVE,
    {
        WebhookState.ACTIVE: {"disable": WebhookState.DISABLED, "end": WebhookState.ENDED},
        WebhookState.DISABLED: {"enable": WebhookState.ACTIVE, "end": WebhookState.ENDED},
        WebhookState.ENDED: {},
    },
)


class DeliveryState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    DEAD = "dead"


WEBHOOK_DELIVERY = Machine(
    "webhook delivery",
    DeliveryState.QUEUED,
    {
        DeliveryState.QUEUED: {"send": DeliveryState.SENT, "give_up": DeliveryState.DEAD},
        DeliveryState.SENT: {"replay": DeliveryState.QUEUED},
        DeliveryState.DEAD: {"replay": DeliveryState.QUEUED},
    },
)


class AlarmState(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    OVER = "over"


ALARM = Machine(
    "alarm",
    AlarmState.OPEN,
    {
        AlarmState.OPEN: {"acknowledge": AlarmState.ACKNOWLEDGED, "recover": AlarmState.OVER},
        AlarmState.ACKNOWLEDGED: {"recover": AlarmState.OVER},
        AlarmState.OVER: {},
    },
)

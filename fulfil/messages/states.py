"""States of what leaves the house."""

from __future__ import annotations

from enum import StrEnum

from fulfil.kit.states import Machine


class MessageState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    DEAD = "dead"


MESSAGE = Machine("message", MessageState.QUEUED, {
    MessageState.QUEUED: {"send": MessageState.SENT, "give_up": MessageState.DEAD},
    MessageState.SENT: {},
    MessageState.DEAD: {"retry": MessageState.QUEUED},
})

"""Use cases of messages: a message is a row of the caller's transaction, and leaves after its commit."""

from fulfil.messages.service.alarms import acknowledge, contacts, set_contacts
from fulfil.messages.service.hooks import message_id, replay, send_test
from fulfil.messages.service.sending import enqueue, retry, send, send_now, try_out
from fulfil.messages.service.subscriptions import change, end, rotate, subscribe

__all__ = [
    "acknowledge",
    "change",
    "contacts",
    "end",
    "enqueue",
    "message_id",
    "replay",
    "retry",
    "rotate",
    "send",
    "send_now",
    "send_test",
    "set_contacts",
    "subscribe",
    "try_out",
]

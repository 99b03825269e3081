"""Use cases of messages: a message is a row of the caller's transaction, and leaves after its commit."""

from fulfil.messages.service.sending import enqueue, retry, send, send_now, send_test

__all__ = ["enqueue", "retry", "send", "send_now", "send_test"]

"""What messages refuse."""

from __future__ import annotations

from fulfil.kit.errors import Conflict, Invalid, NotFound


class UnknownMessage(NotFound):
    code, title = "unknown_message", "There is no such message."


class NotDead(Conflict):
    code, title = "not_dead", "Only what was given up is sent again."


class WrongContact(Invalid):
    code, title = "wrong_contact", "That is neither a phone number nor an e-mail address."


class NotSent(Conflict):
    code, title = "not_sent", "The message did not go out."


class UnknownWebhook(NotFound):
    code, title = "unknown_webhook", "There is no such webhook."


class UnknownDelivery(NotFound):
    code, title = "unknown_delivery", "There is no such delivery of this webhook."


class WrongUrl(Invalid):
    code, title = "wrong_url", "A webhook can't go to that address."


class StillQueued(Conflict):
    code, title = "still_queued", "This delivery waits to be sent already."


class WebhookDisabled(Conflict):
    code, title = "webhook_disabled", "This webhook is disabled. Enable it first."


class UnknownAlarm(NotFound):
    code, title = "unknown_alarm", "There is no such alarm."


class AlarmOver(Conflict):
    code, title = "alarm_over", "What this alarm told of is over."


class Undeliverable(Exception):
    """The provider refuses this message for good: another try would be refused, too."""

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


class Undeliverable(Exception):
    """The provider refuses this message for good: another try would be refused, too."""

"""What dispatch refuses. A rejected op carries the same stable codes."""

from __future__ import annotations

from fulfil.kit.errors import Conflict, Forbidden, Invalid, NotFound


class UnknownTicket(NotFound):
    code, title = "unknown_ticket", "There is no such ticket in this shop."


class UnknownFulfilment(NotFound):
    code, title = "unknown_fulfilment", "There is no such fulfilment order in this shop."


class UnknownStage(Conflict):
    code, title = "unknown_stage", "No stage of this shop does such work."


class UnknownOp(Conflict):
    code, title = "unknown_op", "This ticket knows no such op."


class PayloadInvalid(Invalid):
    code, title = "payload_invalid", "The op's payload is malformed."


class OpIdReused(Conflict):
    code, title = "op_id_reused", "This op id was used for something else."


class StaleEpoch(Conflict):
    code, title = "stale_epoch", "The ticket went to somebody else. Hand over what you hold."


class NotYours(Conflict):
    code, title = "not_yours", "Somebody else holds this ticket."


class SessionUnknown(Forbidden):
    code, title = "session_unknown", "The op names a session that this device did not have."


class SessionOver(Conflict):
    code, title = "session_over", "The session that did this has ended. Sign in again."


class RoleMissing(Forbidden):
    code, title = "role_missing", "You do not have the role for this work."


class OfferGone(Conflict):
    code, title = "offer_gone", "The offer is no longer open."


class TicketEnded(Conflict):
    code, title = "ticket_ended", "The ticket has ended."


class TicketHeld(Conflict):
    code, title = "ticket_held", "The ticket is held by the supervisor and cannot be finished now."


class PersonUnavailable(Conflict):
    code, title = "person_unavailable", "This person cannot take the ticket now."


class TakeoverUnconfirmed(Conflict):
    code, title = "takeover_unconfirmed", "Somebody works on this ticket. Confirm to take it from them."


class HoldUnknown(Conflict):
    code, title = "not_held", "The ticket is not held."


class UnknownTote(Conflict):
    code, title = "unknown_tote", "This shop has no such tote."


class ToteBusy(Conflict):
    """`code_` is the tote, `order_no` whose goods are in it."""

    code, title = "tote_of_other_order", "The tote holds another order's goods."

    def __init__(self, tote: str, order_no: int | None) -> None:
        super().__init__(tote=tote, order_no=None if order_no is None else str(order_no))


class UnknownBag(Conflict):
    code, title = "unknown_bag", "This shop has no such bag."


class LineUnknown(Conflict):
    code, title = "line_unknown", "The order has no such line."


class ShortTooMuch(Conflict):
    code, title = "short_too_much", "More is reported missing than is left of the line."


class NoTicketToDeliver(Conflict):
    code, title = "no_delivery", "This order has no delivery that could be handed over."

"""Decisions of dispatch: what an order goes through, who gets which ticket, what may be promised. Pure.

Every number is a default that a shop's policy may replace.
"""

from fulfil.dispatch.rules.assign import (
    AUTOMATIC,
    COUNTED_TICKETS,
    STAND_IN,
    URGENT,
    Assignment,
    Place,
    Work,
    Worker,
    first_load,
    for_newcomers,
    may_be_offered,
    plan,
    point,
    slack,
    takes,
    urgency,
)
from fulfil.dispatch.rules.codes import bag_code, order_of_bag, tote_code
from fulfil.dispatch.rules.drafts import EFFORT_MAX, WORKS_MAX, Draft
from fulfil.dispatch.rules.estimates import after, estimate, predicted, ride_seconds
from fulfil.dispatch.rules.joins import Join, Walked, join
from fulfil.dispatch.rules.policy import Policy
from fulfil.dispatch.rules.promise import Capacity, Queue, new_order, slots_from, up_to_minute
from fulfil.dispatch.rules.release import cold_may_start, contact, pick_released, within_limit
from fulfil.dispatch.rules.stages import (
    COUNT,
    DECISION_GRACE,
    FLOW,
    LOOK,
    OUTLIVING,
    PUT_BACK,
    RETURN,
    SHELF_EFFECT,
    WORK,
    ZONE_ORDER,
    decide_by,
    legal,
    next_stages,
    out_of_cold,
    replaceable,
    sealed_otherwise,
    steerable,
    ticket_actions,
)
from fulfil.dispatch.rules.tours import Load, Tour, as_work, as_works, gathered, tours

__all__ = [
    "AUTOMATIC", "COUNT", "COUNTED_TICKETS", "DECISION_GRACE", "EFFORT_MAX", "FLOW", "LOOK", "OUTLIVING",
    "PUT_BACK", "RETURN", "SHELF_EFFECT", "STAND_IN", "URGENT", "WORK", "WORKS_MAX",
    "ZONE_ORDER", "Assignment", "Capacity", "Draft", "Join", "Load", "Place", "Policy", "Queue",
    "Tour", "Walked", "Work", "Worker", "after", "as_work", "as_works", "bag_code", "cold_may_start",
    "contact", "decide_by", "estimate", "first_load", "gathered", "for_newcomers", "join", "legal",
    "may_be_offered", "new_order", "next_stages",
    "order_of_bag", "out_of_cold", "pick_released", "plan", "point", "predicted", "replaceable",
    "ride_seconds", "sealed_otherwise", "slack", "slots_from", "steerable", "takes", "ticket_actions",
    "tote_code", "tours", "up_to_minute", "urgency", "within_limit",
]  # fmt: skip

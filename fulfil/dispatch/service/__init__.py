"""Use cases of dispatch by file; stages call what is named here (`from fulfil.dispatch import service`)."""

from fulfil.dispatch.queries import bag_lines, bags_of, totes_of
from fulfil.dispatch.queries import fulfilment_view as fulfilment
from fulfil.dispatch.service.cancel import end_ticket, end_void
from fulfil.dispatch.service.containers import (
    add_totes,
    bag,
    bind_tote,
    cold_in,
    cold_limit,
    cold_out,
    cold_seconds,
    empty_tote,
    move_bag,
    new_bag,
    pack_into,
    set_aside_tote,
    stage_totes,
    throw_away_tote,
    tote,
)
from fulfil.dispatch.service.experts import expert_of, offer_to
from fulfil.dispatch.service.flow import deliver, hand_over, open_put_back, returned, returning
from fulfil.dispatch.service.ops import apply_for_carrier
from fulfil.dispatch.service.shortage import add_picked, report_shortage
from fulfil.dispatch.service.takeover import bring_to
from fulfil.dispatch.service.tickets import live_ticket, open_ticket

__all__ = [
    "add_picked",
    "add_totes",
    "apply_for_carrier",
    "bag",
    "bag_lines",
    "bags_of",
    "bind_tote",
    "bring_to",
    "cold_in",
    "cold_limit",
    "cold_out",
    "cold_seconds",
    "deliver",
    "empty_tote",
    "end_ticket",
    "end_void",
    "expert_of",
    "fulfilment",
    "hand_over",
    "live_ticket",
    "move_bag",
    "new_bag",
    "offer_to",
    "open_put_back",
    "open_ticket",
    "pack_into",
    "report_shortage",
    "returned",
    "returning",
    "set_aside_tote",
    "stage_totes",
    "throw_away_tote",
    "tote",
    "totes_of",
]

"""Every select on dispatch's tables, by what it is for."""

from fulfil.dispatch.queries.board import (
    board_tickets,
    history,
    open_holds,
    order_counts,
    pending_offers,
    ticket_counts,
    undecided_reports,
)
from fulfil.dispatch.queries.documents import (
    bag_lines,
    bag_row,
    bags_of,
    deciding_until,
    fulfilment_of_order,
    fulfilment_row,
    fulfilment_seen,
    fulfilment_view,
    last_parts,
    lines,
    picked_not_shipped,
    report_row,
    ticket_held,
    ticket_row,
    ticket_view,
    tickets_held_by,
    tickets_of,
    tote_row,
    totes_of,
    waiting_for_pickup,
)
from fulfil.dispatch.queries.invariants import violations
from fulfil.dispatch.queries.planning import (
    ambient_left,
    answers,
    capacity_held,
    free_people,
    given_back,
    held_in_shop,
    loads_on_duty,
    missed,
    missed_in_row,
    rides_before,
    stores_with_waiting,
    unpacked,
    waiting_stages,
    waiting_tickets,
    waits,
    work_before,
)

__all__ = [
    "ambient_left", "answers", "bag_lines", "bag_row", "bags_of", "board_tickets", "capacity_held",
    "deciding_until", "free_people", "fulfilment_of_order", "fulfilment_row",
    "fulfilment_seen", "fulfilment_view", "given_back", "held_in_shop", "history", "last_parts", "lines",
    "loads_on_duty", "missed", "missed_in_row", "open_holds", "order_counts", "pending_offers",
    "picked_not_shipped", "report_row", "rides_before", "stores_with_waiting", "ticket_counts",
    "ticket_held", "ticket_row", "ticket_view", "tickets_held_by", "tickets_of", "tote_row", "totes_of",
    "undecided_reports", "unpacked", "violations", "waiting_for_pickup", "waiting_stages",
    "waiting_tickets", "waits", "work_before",
]  # fmt: skip

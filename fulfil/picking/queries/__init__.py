"""Every select of picking."""

from fulfil.picking.queries.checks import (
    checked,
    count_line,
    second_look,
    tickets_to_count,
)
from fulfil.picking.queries.invariants import violations
from fulfil.picking.queries.lists import (
    amounts,
    filled_totes,
    in_tote,
    last_position_done,
    last_shelf,
    line_in_tote,
    line_of_ticket,
    lines_elsewhere,
    lines_to_do,
    pick_line,
    pick_lines,
    pick_list,
    progress,
    put_back_line,
    put_back_open,
    search_until,
    shelves,
    staged_place,
    staging_place,
)
from fulfil.picking.queries.snapshots import (
    count_snapshot,
    look_snapshot,
    pick_snapshot,
    put_back_snapshot,
)

__all__ = [
    "amounts", "checked", "count_line", "count_snapshot", "filled_totes", "in_tote", "last_position_done",
    "last_shelf", "line_in_tote", "line_of_ticket", "lines_elsewhere", "lines_to_do", "look_snapshot",
    "pick_line", "pick_lines", "pick_list", "pick_snapshot", "progress", "put_back_line", "put_back_open",
    "put_back_snapshot", "search_until", "second_look", "shelves", "staged_place", "staging_place",
    "tickets_to_count", "violations",
]  # fmt: skip

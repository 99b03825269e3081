"""Use cases of picking: opening tickets, work on lines, totes, scans without a parser, counts, put-back."""

from fulfil.picking.service.counts import count, count_ended, let_count, open_count, zero_check
from fulfil.picking.service.lines import customer_decided, moved, pick, unpick, warn_others
from fulfil.picking.service.looks import OVER, found, look_over, not_found, open_look
from fulfil.picking.service.put_back import open_put_back, put_back, put_back_complete
from fulfil.picking.service.recount import tote
from fulfil.picking.service.scans import scan
from fulfil.picking.service.shortages import short
from fulfil.picking.service.tickets import add_line, cancel, open_picking, reorder, specs, taken_over
from fulfil.picking.service.totes import complete, stage_totes

__all__ = [
    "OVER",
    "add_line",
    "cancel",
    "complete",
    "count",
    "count_ended",
    "customer_decided",
    "found",
    "let_count",
    "look_over",
    "moved",
    "not_found",
    "open_count",
    "open_look",
    "open_picking",
    "open_put_back",
    "pick",
    "put_back",
    "put_back_complete",
    "reorder",
    "scan",
    "short",
    "specs",
    "stage_totes",
    "taken_over",
    "tote",
    "unpick",
    "warn_others",
    "zero_check",
]

"""What reports read, by what it is for."""

from fulfil.reports.queries.ended import ended_order, ended_orders, facts_of, workloads_of
from fulfil.reports.queries.figures import figure_counts, figure_row, mark, workload_row, workloads_between
from fulfil.reports.queries.now import warned_lines, whereabouts
from fulfil.reports.queries.pick_lists import lines_to_pick, tickets_to_pick

__all__ = [
    "ended_order",
    "ended_orders",
    "facts_of",
    "figure_counts",
    "figure_row",
    "lines_to_pick",
    "mark",
    "tickets_to_pick",
    "warned_lines",
    "whereabouts",
    "workload_row",
    "workloads_between",
    "workloads_of",
]

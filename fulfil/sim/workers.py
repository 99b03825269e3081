"""What a colleague does next with a ticket: pure decisions from its snapshot, one op at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Act = tuple[str, dict[str, Any]]
Ticket = Mapping[str, Any]


def next_act(ticket: Ticket, totes: Iterator[str]) -> Act | None:
    """The next op on an accepted ticket, None when nothing can be done now. `totes` gives free codes."""
    if ticket["kind"] == "put_back":
        return _put_back(ticket)
    return _BY_STAGE[ticket["stage"]](ticket, totes)


def _pick(ticket: Ticket, totes: Iterator[str]) -> Act | None:
    line = _todo(ticket)
    if line is None:
        return "complete", {}
    if ticket.get("recount"):
        return _recount(ticket)
    if not ticket["totes"]:
        return "tote", {"code": next(totes)}
    missing = line["quantity"] - line["picked"] - line["short"] - line["substituted"]
    payload = {"line": line["id"], "quantity": missing, "tote": ticket["totes"][-1]["code"]}
    return "pick", payload | ({"weight_g": missing} if line["weighed"] else {})


def _recount(ticket: Ticket) -> Act:
    tote = ticket["totes"][0]["code"]
    counts = [{"line": line["id"], "quantity": line["picked"]} for line in ticket["lines"]
              if line["tote"] == tote]
    return "tote", {"code": tote, "counts": counts}


def _put_back(ticket: Ticket) -> Act:
    line = _todo(ticket)
    if line is None:
        return "complete", {}
    missing = line["quantity"] - line["restocked"] - line["wasted"]
    return "put_back", {"line": line["id"], "quantity": missing, "outcome": "restock"}


def _pack(ticket: Ticket, _totes: Iterator[str]) -> Act:
    line = _todo(ticket)
    if line is None:
        return "seal", {}
    return "pack", {"line": line["id"], "quantity": line["quantity"] - line["packed"] - line["short"]}


def _hand_over(ticket: Ticket, _totes: Iterator[str]) -> Act | None:
    rider = ticket["rider"]
    if rider is None or not rider["arrived_at"]:
        return None
    for bag in ticket["bags"]:
        if bag["state"] == "expected":
            return "bag_scan", {"code": bag["code"]}
    return "release", {}


def _deliver(ticket: Ticket, _totes: Iterator[str]) -> Act | None:
    if "deliver" in ticket["legal"]:
        return "deliver", {}
    return None


def _todo(ticket: Ticket) -> Mapping[str, Any] | None:
    return next((line for line in ticket["lines"] if line["state"] == "todo"), None)


_BY_STAGE = {"picking": _pick, "packing": _pack, "handoff": _hand_over, "delivery": _deliver}

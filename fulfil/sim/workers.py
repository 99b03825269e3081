"""What a colleague does next with a ticket: pure decisions from its snapshot, one op at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Act = tuple[str, dict[str, Any]]
Ticket = Mapping[str, Any]
# What people need for an act, seconds; whoever fetches goods walks to them first.
ACT_SECONDS = {
    "pick": 3.0,
    "short": 6.0,
    "tote": 3.0,
    "complete": 4.0,
    "put_back": 4.0,
    "pack": 1.5,
    "count": 20.0,
    "found": 10.0,
    "not_found": 10.0,
    "zero_check": 1.0,
    "seal": 5.0,
    "bag_scan": 2.0,
    "release": 4.0,
    "milestone": 4.0,
    "deliver": 6.0,
    "cook": 20.0,
}
WALK_SECONDS = {"aisle": 2.0, "shop": 6.0}


def next_act(ticket: Ticket, totes: Iterator[str]) -> Act | None:
    """The next op on an accepted ticket, None when nothing can be done now. `totes` gives free codes."""
    if ticket["kind"] in _BY_KIND:
        return _BY_KIND[ticket["kind"]](ticket)
    return _BY_STAGE[ticket["stage"]](ticket, totes)


def in_turn(tickets: Iterable[Ticket]) -> list[Ticket]:
    """Tickets in the order in which they are worked on: the first due first, those of a tour along its walk.

    A tour's tickets are picked shelf by shelf, and brought to their places at the end.
    """
    found = sorted(tickets, key=lambda ticket: (ticket["due_at"], ticket["id"]))
    tours: dict[str, list[Ticket]] = {}
    for ticket in found:
        if ticket.get("tour"):
            tours.setdefault(ticket["tour"]["id"], []).append(ticket)
    walked = {tour: iter(sorted(members, key=_next_position)) for tour, members in tours.items()}
    return [next(walked[ticket["tour"]["id"]]) if ticket.get("tour") else ticket for ticket in found]


def _next_position(ticket: Ticket) -> tuple[bool, int]:
    line = _todo(ticket)
    return (True, ticket["tour"]["sequence"]) if line is None else (False, line["position"])


def seconds_of(ticket: Ticket, act: Act, place: str) -> tuple[float, str]:
    """How long an act takes from `place`, and where it ends: a location, or nowhere in particular."""
    kind, payload = act
    there = (
        next(
            (
                line["location"]
                for line in ticket.get("lines", ())
                if line["id"] == payload.get("line") and "location" in line
            ),
            "",
        )
        or ""
    )
    walk = 0.0 if not there else WALK_SECONDS["aisle" if _aisle(there) == _aisle(place) else "shop"]
    return walk + ACT_SECONDS.get(kind, 2.0), there or place


def _aisle(location: str) -> str:
    return location.partition("-")[0]


def _pick(ticket: Ticket, totes: Iterator[str]) -> Act | None:
    if ticket.get("recount"):
        return _recount(ticket)
    if asked := next(
        (
            line
            for line in ticket["lines"]
            if line["picked"] and line["state"] != "todo" and line["empties"] and line["left_empty"] is None
        ),
        None,
    ):
        return "zero_check", {"line": asked["id"], "empty": _seen(asked) > 0}
    line = _todo(ticket)
    if line is None:
        return "complete", {}
    if not ticket["totes"]:
        return "tote", {"code": next(totes)}
    missing = line["quantity"] - line["picked"] - line["short"] - line["substituted"] - line["looking"]
    payload = {"line": line["id"], "quantity": missing, "tote": ticket["totes"][-1]["code"]}
    return "pick", payload | ({"weight_g": missing} if line["weighed"] else {})


def _count(ticket: Ticket) -> Act | None:
    line = _todo(ticket)
    return line and ("count", {"line": line["id"], "quantity": _seen(line) * (500 if line["weighed"] else 1)})


def _look(ticket: Ticket) -> Act | None:
    line = _todo(ticket)
    if line is None:
        return None
    if ticket["totes"] and _seen(line) > 4:
        return "found", {"line": line["id"], "quantity": line["quantity"]}
    return "not_found", {"line": line["id"]}


def _seen(line: Mapping[str, Any]) -> int:
    """What eyes find on a shelf: nobody has told them, so something between nothing and nine."""
    return int(line["id"]) % 10


def _recount(ticket: Ticket) -> Act:
    tote = ticket["totes"][0]["code"]
    counts = [
        {"line": line["id"], "quantity": line["picked"]} for line in ticket["lines"] if line["tote"] == tote
    ]
    return "tote", {"code": tote, "counts": counts}


def _put_back(ticket: Ticket) -> Act:
    line = _todo(ticket)
    if line is None:
        return "complete", {}
    missing = line["quantity"] - line["restocked"] - line["wasted"]
    return "put_back", {"line": line["id"], "quantity": missing, "outcome": "restock"}


def _cook(ticket: Ticket, _totes: Iterator[str]) -> Act | None:
    return next(((kind, {}) for kind in ("ready", "cook") if kind in ticket["legal"]), None)


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
    return release(ticket)


def release(ticket: Ticket) -> Act:
    """Give the bags to the rider whom the screen shows: a late call may have changed who that is."""
    rider = ticket["rider"]
    return "release", {"rider": rider["badge"] if rider["carrier"] == "own" else ticket["pickup_code"]}


def _deliver(ticket: Ticket, _totes: Iterator[str]) -> Act | None:
    return next(((kind, {}) for kind in ("deliver", "collect", "bring") if kind in ticket["legal"]), None)


def _todo(ticket: Ticket) -> Mapping[str, Any] | None:
    return next((line for line in ticket["lines"] if line["state"] == "todo"), None)


_BY_KIND = {"put_back": _put_back, "count": _count, "second_look": _look}
_BY_STAGE = {"picking": _pick, "prep": _cook, "packing": _pack, "handoff": _hand_over, "delivery": _deliver}

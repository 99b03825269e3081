"""What hands do with a ticket, mistakes included: decisions from its snapshot, one act at a time."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from fulfil.delivery.rules import CALLS_APART, CALLS_MIN
from fulfil.sim.workers import Act, next_act, release

Ticket = Mapping[str, Any]
ONLY_HEAVIER, HEAVIER_TIMES = 0.4, (1.12, 2.2)
OVER_WEIGHT, UNDER_WEIGHT = 1.08, 0.85
RETURNS, REFUSES, NO_PIN = 0.03, 0.04, 0.05
NOTHING, LESS = 0.1, 0.2
RIDE_SECONDS = (240.0, 900.0)
SEARCH_SECONDS = 185.0
MISTAKES = {
    "picking": ("scan", "over", "moved", "unpick", "give_back", "pause"),
    "packing": ("scan", "unpack", "new_bag", "pause", "surplus"),
    "handoff": ("foreign", "no_show"),
    "delivery": ("wrong_pin", "arriving"),
}
REFUSE_REASONS = ("customer_refused", "damaged", "wrong")
RETURN_REASONS = ("customer_absent", "customer_refused", "wrong_address", "damaged")


class Hands:
    """One person's way to work. `shortage` is the share of lines that are not on the shelf.

    `now` is the virtual clock's, `pin` gives what a customer would say at the door.
    """

    def __init__(
        self,
        rng: random.Random,
        *,
        shortage: float,
        error: float,
        totes: Iterator[str],
        gtins: Sequence[str],
        now: Callable[[], datetime],
        pin: Callable[[str], str],
    ) -> None:
        self._rng, self._shortage, self._error = rng, shortage, error
        self._totes, self._gtins, self._now, self._pin = totes, gtins, now, pin
        self._short: dict[str, int] = {}
        self._arrives: dict[str, datetime] = {}
        self._plans: dict[str, str] = {}

    def act(self, ticket: Ticket) -> Act | None:
        """The next op, None when there is nothing to do on this ticket now."""
        if ticket["paused"]:
            return "resume", {}
        act = self._right(ticket)
        if act is not None and self._rng.random() < self._error:
            return self._mistake(ticket) or act
        return act

    def _right(self, ticket: Ticket) -> Act | None:
        if ticket["stage"] == "delivery":
            return self._ride(ticket)
        if ticket["stage"] == "handoff":
            return self._hand_over(ticket)
        if ticket.get("recount"):
            return self._count(ticket)
        act = next_act(ticket, self._totes)
        if act is not None and act[0] in ("pick", "pack"):
            return self._take(ticket, act)
        if act is not None and act[0] == "put_back" and self._rng.random() < 0.1:
            return "put_back", {**act[1], "outcome": "waste"}
        return act

    def _take(self, ticket: Ticket, act: Act) -> Act:
        """From the shelf into the tote, or out of it into the bag; something may be missing."""
        kind, payload = act
        line = next(line for line in ticket["lines"] if line["id"] == payload["line"])
        share = self._shortage if kind == "pick" else self._shortage / 10
        if line["id"] not in self._short:
            lacks = self._rng.random() < share
            self._short[line["id"]] = self._rng.randint(1, payload["quantity"]) if lacks else 0
        lacking = min(self._short[line["id"]], payload["quantity"])
        if lacking:
            self._short[line["id"]] = 0
            reason = self._rng.choice(
                ("not_found", "damaged", "expired") if kind == "pick" else ("missing", "damaged")
            )
            if kind == "pick" and line["weighed"] and self._rng.random() < ONLY_HEAVIER:
                grams = round(lacking * self._rng.uniform(*HEAVIER_TIMES))
                return "short", {
                    "line": line["id"],
                    "quantity": lacking,
                    "reason": "only_heavier",
                    "weight_g": grams,
                }
            return "short", {"line": line["id"], "quantity": lacking, "reason": reason}
        if kind == "pick" and line["weighed"]:
            grams = max(1, round(payload["quantity"] * self._rng.uniform(UNDER_WEIGHT, OVER_WEIGHT)))
            if line["picked"] and grams < payload["quantity"]:
                grams = payload["quantity"]  # a second bag makes up for the first one's light weight
            return kind, {**payload, "quantity": grams, "weight_g": grams}
        return act

    def _count(self, ticket: Ticket) -> Act:
        """After a takeover the totes are counted; sometimes one is not found, or holds less than booked."""
        tote = ticket["recount"][0]
        until = ticket["search_until"]
        if self._rng.random() < self._error and until and datetime.fromisoformat(until) <= self._now():
            return "tote", {"code": tote, "missing": True}
        counts = [
            {"line": line["id"], "quantity": max(0, line["picked"] - self._lost())}
            for line in ticket["lines"]
            if line["tote"] == tote
        ]
        return "tote", {"code": tote, "counts": counts}

    def _lost(self) -> int:
        return int(self._rng.random() < self._error)

    def _hand_over(self, ticket: Ticket) -> Act | None:
        warm = {clock["zone"] for clock in ticket["cold"] if clock["over"]}
        for bag in ticket["bags"]:
            if bag["temperature"] in warm and bag["state"] in ("expected", "scanned"):
                return "refuse", {"code": bag["code"]}
        rider = ticket["rider"]
        if rider is None or not rider["arrived_at"]:
            return None
        for bag in ticket["bags"]:
            if bag["state"] == "expected":
                lost = self._rng.random() < self._error / 4
                return ("bag_missing" if lost else "bag_scan"), {"code": bag["code"]}
            if bag["state"] == "missing" and self._rng.random() < 0.1:
                return "bag_scan", {"code": bag["code"]}
        if any(bag["state"] == "missing" for bag in ticket["bags"]) and not ticket["without_allowed"]:
            return None
        return release(ticket)

    def searched(self, ticket: Ticket) -> bool:
        """Whether a bag of this order was searched for long enough, so that a supervisor may decide."""
        if ticket["missing_since"] is None or ticket["without_allowed"]:
            return False
        since = datetime.fromisoformat(ticket["missing_since"])
        return (self._now() - since).total_seconds() > SEARCH_SECONDS

    def _ride(self, ticket: Ticket) -> Act | None:
        """To the counter, with the bags to the customer; the goods are handed over, or come back."""
        legal = ticket["legal"]
        if ticket["kind"] == "return":
            return self._fetch(ticket)
        if "arrived" in ticket["next_milestones"]:
            return "milestone", {"name": "arrived"}
        if "returned" in ticket["next_milestones"]:
            return ("milestone", {"name": "returned"}) if self._there(ticket, "back") else None
        if "deliver" not in legal or not self._there(ticket, "customer"):
            return None
        if "arrived_at_customer" in ticket["next_milestones"]:
            return "milestone", {"name": "arrived_at_customer"}
        return self._at_the_door(ticket)

    def _fetch(self, ticket: Ticket) -> Act | None:
        """To the customer and back with what they did not want; sometimes with less, or with nothing."""
        if "bring" in ticket["legal"]:
            return ("bring", {}) if self._there(ticket, "back") else None
        if "collect" not in ticket["legal"] or not self._there(ticket, "customer"):
            return None
        chance = self._rng.random()
        if chance < NOTHING:
            return "collect", {"lines": [], "reason": "customer_absent"}
        if chance < NOTHING + LESS:
            return "collect", {
                "lines": [
                    {"line": line["line_no"], "quantity": line["quantity"] // 2} for line in ticket["lines"]
                ]
            }
        return "collect", {}

    def _at_the_door(self, ticket: Ticket) -> Act | None:
        plan = self._plans.setdefault(ticket["id"], self._plan())
        if ticket["recalled"] and "return" in ticket["legal"] and plan != "no_pin":
            return "return", {"reason": "cancelled"}
        several = len(ticket["bags"]) > 1  # the only one is returned with the ticket
        if plan == "refuse" and "refuse" in ticket["legal"] and not ticket["refused"] and several:
            return "refuse", {
                "bags": [self._rng.choice(ticket["bags"])["code"]],
                "reason": self._rng.choice(REFUSE_REASONS),
            }
        if plan in RETURN_REASONS and "return" in ticket["legal"]:
            return self._bring_back(ticket, plan)
        return "deliver", {} if plan == "no_pin" else {"pin": self._pin(ticket["order_no"])}

    def _bring_back(self, ticket: Ticket, reason: str) -> Act | None:
        """Who is not there is called twice, and waited for."""
        if reason == "customer_absent":
            if len(ticket["calls"]) < CALLS_MIN:
                return self._call(ticket["calls"])
            if self._now() < datetime.fromisoformat(ticket["absent_from"]):
                return None
        return "return", {"reason": reason}

    def _call(self, calls: Sequence[str]) -> Act | None:
        """Again, but not within the minute in which it would count as one call."""
        again = not calls or self._now() >= datetime.fromisoformat(calls[-1]) + CALLS_APART
        return ("call", {}) if again else None

    def without_pin(self, ticket: Ticket) -> None:
        """Too many wrong ones: it is delivered without, which is recorded."""
        self._plans[ticket["id"]] = "no_pin"

    def _plan(self) -> str:
        chance = self._rng.random()
        for plan, share in (("return", RETURNS), ("refuse", REFUSES), ("no_pin", NO_PIN)):
            if chance < share:
                return self._rng.choice(RETURN_REASONS) if plan == "return" else plan
            chance -= share
        return "pin"

    def _there(self, ticket: Ticket, place: str) -> bool:
        """Whether the ride to this place is over; it begins with the first question."""
        key = f"{ticket['id']}/{place}"
        if key not in self._arrives:
            self._arrives[key] = self._now() + timedelta(seconds=self._rng.uniform(*RIDE_SECONDS))
        return self._now() >= self._arrives[key]

    def _mistake(self, ticket: Ticket) -> Act | None:
        """Something wrong or unusual that the shop must bear; None when this ticket offers no occasion."""
        if ticket["kind"] in ("put_back", "return") or ticket.get("recount"):
            return None
        kind = self._rng.choice(MISTAKES[ticket["stage"]])
        legal, lines = ticket["legal"], ticket.get("lines", ())
        todo = next((line for line in lines if line["state"] == "todo"), None)
        if kind == "scan":
            return "scan", {"code": self._rng.choice(self._gtins)}
        if kind == "over" and todo and "pick" in legal and ticket["totes"]:
            amount = {"quantity": todo["quantity"] + 1000, "tote": ticket["totes"][-1]["code"]}
            return "pick", {"line": todo["id"], **amount}
        if kind == "moved" and todo and "moved" in legal:
            return "moved", {"line": todo["id"], "location": todo["location"] or "A01-01-1"}
        if kind in ("unpick", "unpack") and kind in legal:
            done = "picked" if kind == "unpick" else "packed"
            line = next((line for line in lines if line[done]), None)
            if line is None:
                return None
            where = {"tote": line["tote"]} if kind == "unpick" and line.get("tote") else {}
            return kind, {"line": line["id"], "quantity": 1, **where}
        if kind == "surplus" and lines and kind in legal:
            return "surplus", {"line": lines[0]["id"], "quantity": 1}
        if kind == "give_back" and kind in legal:
            return "give_back", {"reason": "called away"}
        if kind == "pause" and kind in legal:
            return "pause", {}
        if kind == "new_bag" and kind in legal:
            return "new_bag", {"temperature": self._rng.choice(("ambient", "chilled", "frozen"))}
        if kind == "foreign":
            return "bag_scan", {"code": "BAG-1-1"}
        if kind == "no_show" and kind in legal:
            return "no_show", {}
        if kind == "wrong_pin" and "deliver" in legal:
            return "deliver", {"pin": "0000x"}
        return None

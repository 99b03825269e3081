"""Races for a supervisor's hand on tours: against what joins, a takeover, and whoever goes on with it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from fulfil.dispatch import queries
from fulfil.dispatch.model import Hold, Offer
from fulfil.dispatch.service import joining, supervise, takeover, tours
from fulfil.kit import states
from fulfil.kit.errors import Refusal
from fulfil.kit.moves import History
from tests.dispatch.aisles import walking
from tests.dispatch.small import Somebody
from tests.races import guards
from tests.races.aisles import Resting, anybody_joins
from tests.races.together import Act, Together, at_once, in_order, in_reverse
from tests.races.tours import Race

BY = "staff:9"


def steering(shop: Resting, act: Callable[..., Any], ticket_id: int, *given: Any, **named: Any) -> Act:
    """An act of the supervisor, which gives the code of its refusal; None: it is done."""

    def acts() -> str | None:
        try:
            shop.write(lambda tx: act(tx, ticket_id, *given, **named, actor=BY))
        except Refusal as refusal:
            return refusal.code
        return None

    return acts


def steps(shop: Resting, ticket_id: int) -> list[str]:
    """What happened to a ticket after it was opened, in order; not to whom it was offered."""
    said = sa.select(History.event).where(History.entity == "tickets", History.entity_id == ticket_id)
    passed = ("create", "offer", "withdraw")
    return [
        event for event in shop.read(lambda tx: tx.scalars(said.order_by(History.id))) if event not in passed
    ]


def seen_by(shop: Resting, ticket_id: int) -> list[int]:
    """Whom a ticket is shown to now."""
    shown = sa.select(Offer.person_id).where(Offer.ticket_id == ticket_id, Offer.state == "pending")
    return shop.read(lambda tx: tx.scalars(shown))


def wrong_holds(shop: Resting) -> list[str]:
    """Tickets that say that they are held and are not, or the other way round."""
    rows = shop.read(lambda tx: tx.all(sa.text("SELECT id, held FROM tickets")))
    holding = set(
        shop.read(lambda tx: tx.scalars(sa.select(Hold.ticket_id).where(Hold.released_at.is_(None))))
    )
    return [f"ticket {row.id}: held {row.held}" for row in rows if bool(row.held) != (row.id in holding)]


def judged(shop: Resting, right: bool, told: object) -> list[str]:
    return [
        *([] if right else [str(told)]),
        *wrong_holds(shop),
        *(str(violation) for violation in shop.violations()),
    ]


def joined_late(shop: Resting, picker: Somebody) -> tuple[Any, int, Act]:
    """An order that came while a tour was walked: its ticket, the tour, and how it joins after one look."""
    tour_id = int(shop.held(picker)[0]["tour"]["id"])
    (waiting,) = shop.tickets(shop.paid(("a14", 1)), "picking")
    chosen, versions = joining.Join(waiting.id, tour_id, 100), {waiting.id: waiting.version}
    return waiting, tour_id, lambda: shop.write(lambda tx: joining._join(tx, chosen, versions))


def join_against_reassign(shop: Resting, together: Together = at_once) -> list[str]:
    """What may join a tour is given to a colleague meanwhile: it is in the tour, or shown to them."""
    picker, _ = walking(shop)
    waiting, tour_id, join = joined_late(shop, picker)
    colleague = shop.hire("P2", "picker")
    _, code = together(
        shop, [join, steering(shop, supervise.reassign, waiting.id, colleague.id, confirmed=False)]
    )
    row, found = shop.ticket(waiting.id), shop.tour(tour_id)
    decided = (code, row.state, row.tour_id, found.orders, seen_by(shop, row.id))
    right = (("takeover_unconfirmed", "accepted", tour_id, 4, []), (None, "offered", None, 3, [colleague.id]))
    return judged(shop, decided in right, decided)


def join_against_hold(shop: Resting, together: Together = at_once) -> list[str]:
    """What may join a tour is held meanwhile: it has joined before, or it waits."""
    picker, _ = walking(shop)
    waiting, tour_id, join = joined_late(shop, picker)
    together(shop, [join, steering(shop, supervise.hold, waiting.id, "spilt")])
    row = shop.ticket(waiting.id)
    decided = (row.held, row.state, row.tour_id, steps(shop, row.id))
    right = ((True, "accepted", tour_id, ["assign", "hold"]), (True, "queued", None, ["hold"]))
    return judged(shop, decided in right, decided)


def join_against_unhold(shop: Resting, together: Together = at_once) -> list[str]:
    """What is held is let go while a tour looks for more: it joins after that, or it waits."""
    picker, _ = walking(shop)
    waiting, tour_id, join = joined_late(shop, picker)
    steering(shop, supervise.hold, waiting.id, "spilt")()
    together(shop, [join, steering(shop, supervise.unhold, waiting.id, None)])
    row = shop.ticket(waiting.id)
    decided = (row.held, row.state, row.tour_id, steps(shop, row.id))
    right = (
        (False, "accepted", tour_id, ["hold", "unhold", "assign"]),
        (False, "queued", None, ["hold", "unhold"]),
    )
    return judged(shop, decided in right, decided)


def join_against_reassign_of_last(shop: Resting, together: Together = at_once) -> list[str]:
    """The last ticket of a tour is taken away while another joins: the tour goes on with it, or is over."""
    picker, held = walking(shop)
    for ticket in held[:2]:
        shop.finishes(picker, ticket["id"])
    waiting, tour_id, join = joined_late(shop, picker)
    colleague, last = shop.hire("P2", "picker"), int(held[2]["id"])
    together(shop, [join, steering(shop, supervise.reassign, last, colleague.id, confirmed=True)])
    given, row, found = shop.ticket(last), shop.ticket(waiting.id), shop.tour(tour_id)
    joined = (found.state, found.ended_at, row.state, row.tour_id) == ("walking", None, "accepted", tour_id)
    alone = found.state == "done" and row.state in ("queued", "offered") and row.tour_id is None
    decided = (given.state, given.epoch, given.tour_id, seen_by(shop, last)) == (
        "offered",
        2,
        None,
        [colleague.id],
    )
    told = f"tour {found.state}, {row.state} in {row.tour_id}; {given.state} in {given.tour_id}"
    return judged(shop, decided and joined != alone, told)


def gone(shop: Resting) -> tuple[Somebody, int]:
    """Whoever walks a tour is silent for so long that it is taken over: a colleague, its second ticket."""
    _, held = walking(shop)
    colleague = shop.hire("P2", "picker")
    shop.passes(601, colleague)
    return colleague, int(held[1]["id"])


def taking_over(shop: Resting, patch: pytest.MonkeyPatch) -> Act:
    """The sweep, which has read who holds what before anything else happens."""
    seen = shop.read(queries.held_in_shop)
    patch.setattr(queries, "held_in_shop", lambda _tx: seen)
    return lambda: shop.write(takeover.take_over_from_gone)


def takeover_against_reassign(shop: Resting, together: Together = at_once) -> list[str]:
    """A tour is taken over while one of it is given to a colleague: taken away once, and shown to them."""
    colleague, ticket_id = gone(shop)
    with pytest.MonkeyPatch.context() as patch:
        sweep = taking_over(shop, patch)
        together(shop, [sweep, steering(shop, supervise.reassign, ticket_id, colleague.id, confirmed=True)])
    row = shop.ticket(ticket_id)
    decided = (row.state, row.epoch, row.tour_id, seen_by(shop, row.id), steps(shop, row.id))
    taken = ["accept", "take_over", "reassign"]
    return judged(shop, decided == ("offered", 2, None, [colleague.id], taken), decided)


def takeover_against_hold(shop: Resting, together: Together = at_once) -> list[str]:
    """A tour is taken over while one of it is held: that one waits, and is shown to nobody."""
    _, ticket_id = gone(shop)
    with pytest.MonkeyPatch.context() as patch:
        sweep = taking_over(shop, patch)
        together(shop, [sweep, steering(shop, supervise.hold, ticket_id, "spilt")])
    shop.run()
    row = shop.ticket(ticket_id)
    decided = (row.state, row.held, row.epoch, row.tour_id, seen_by(shop, row.id))
    return judged(shop, decided == ("queued", True, 2, None, []), decided)


def takeover_against_unhold(shop: Resting, together: Together = at_once) -> list[str]:
    """A tour is taken over while one of it is let go: a colleague is asked for it as for the others."""
    colleague, ticket_id = gone(shop)
    others = [row.id for row in shop.read(queries.held_in_shop) if row.id != ticket_id]
    for one in (ticket_id, *others):
        steering(shop, supervise.hold, one, "spilt")()
    with pytest.MonkeyPatch.context() as patch:
        sweep = taking_over(shop, patch)
        together(shop, [sweep, steering(shop, supervise.unhold, ticket_id, None)])
    shop.run()
    row = shop.ticket(ticket_id)
    decided = (row.state, row.held, row.epoch, row.tour_id, seen_by(shop, row.id))
    return judged(shop, decided == ("offered", False, 2, None, [colleague.id]), decided)


def takeover_against_complete(shop: Resting, together: Together = at_once) -> list[str]:
    """A tour is taken over while its picker, heard of again, finishes one: done, or taken with the others."""
    picker, held = walking(shop)
    shop.picks(picker, held[1]["id"])
    op, ticket_id = shop.op(picker, held[1], "complete"), int(held[1]["id"])
    colleague = shop.hire("P2", "picker")
    shop.passes(601, colleague)
    with pytest.MonkeyPatch.context() as patch:
        sweep = taking_over(shop, patch)
        _, (result,) = together(shop, [sweep, lambda: shop.send(picker, op)])
    shop.run()
    row = shop.ticket(ticket_id)
    epochs = [shop.ticket(int(ticket["id"])).epoch for ticket in held]
    decided = (result["code"], row.state, row.tour_id, epochs)
    finished = decided == (None, "done", int(held[1]["tour"]["id"]), [2, 1, 2])
    taken = result["code"] == "stale_epoch" and row.state in ("queued", "offered") and epochs == [2, 2, 2]
    return judged(shop, finished or taken, decided)


def succeeding(shop: Resting) -> tuple[Somebody, int, Act]:
    """The tour of somebody gone is taken over: a colleague, what they are shown, and how they accept."""
    colleague, _ = gone(shop)
    shop.write(takeover.take_over_from_gone)
    shop.run()
    offer = shop.offer(colleague)
    op = shop.op(colleague, offer["ticket"], "accept", offer=offer["id"])

    def accept() -> str | None:
        return shop.send(colleague, op)[0]["code"]

    return colleague, int(offer["ticket"]["id"]), accept


def succession_against_hold(shop: Resting, together: Together = at_once) -> list[str]:
    """Whoever takes a tour's ticket over accepts it while it is held: they have it, or nobody has."""
    colleague, ticket_id, accept = succeeding(shop)
    refused, _ = together(shop, [accept, steering(shop, supervise.hold, ticket_id, "spilt")])
    row, taken = shop.ticket(ticket_id), ["accept", "take_over"]
    decided = (refused, row.state, row.assignee_id, row.held, seen_by(shop, row.id), steps(shop, row.id))
    right = (
        (None, "accepted", colleague.id, True, [], [*taken, "accept", "hold"]),
        ("offer_gone", "queued", None, True, [], [*taken, "hold"]),
    )
    return judged(shop, decided in right, decided)


def succession_against_reassign(shop: Resting, together: Together = at_once) -> list[str]:
    """Whoever takes a tour's ticket over accepts it while it is given to a third: one of them is asked."""
    colleague, ticket_id, accept = succeeding(shop)
    third = shop.hire("P3", "picker")
    refused, code = together(
        shop, [accept, steering(shop, supervise.reassign, ticket_id, third.id, confirmed=False)]
    )
    row = shop.ticket(ticket_id)
    decided = (refused, code, row.state, row.assignee_id, seen_by(shop, row.id))
    right = (
        (None, "takeover_unconfirmed", "accepted", colleague.id, []),
        ("offer_gone", None, "offered", None, [third.id]),
    )
    return judged(shop, decided in right, decided)


def join_what_was_given(patch: pytest.MonkeyPatch) -> None:
    """A ticket joins though somebody else is shown it by now."""
    join = joining._join

    def late(tx: Any, chosen: Any, _versions: Any) -> None:
        join(tx, chosen, {chosen.ticket_id: queries.ticket_row(tx, chosen.ticket_id).version})

    patch.setattr(joining, "_join", late)
    patch.setattr(joining, "TicketState", SimpleNamespace(QUEUED="offered"))
    patch.setattr(states.Machine, "next", guards._any_next)


def join_what_is_held(patch: pytest.MonkeyPatch) -> None:
    """Whoever joins a ticket to a tour does not look whether it is held."""

    def never_held(tx: Any, ticket_id: int, **how: Any) -> Any:
        return SimpleNamespace(**{**queries.ticket_row(tx, ticket_id, **how)._mapping, "held": False})

    patch.setattr(joining, "queries", SimpleNamespace(**vars(queries) | {"ticket_row": never_held}))


def take_over_what_moved(patch: pytest.MonkeyPatch) -> None:
    """Tickets are taken from whoever had them when the sweep looked, whoever has them now."""
    patch.setattr(
        takeover, "_unmoved", lambda tx, rows: {row.id: queries.ticket_row(tx, row.id) for row in rows}
    )
    patch.setattr(states.Machine, "next", guards._any_next)


def write_what_was_read(patch: pytest.MonkeyPatch) -> None:
    """A takeover writes a ticket back as it was when the sweep looked, its holds included."""
    patch.setattr(takeover, "_unmoved", lambda _tx, rows: {row.id: row for row in rows})
    out_of = tours.out_of
    patch.setattr(tours, "out_of", lambda row: {**out_of(row), "held": row.held})


CONTROLS: dict[Race, tuple[Callable[[pytest.MonkeyPatch], None], Together]] = {
    join_against_reassign: (join_what_was_given, in_reverse),
    join_against_hold: (join_what_is_held, in_reverse),
    join_against_unhold: (join_what_is_held, in_order),
    join_against_reassign_of_last: (anybody_joins, in_reverse),
    takeover_against_reassign: (take_over_what_moved, in_reverse),
    takeover_against_hold: (write_what_was_read, in_reverse),
    takeover_against_unhold: (write_what_was_read, in_reverse),
    takeover_against_complete: (take_over_what_moved, in_reverse),
    succession_against_hold: (guards.let_everybody_win, in_reverse),
    succession_against_reassign: (guards.let_everybody_win, in_reverse),
}
DUELS = {race.__name__: race for race in CONTROLS}

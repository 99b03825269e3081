"""The fulfilment order: opened when an order is paid, led through its stages, handed over, ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy.engine import Row

from fulfil.contracts.fulfilment import (
    Delivered,
    FulfilmentCancelled,
    FulfilmentProgressed,
    FulfilmentVoided,
    GoodsQuarantined,
    HandedOver,
    LineQuantity,
    OrderSealed,
)
from fulfil.contracts.stage import FulfilmentView, TicketSpec, TicketView
from fulfil.contracts.trade import OrderPaid
from fulfil.dispatch import queries, rules
from fulfil.dispatch.errors import NoTicketToDeliver, PersonUnavailable
from fulfil.dispatch.model import CapacityHold, Fulfilment, FulfilmentLineRow
from fulfil.dispatch.queries.documents import standing
from fulfil.dispatch.rules import PUT_BACK
from fulfil.dispatch.service import closing, containers, offers, tickets
from fulfil.dispatch.states import FULFILMENT, HELD_TICKET, FulfilmentState, TicketState
from fulfil.kit import moves
from fulfil.kit.db import Tx
from fulfil.store import queries as stores
from fulfil.store.rules import metres
from fulfil.store.rules.hours import holds_work

METRES_UNKNOWN = 2000
Told = Callable[[Row], tuple[FulfilmentView, queries.Parts]]


def open_on_paid(tx: Tx, paid: OrderPaid) -> None:
    """Open the fulfilment order of a paid order and its first tickets (O5). A repeat changes nothing."""
    stores.foresee(tx, paid.store_id)
    items = stores.items_later(tx, paid.store_id, {line.sku for line in paid.lines})
    code = _pickup_code(tx)
    taken = queries.waiting_for_pickup_later(tx, paid.store_id, code)
    if queries.fulfilment_of_order(tx, paid.order_no) is not None:
        return
    store = stores.store(tx, paid.store_id)
    policy = rules.Policy.of(store.policy)
    away = METRES_UNKNOWN
    if paid.contact.lat is not None and paid.contact.lng is not None:
        away = metres(store.lat, store.lng, paid.contact.lat, paid.contact.lng)
    while taken():
        code = _pickup_code(tx)
        taken = queries.waiting_for_pickup_later(tx, paid.store_id, code)
    fulfilment_id = tx.number()
    tx.insert(
        Fulfilment,
        id=fulfilment_id,
        store_id=paid.store_id,
        order_no=paid.order_no,
        state=FULFILMENT.initial,
        version=1,
        due_at=paid.promised_at,
        ride_seconds=rules.ride_seconds(away, policy),
        stages=[],
        contact=asdict(paid.contact),
        note=paid.note,
        delivery_pin=paid.delivery_pin,
        pickup_code=code,
        opened_at=tx.now,
    )
    _insert_lines(tx, fulfilment_id, paid, items())
    moves.begin(tx, Fulfilment, FULFILMENT, fulfilment_id, store_id=paid.store_id, order_no=paid.order_no)
    tx.discard(CapacityHold, {"order_no": paid.order_no})
    advance(tx, fulfilment_id, queries.before_opening(tx, fulfilment_id))
    if holds_work(store, tx.now):
        closing.hold_back(tx, fulfilment_id, store)


def advance(tx: Tx, fulfilment_id: int, told: Told | None = None) -> None:
    """Open the stages whose gates are met; end the order when nothing is left of it.

    Called after tickets end, with the fulfilment order locked by the caller. `told` is what
    `queries.before_opening` asked, of an order of which a stage is about to open.
    """
    while True:
        row, tickets_live, until = standing(tx, fulfilment_id)
        if row.state not in (FulfilmentState.OPEN, FulfilmentState.WORKING):
            return
        live = frozenset(ticket.stage for ticket in tickets_live if ticket.kind not in rules.OUTLIVING)
        deciding = until is not None and tx.now < until + rules.DECISION_GRACE
        # A rider may wait for what is still being made; that alone keeps no order going.
        if row.stages and not live - {"delivery"} and not deciding and _nothing_left(tx, fulfilment_id):
            _send_rider_away(tx, fulfilment_id)
            void(tx, row)
            return
        opened, known = frozenset(row.stages), tx.kit.services["stages"]
        due = rules.next_stages(opened, live, known=known, deciding=deciding)
        if not due:
            return
        if "handoff" in due:
            row = _packed(tx, row)
        live |= open_stages(tx, row, due, told)
        told = None
        if live and not rules.next_stages(opened.union(due), live, known=known, deciding=deciding):
            return


def begin(tx: Tx, fulfilment_id: int, *, actor: str) -> None:
    """Work on the order has begun. Only the first beginning counts."""
    row = queries.fulfilment_row(tx, fulfilment_id, lock=True)
    if row.state == FulfilmentState.OPEN:
        _move(tx, row, "start", progressed="prepare", actor=actor)


def hand_over(
    tx: Tx, ticket: TicketView, carrier: str, lines: Sequence[LineQuantity], rider_id: int | None = None
) -> None:
    """The goods leave the shop with `carrier` own (rider `rider_id`) or third_party (floor rule 8).

    `ticket` is the handoff ticket; `lines` are what was shipped. The order's delivery ticket becomes the
    rider's work in progress. Raises IllegalMove when the order is not ready, NoTicketToDeliver,
    PersonUnavailable when the rider is not signed in.
    """
    row = queries.fulfilment_row(tx, ticket.fulfilment_id, lock=True)
    actor = f"staff:{ticket.assignee_id}" if ticket.assignee_id else "system"
    _move(tx, row, "hand_over", progressed="hand_over", actor=actor, carrier=carrier, handed_over_at=tx.now)
    delivery = queries.tickets_of(tx, row.id, stage="delivery", kind="work", live=True, lock=True)
    if not delivery:
        raise NoTicketToDeliver()
    if carrier == "own":
        _give_to_rider(tx, delivery[0], rider_id, actor)
    else:
        _give_to_third_party(tx, delivery[0], carrier, actor)
    tx.publish(
        HandedOver(
            order_no=row.order_no, store_id=row.store_id, fulfilment_id=row.id, at=tx.now, lines=tuple(lines)
        )
    )


def deliver(tx: Tx, ticket: TicketView) -> None:
    """The customer has the goods."""
    row = queries.fulfilment_row(tx, ticket.fulfilment_id, lock=True)
    _move(tx, row, "deliver", progressed="deliver", actor=_actor(ticket), ended_at=tx.now)
    tx.publish(Delivered(order_no=row.order_no, store_id=row.store_id, fulfilment_id=row.id, at=tx.now))


def returning(tx: Tx, ticket: TicketView, reason: str) -> None:
    """The rider brings the goods back: nobody was there, or they were refused (floor rule 4)."""
    row = queries.fulfilment_row(tx, ticket.fulfilment_id, lock=True)
    _move(tx, row, "return_begin", progressed="return_begin", actor=_actor(ticket), reason=reason)


def returned(tx: Tx, ticket: TicketView, *, fees_back: bool) -> None:
    """The goods are back at the counter: quarantined, to be put back, and their money returns.

    `fees_back`: the fees return, too (floor rule 4). Publishes GoodsQuarantined and FulfilmentCancelled and
    opens the put-back tickets.
    """
    row = queries.fulfilment_row(tx, ticket.fulfilment_id, lock=True)
    _move(tx, row, "return_end", progressed="return_end", actor=_actor(ticket))
    back = picked_lines(tx, row.id)
    tx.publish(
        GoodsQuarantined(
            order_no=row.order_no, store_id=row.store_id, fulfilment_id=row.id, reason="returned", lines=back
        )
    )
    open_put_back(tx, row.id, back)
    # `picked` is empty: the goods were shipped, and their way back was told by GoodsQuarantined.
    stopped = queries.fulfilment_row(tx, row.id)
    end_cancelled(tx, stopped, reason="returned", picked=(), returned=True, fees_back=fees_back)


def end_cancelled(
    tx: Tx,
    row: Row,
    *,
    reason: str,
    picked: tuple[LineQuantity, ...],
    actor: str = "system",
    returned: bool = False,
    fees_back: bool = True,
) -> None:
    """Fulfilment has stopped for good; the money may return at once, it does not wait for the goods."""
    fresh = _move(tx, row, "cancel", actor=actor, reason=reason)
    _move(tx, fresh, "cancelled", actor=actor, reason=reason, ended_at=tx.now)
    tx.publish(
        FulfilmentCancelled(
            order_no=row.order_no,
            store_id=row.store_id,
            fulfilment_id=row.id,
            reason=reason,
            picked=picked,
            returned=returned,
            fees_back=fees_back,
        )
    )


def decision_over(tx: Tx, payload: Mapping[str, Any]) -> None:
    """Timer: an order no longer waits for a decision that nobody took. Harmless when it was taken."""
    advance(tx, payload["fulfilment_id"])


def void(tx: Tx, row: Row) -> None:
    """Nothing of the order is left: it ends, and all its money goes back. Totes in quarantine stay bound."""
    _move(tx, row, "void", ended_at=tx.now)
    for tote in queries.totes_of(tx, row.id):
        if not tote.quarantine:
            containers.empty_tote(tx, row.store_id, tote.code)
    tx.publish(FulfilmentVoided(order_no=row.order_no, store_id=row.store_id, fulfilment_id=row.id))


def open_put_back(
    tx: Tx, fulfilment_id: int, lines: Sequence[LineQuantity]
) -> list[tuple[int, LineQuantity]]:
    """Open put-back tickets, one per temperature zone, for goods that are in quarantine (floor rule 8).

    Returns which ticket got which line.

    They belong to the stage picking; the spec's `detail` is the tuple of LineQuantity to put back.
    """
    known = {line.line_no: line for line in queries.lines(tx, fulfilment_id)}
    by_zone: dict[str, list[LineQuantity]] = {}
    opened: list[tuple[int, LineQuantity]] = []
    for line in lines:
        by_zone.setdefault(known[line.line_no].zone, []).append(line)
    for zone in sorted(by_zone, key=rules.ZONE_ORDER.__getitem__):
        mine = tuple(by_zone[zone])
        grams = sum(round(known[q.line_no].grams * q.quantity / known[q.line_no].quantity) for q in mine)
        ticket = tickets.open_ticket(
            tx,
            fulfilment_id,
            "picking",
            TicketSpec(zone=zone, part=1, lines=len(mine), grams=grams, kind=PUT_BACK, detail=mine),
        )
        opened += [(ticket.id, line) for line in mine]
    return opened


def picked_lines(tx: Tx, fulfilment_id: int) -> tuple[LineQuantity, ...]:
    """What of the order is in totes or bags."""
    return tuple(
        LineQuantity(line.line_no, line.sku, line.picked)
        for line in queries.lines(tx, fulfilment_id)
        if line.picked
    )


def _insert_lines(tx: Tx, fulfilment_id: int, paid: OrderPaid, items: Mapping[str, Row]) -> None:
    rows = []
    for line in paid.lines:
        item = items[line.sku]
        rows.append(
            {
                "fulfilment_id": fulfilment_id,
                "line_no": line.line_no,
                "store_id": paid.store_id,
                "order_no": paid.order_no,
                "sku": line.sku,
                "quantity": line.quantity,
                "unit": line.unit,
                "zone": item.zone,
                "location": item.location,
                "picked": 0,
                "short": 0,
                "substituted": 0,
                "grams": line.quantity if line.unit == "g" else line.quantity * item.grams,
                "on_shortage": line.on_shortage,
                "if_silent": line.if_silent,
                "prep": item.prep,
            }
        )
    tx.insert_many(FulfilmentLineRow, rows)


def _pickup_code(tx: Tx) -> str:
    return f"{tx.kit.random.randrange(1_000_000):06d}"


def _send_rider_away(tx: Tx, fulfilment_id: int) -> None:
    for ride in queries.tickets_of(tx, fulfilment_id, stage="delivery", live=True, lock=True):
        if ride.state == TicketState.OFFERED:
            offers.withdraw_offer(tx, ride, reason="cancelled")
        tickets.cancel(tx, ride, reason="cancelled")


def open_stages(tx: Tx, row: Row, due: Sequence[str], told: Told | None = None) -> set[str]:
    """Open these stages of a locked order.

    Gives those of them that have work: one without any is over at once, and others may follow it.
    """
    view, parts = (told or queries.before_opening(tx, row.id))(row)
    policy, busy = tickets.policy_of(tx, row.store_id), set()
    for stage in due:
        specs = tickets.stage_of(tx, stage).open(tx, view)
        if tickets.open_in(tx, view, stage, specs, policy, parts, row.ride_seconds):
            busy.add(stage)
    tx.rewrite(Fulfilment, {"id": row.id}, stages=[*row.stages, *due])
    tickets.plan_soon(tx, row.store_id)
    tickets.changed(tx, row.store_id, row.order_no)
    return busy


def _packed(tx: Tx, row: Row) -> Row:
    if row.state == FulfilmentState.OPEN:
        row = _move(tx, row, "start", progressed="prepare")
    changed = rules.sealed_otherwise(queries.lines(tx, row.id))
    if changed is not None:
        tx.publish(
            OrderSealed(order_no=row.order_no, store_id=row.store_id, fulfilment_id=row.id, weighed=changed)
        )
    fresh = _move(tx, row, "ready", progressed="ready", ready_at=tx.now)
    if "delivery" in row.stages:  # a rider waits for it already
        for ride in queries.tickets_of(tx, row.id, stage="delivery", live=True):
            tickets.show(tx, ride)
    return fresh


def _nothing_left(tx: Tx, fulfilment_id: int) -> bool:
    """Whether nothing will be delivered. Of weighed goods the last grams may be neither picked nor missed."""
    return all(
        not line.picked and (line.unit == "g" or line.short + line.substituted == line.quantity)
        for line in queries.lines(tx, fulfilment_id)
    )


def _give_to_rider(tx: Tx, delivery: Row, rider_id: int | None, actor: str) -> None:
    if rider_id is None:
        raise PersonUnavailable("Name the rider.")
    if delivery.assignee_id != rider_id:
        delivery = offers.assign(tx, _freed(tx, delivery, actor), rider_id, actor=actor)
    if delivery.state == TicketState.ACCEPTED:
        tickets.move(tx, delivery, "begin", actor=actor)


def _give_to_third_party(tx: Tx, delivery: Row, carrier: str, actor: str) -> None:
    delivery = _freed(tx, delivery, actor)
    tickets.move(tx, delivery, "carry", actor=actor, carrier=carrier, accepted_at=tx.now)


def _freed(tx: Tx, delivery: Row, actor: str) -> Row:
    """The delivery ticket in the queue, taken from whoever was offered it or had accepted it."""
    if delivery.state == TicketState.OFFERED:
        return offers.withdraw(tx, delivery, reason="given_to_other")
    if delivery.state in HELD_TICKET:
        if delivery.assignee_id is not None:
            tickets.withdrawn(tx, delivery.assignee_id, delivery, "given_to_other")
        return tickets.requeue(tx, delivery, "take_over", actor=actor, reason="given_to_other")
    return delivery


def _actor(ticket: TicketView) -> str:
    return f"staff:{ticket.assignee_id}" if ticket.assignee_id else "carrier:0"


def _move(
    tx: Tx,
    row: Row,
    event: str,
    *,
    progressed: str | None = None,
    actor: str = "system",
    reason: str = "",
    **changes: object,
) -> Row:
    moves.move(tx, Fulfilment, FULFILMENT, row, event, actor=actor, reason=reason, **changes)
    if progressed is not None:
        tx.publish(
            FulfilmentProgressed(
                order_no=row.order_no,
                store_id=row.store_id,
                fulfilment_id=row.id,
                event=progressed,
                at=tx.now,
            )
        )
    tickets.changed(tx, row.store_id, row.order_no)
    return queries.fulfilment_row(tx, row.id)

"""What fulfilment reports of goods: short, shipped, stopped, come back, put back (F6, F7, floor rule 8)."""

from __future__ import annotations

from fulfil.contracts.fulfilment import (
    FulfilmentCancelled,
    FulfilmentVoided,
    GoodsPutBack,
    GoodsQuarantined,
    HandedOver,
    StockoutReported,
)
from fulfil.kit.db import Tx
from fulfil.trade.stock import queries, rules
from fulfil.trade.stock.service.books import book
from fulfil.trade.stock.service.counts import let_count
from fulfil.trade.stock.service.holding import free, take_from

BACK_FROM_OUTSIDE = ("returned", "found_later")
ACTOR = "fulfilment"
COUNTED_AFTER = ("not_found", "wrong_location")  # the books and the shelf say different things


def on_stockout(tx: Tx, event: StockoutReported) -> None:
    """The line holds less, and the books believe the shelf. A repeated report changes nothing.

    Where they disagreed, somebody shall count: one task for a sku, however many report it.
    """
    source_ref = f"stockout:{event.report_id}"
    queries.stock(tx, event.store_id, event.sku, lock=True)
    if queries.movement(tx, event.store_id, source_ref):
        return
    take_from(tx, event.order_no, event.line_no, event.quantity, state="short")
    row = queries.stock(tx, event.store_id, event.sku)
    delta = rules.stockout_delta(
        event.shelf_effect, row.on_hand, row.reserved, row.quarantine, event.quantity
    )
    book(
        tx,
        event.store_id,
        event.sku,
        delta,
        kind="stockout",
        source_ref=source_ref,
        actor=ACTOR,
        order_no=event.order_no,
    )
    if event.reason in COUNTED_AFTER:
        let_count(tx, event, event.sku, event.reason)


def on_cancelled(tx: Tx, event: FulfilmentCancelled) -> None:
    """What was picked waits in quarantine; the rest is free to sell."""
    if not queries.live_reservations(tx, event.order_no):
        return
    free(tx, event.order_no, state="released")
    for line in sorted(event.picked, key=lambda line: (line.sku, line.line_no)):
        if line.quantity:
            book(
                tx,
                event.store_id,
                line.sku,
                0,
                kind="quarantine",
                actor=ACTOR,
                order_no=event.order_no,
                source_ref=f"cancel:{event.fulfilment_id}:{line.line_no}",
                quarantine=line.quantity,
            )


def on_voided(tx: Tx, event: FulfilmentVoided) -> None:
    """Nothing will be delivered: nothing is held."""
    free(tx, event.order_no, state="released")


def on_handed_over(tx: Tx, event: HandedOver) -> None:
    """The goods left: on_hand and the reservations fall together. A repeated event finds no reservation."""
    if not queries.live_reservations(tx, event.order_no):
        return
    free(tx, event.order_no, state="shipped")
    for line in sorted(event.lines, key=lambda line: (line.sku, line.line_no)):
        if line.quantity:
            book(
                tx,
                event.store_id,
                line.sku,
                -line.quantity,
                kind="shipped",
                actor=ACTOR,
                order_no=event.order_no,
                source_ref=f"ship:{event.fulfilment_id}:{line.line_no}",
            )


def on_quarantined(tx: Tx, event: GoodsQuarantined) -> None:
    """Goods wait for a put-back ticket. What had left the books comes back on hand first."""
    back = event.reason in BACK_FROM_OUTSIDE
    for line in sorted(event.lines, key=lambda line: (line.sku, line.line_no)):
        book(
            tx,
            event.store_id,
            line.sku,
            line.quantity if back else 0,
            quarantine=line.quantity,
            kind="return" if back else "quarantine",
            actor=ACTOR,
            order_no=event.order_no,
            source_ref=f"{event.reason}:{event.fulfilment_id}:{line.line_no}:{tx.number()}",
        )


def on_put_back(tx: Tx, event: GoodsPutBack) -> None:
    """A line of a put-back ticket ended: sellable again, or written off."""
    waste = event.outcome == "waste"
    book(
        tx,
        event.store_id,
        event.sku,
        -event.quantity if waste else 0,
        quarantine=-event.quantity,
        kind="waste" if waste else "restock",
        actor=ACTOR,
        order_no=event.order_no,
        source_ref=f"putback:{event.ticket_id}:{event.line_no}:{tx.number()}",
    )

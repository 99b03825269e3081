"""A handoff ticket: opened with the list of bags when the order is packed, cancelled with the order."""

from __future__ import annotations

from fulfil.contracts.stage import TicketView
from fulfil.dispatch import service as dispatch
from fulfil.handoff import queries
from fulfil.handoff.model import Handover, HandoverBag
from fulfil.handoff.service.bags import back_on_shelves
from fulfil.handoff.states import HANDOVER, BagCheck
from fulfil.kit import moves
from fulfil.kit.db import Tx


def open_handover(tx: Tx, ticket: TicketView) -> None:
    """Write the handover with every bag of the order as expected."""
    handover_id = tx.number()
    tx.insert(
        Handover,
        id=handover_id,
        store_id=ticket.store_id,
        ticket_id=ticket.id,
        fulfilment_id=ticket.fulfilment_id,
        order_no=ticket.order_no,
        carrier=None,
        rider_id=None,
        ready_at=tx.now,
        arrived_at=None,
        released_at=None,
        without_allowed_by=None,
        state=HANDOVER.initial,
        version=1,
    )
    moves.begin(tx, Handover, HANDOVER, handover_id, store_id=ticket.store_id, order_no=ticket.order_no)
    tx.insert_many(
        HandoverBag,
        [
            {
                "handover_id": handover_id,
                "bag_id": bag.id,
                "store_id": ticket.store_id,
                "code": bag.code,
                "n": bag.n,
                "state": BagCheck.EXPECTED,
                "at": tx.now,
                "person_id": None,
            }
            for bag in dispatch.bags_of(tx, ticket.fulfilment_id)
        ],
    )


def cancel(tx: Tx, ticket: TicketView) -> None:
    """The order was cancelled before the release: its bags go back by the put-back ticket (floor rule 8)."""
    row = queries.handover(tx, ticket.id)
    moves.move(tx, Handover, HANDOVER, row, "cancel")


def taken_over(tx: Tx, ticket: TicketView) -> None:
    """Goods in hand are truth: the successor scans every bag again, from its shelf (floor rule 1)."""
    back_on_shelves(tx, queries.handover(tx, ticket.id))

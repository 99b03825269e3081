"""What must stand in the shop after its server died: the clients' own log against the books."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import select

from fulfil.dispatch.model import FulfilmentLineRow, TerminalOp
from fulfil.sim.clients import Customer
from fulfil.trade.payments.model import PaymentDocument
from tests.crash.life import PIECES
from tests.house import API, House


def faults(house: House, acknowledged: Collection[str], orders: Mapping[str, Customer]) -> list[str]:
    """What is lost or doubled: each order once, charged once, picked as often as it was scanned, each
    answered op there, and no invariant violated. `orders` are by number, with the customer who placed it.
    """
    charges, found = house.charges(), [str(violation) for violation in house.violations()]
    with house.reading() as tx:
        kept = set(tx.scalars(select(TerminalOp.id).where(TerminalOp.status == "applied")))
    if lost := set(acknowledged) - kept:
        found.append(f"acknowledged and lost: {sorted(lost)}")
    for order_no, customer in orders.items():
        mine = customer.http.call("GET", f"{API}/orders")["orders"]
        if [order["order_no"] for order in mine] != [order_no]:
            found.append(f"one order was placed, {len(mine)} are there")
        found += _of_order(house, order_no, mine[0], charges)
    return found


def _of_order(house: House, order_no: str, order: Mapping, charges: list[dict]) -> list[str]:
    with house.reading() as tx:
        documents = tx.all(
            select(*PaymentDocument.__table__.c).where(PaymentDocument.order_no == int(order_no))
        )
        picked = tx.scalars(
            select(FulfilmentLineRow.picked).where(FulfilmentLineRow.order_no == int(order_no))
        )
    serials = {str(document.serial_no) for document in documents}
    charged = [charge["amount"] for charge in charges if charge["serial_no"] in serials]
    found = [] if charged == [order["total"]] else [f"order {order_no} of {order['total']} charged {charged}"]
    if (order["paid"], order["refunded"]) != (order["total"], 0):
        found.append(f"order {order_no}: {order['paid']} paid, {order['refunded']} refunded")
    return found + ([] if picked == [PIECES] else [f"order {order_no}: {picked} picked of {PIECES}"])

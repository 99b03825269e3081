"""Tables of dispatch: fulfilment orders, tickets, tours, offers, reports, containers, capacity and ops."""

from fulfil.dispatch.model.containers import Bag, BagLine, ColdClock, Tote
from fulfil.dispatch.model.crew import CapacityHold, PromiseMargin, WorkerLoad, WorkSpeed
from fulfil.dispatch.model.orders import Fulfilment, FulfilmentLineRow, Prediction, StockoutReport
from fulfil.dispatch.model.tickets import Hold, Offer, TerminalOp, Ticket, Tour

__all__ = [
    "Bag",
    "BagLine",
    "CapacityHold",
    "ColdClock",
    "Fulfilment",
    "FulfilmentLineRow",
    "Hold",
    "Offer",
    "Prediction",
    "PromiseMargin",
    "StockoutReport",
    "TerminalOp",
    "Ticket",
    "Tote",
    "Tour",
    "WorkSpeed",
    "WorkerLoad",
]

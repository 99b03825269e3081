"""Cases of an order and what they give back (A1, A2, A7)."""

from fulfil.trade.aftersales.service.audits import audit, lapse, other_means
from fulfil.trade.aftersales.service.complaints import complain, decide, keep_photo, refund_lines
from fulfil.trade.aftersales.service.decisions import answer, on_due, on_paid, pay
from fulfil.trade.aftersales.service.endings import cancelled, late_payment, voided
from fulfil.trade.aftersales.service.photos import keep_shelf_photo
from fulfil.trade.aftersales.service.refunds import settled
from fulfil.trade.aftersales.service.returns import brought, call_off, inspected, refused
from fulfil.trade.aftersales.service.stockouts import shortage
from fulfil.trade.aftersales.service.weights import sealed, send_collected

__all__ = [
    "answer",
    "audit",
    "brought",
    "call_off",
    "cancelled",
    "complain",
    "decide",
    "inspected",
    "keep_photo",
    "keep_shelf_photo",
    "lapse",
    "late_payment",
    "on_due",
    "on_paid",
    "other_means",
    "pay",
    "refund_lines",
    "refused",
    "sealed",
    "send_collected",
    "settled",
    "shortage",
    "voided",
]

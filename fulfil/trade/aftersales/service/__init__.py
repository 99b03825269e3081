"""Cases of an order and what they give back (A1, A2, A7)."""

from fulfil.trade.aftersales.service.decisions import answer, on_due, withdraw
from fulfil.trade.aftersales.service.endings import cancelled, late_payment, voided
from fulfil.trade.aftersales.service.refunds import settled
from fulfil.trade.aftersales.service.stockouts import shortage

__all__ = ["answer", "cancelled", "late_payment", "on_due", "settled", "shortage", "voided", "withdraw"]

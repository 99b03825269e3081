"""Cases of an order and what they give back (A1, A2, A7)."""

from fulfil.trade.aftersales.service.endings import cancelled, late_payment, voided
from fulfil.trade.aftersales.service.refunds import settled
from fulfil.trade.aftersales.service.stockouts import shortage

__all__ = ["cancelled", "late_payment", "settled", "shortage", "voided"]

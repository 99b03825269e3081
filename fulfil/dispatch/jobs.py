"""What dispatch hears and does by itself: orders paid and cancelled, plans, offers that end, takeovers."""

from __future__ import annotations

from fulfil.contracts.fulfilment import SessionEnded, ShiftChanged, ShopStateChanged
from fulfil.contracts.trade import OrderCancelRequested, OrderExpired, OrderPaid, ShortageDecided
from fulfil.dispatch.service import (
    cancel,
    closing,
    experts,
    flow,
    joining,
    lateness,
    offers,
    planning,
    shortage,
    speeds,
    takeover,
    tickets,
)
from fulfil.kit.base import Kit

PLAN_SECONDS = 5
JOIN_SECONDS = 10
PREDICT_SECONDS = 15
TAKEOVER_SECONDS = 15


def register(kit: Kit) -> None:
    """Subscribe to what trade and staff publish, register tasks and sweeps."""
    kit.services.setdefault("archived_timeline", lambda tx, fulfilment_id: None)
    kit.services["speeds"] = speeds.Speeds()
    kit.tasks.handler(tickets.PLAN, planning.plan_store, coalesce=True)
    kit.tasks.handler(planning.PLAN_APART, planning.plan_apart, kind="call")
    kit.tasks.handler(planning.HAND_OUT, planning.hand_out)
    kit.tasks.handler(offers.EXPIRE, offers.expire)
    kit.tasks.handler(tickets.ASK_EXPERT, experts.ask_next)
    kit.tasks.handler(shortage.GATE, flow.decision_over)
    kit.events.handler(OrderPaid, "dispatch.order_paid", flow.open_on_paid)
    kit.events.subscribe(OrderCancelRequested, "dispatch.cancel", cancel.on_cancel_requested)
    kit.events.subscribe(OrderExpired, "dispatch.order_expired", cancel.on_expired)
    kit.events.subscribe(ShortageDecided, "dispatch.shortage_decided", shortage.on_decided)
    kit.events.subscribe(ShiftChanged, "dispatch.shift", takeover.on_shift_changed, inline=True)
    kit.events.subscribe(ShopStateChanged, "dispatch.shop", closing.on_shop_state, inline=True)
    kit.tasks.handler(closing.SETTLE, closing.settle)
    kit.events.subscribe(SessionEnded, "dispatch.session", takeover.on_session_ended)
    kit.tasks.handler(joining.JOIN, joining.let_join, coalesce=True)
    kit.tasks.handler(lateness.PREDICT, lateness.predict, kind="call", coalesce=True)
    kit.tasks.sweep("dispatch.predict", PREDICT_SECONDS, lateness.predict_open)
    kit.tasks.sweep("dispatch.join", JOIN_SECONDS, joining.look_for_joins)
    kit.tasks.sweep("dispatch.plan", PLAN_SECONDS, planning.plan_waiting)
    kit.tasks.sweep("dispatch.takeover", TAKEOVER_SECONDS, takeover.take_over_from_gone)

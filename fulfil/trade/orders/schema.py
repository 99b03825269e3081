"""Shapes of the orders' requests and answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, pre_load, validate

from fulfil.kit.web import Choice, Float, IdStr, QueryInt, Str, Strict, StrictBool, StrictInt, TimeIn
from fulfil.store.schema import NamesOut
from fulfil.trade.cart.rules import CART_TYPES, LINES_MAX
from fulfil.trade.cart.schema import TotalsOut
from fulfil.trade.customers.schema import Phone
from fulfil.trade.orders.errors import ChannelNotSupported
from fulfil.trade.orders.rules import IF_SILENT, ON_SHORTAGE, PAGE_MAX, REFUND_STATES, WORD, of_platform
from fulfil.trade.orders.states import DeliveryState, OrderState


class PlaceIn(Strict):
    """Where somebody is, as far as they said."""

    name = Str(max=80, min=0, load_default="")
    phone = Str(max=32, min=0, load_default="")
    address = Str(max=300, min=0, load_default="")
    lat = Float(-90, 90, load_default=None, allow_none=True)
    lng = Float(-180, 180, load_default=None, allow_none=True)


class ContactIn(PlaceIn):
    """Who receives an order."""

    name = Str(max=80, required=True)
    phone = Phone(required=True)
    address = Str(max=300, required=True)


class QuoteIn(Strict):
    store_id = IdStr(required=True)
    cart_type = Choice(CART_TYPES, load_default="online")
    contact = fields.Nested(PlaceIn, load_default=dict)
    deliver_by = TimeIn(load_default=None, allow_none=True)


class SlotOut(Strict):
    start = TimeIn(data_key="from", attribute="from")
    end = TimeIn(data_key="to", attribute="to")


class QuoteOut(Strict):
    ok = StrictBool()
    why_not = fields.String(allow_none=True)
    hand_over_at = TimeIn(allow_none=True)
    deliver_at = TimeIn(allow_none=True)
    slots = fields.List(fields.Nested(SlotOut))
    opens_at = TimeIn(allow_none=True)
    delivery_fee = fields.Integer()
    totals = fields.Nested(TotalsOut)
    currency = fields.String()
    cart_version = fields.Integer()


WORDED = validate.Regexp(f"^{WORD}$", error="Small letters, digits, _ and -, at most 32.")


class LineWishIn(Strict):
    sku = Str(max=32, required=True)
    on_shortage = Choice(ON_SHORTAGE)
    if_silent = Choice(IF_SILENT)


class OrderIn(Strict):
    store_id = IdStr(required=True)
    cart_type = Choice(CART_TYPES, load_default="online")
    cart_version = StrictInt(min=0, required=True)
    channel = fields.String(validate=WORDED, load_default="app")
    scene = fields.String(validate=WORDED, load_default="delivery")
    contact = fields.Nested(ContactIn, required=True)
    deliver_by = TimeIn(load_default=None, allow_none=True)
    on_shortage = Choice(ON_SHORTAGE, load_default="refund")
    if_silent = Choice(IF_SILENT, load_default="refund")
    lines = fields.List(
        fields.Nested(LineWishIn), load_default=list, validate=lambda lines: len(lines) <= LINES_MAX
    )
    note = Str(max=300, min=0, load_default="")

    @pre_load
    def _carts_only(self, data: Any, **_: Any) -> Any:
        """Said before single fields are complained about, else a platform would go and mend them."""
        if isinstance(data, Mapping) and of_platform(data):
            raise ChannelNotSupported()
        return data


class PlacedOut(Strict):
    order_no = IdStr()
    state = Choice(OrderState)
    delivery_state = Choice(DeliveryState)
    total = fields.Integer()
    totals = fields.Nested(TotalsOut)
    currency = fields.String()
    promised_at = TimeIn()
    expires_at = TimeIn()
    track_url = fields.String()
    cashier_url = fields.String()
    delivery_pin = fields.String()


class OrderLineOut(Strict):
    line_no = fields.Integer()
    sku = fields.String()
    name = fields.String()
    names = fields.Nested(NamesOut)
    pack = fields.String()
    unit = fields.String()
    quantity = fields.Integer()
    unit_price = fields.Integer()
    amount = fields.Integer()
    payable = fields.Integer()
    on_shortage = fields.String()
    if_silent = fields.String()
    picture = fields.String(allow_none=True)


class OrderHeadOut(Strict):
    order_no = IdStr()
    store_id = IdStr()
    state = Choice(OrderState)
    delivery_state = Choice(DeliveryState)
    refund_state = Choice(REFUND_STATES)
    total = fields.Integer()
    totals = fields.Nested(TotalsOut)
    paid = fields.Integer()
    refunded = fields.Integer()
    currency = fields.String()
    promised_at = TimeIn()
    expires_at = TimeIn()
    created_at = TimeIn()
    paid_at = TimeIn(allow_none=True)


class CustomerOrderOut(OrderHeadOut):
    track_url = fields.String()
    cashier_url = fields.String()
    payment_failed = fields.Boolean(metadata={"description": "the last payment failed; it may be paid again"})
    delivery_pin = fields.String()
    contact = fields.Nested(ContactIn)
    note = fields.String()
    lines = fields.List(fields.Nested(OrderLineOut))
    actions = fields.List(
        fields.String(),
        metadata={
            "description": "what may be done now: pay, keep, cancel; recall cancels what is with the rider;"
            " complain of what came"
        },
    )


class OrdersQuery(Strict):
    cursor = IdStr(load_default=None)
    limit = QueryInt(min=1, max=PAGE_MAX, load_default=20)


class CustomerOrdersOut(Strict):
    orders = fields.List(fields.Nested(OrderHeadOut))
    cursor = fields.String(allow_none=True)


class CancelIn(Strict):
    reason = Str(max=200, min=0, load_default="")

"""Routes of the archive: what staff may still see of orders that ended long ago."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from fulfil.dispatch.schema import EventOut
from fulfil.kit.web import IdStr, Requires, Strict, StrictInt, TimeIn, access, blueprint, principal, read
from fulfil.retention import archive
from fulfil.trade.payments.schema import DocumentOut

bp = blueprint("archive", "Orders that ended long ago.")


class ArchivedLineOut(Strict):
    """Money in minor units, `payable` is the frozen share; `quantity` pieces or grams."""

    line_no = StrictInt()
    sku = fields.String()
    name_zh = fields.String()
    name_en = fields.String()
    unit = fields.String()
    quantity = StrictInt()
    unit_price = StrictInt()
    amount = StrictInt()
    discount = StrictInt()
    payable = StrictInt()


class ArchivedRefundOut(Strict):
    state = fields.String()
    amount = StrictInt()
    settled = StrictInt()
    currency = fields.String()


class ArchivedOrderOut(Strict):
    """`erased_at` is when it was made nobody's, null before."""

    order_no = IdStr()
    store_id = IdStr()
    state = fields.String()
    created_at = TimeIn()
    ended_at = TimeIn()
    archived_at = TimeIn()
    erased_at = TimeIn(allow_none=True)
    total = StrictInt()
    paid = StrictInt()
    refunded = StrictInt()
    currency = fields.String()
    lines = fields.List(fields.Nested(ArchivedLineOut))
    payments = fields.List(fields.Nested(DocumentOut))
    refunds = fields.List(fields.Nested(ArchivedRefundOut))
    events = fields.List(fields.Nested(EventOut))


@bp.get("/archive/orders/<id:order_no>")
@access(Requires("staff", roles=("supervisor", "operator")))
@bp.response(200, ArchivedOrderOut)
def archived_order(order_no: int) -> dict[str, Any]:
    """An order of the archive: money, lines, payments, refunds and every step."""
    with read() as tx:
        row = archive.order(tx, order_no)
        if not principal().sees(row.store_id):
            raise archive.UnknownArchived()
        return archive.view(tx, row)

"""HTTP of aftersales: customers complain and follow their money; the office decides, sometimes in twos."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, request
from sqlalchemy import Row

from fulfil.kit.web import Requires, access, blueprint, in_store, keyed, principal, read, write, write_once
from fulfil.trade.aftersales import queries, rules, schema, service
from fulfil.trade.aftersales.errors import PhotoTooLarge, UnknownCase, UnknownPhoto, UnknownRefund
from fulfil.trade.orders import queries as order_queries
from fulfil.trade.orders import service as orders
from fulfil.trade.orders.errors import UnknownOrder

bp = blueprint("aftersales", "Complaints, cases and refunds (A1, A2, F7).")
OWNERS = Requires("guest", "customer")
OFFICE = Requires("staff", roles=("operator", "supervisor", "finance"))
DECIDERS = Requires("staff", roles=rules.DECIDERS, person=True)
SPEAKERS = Requires("staff", roles=rules.SPEAKERS, person=True)
AUDITORS = Requires("staff", roles=rules.AUDITORS, person=True)
CASHIERS = Requires("staff", roles=rules.CASHIERS, person=True)
PICKERS = Requires("staff", roles=("picker",), person=True)
LOOKERS = Requires("staff", roles=("picker", "operator", "supervisor"))
PICTURE = {"type": "string", "format": "binary"}
PICTURE_BODY = {
    "required": True,
    "content": {kind: {"schema": PICTURE} for kind in ("image/jpeg", "image/png", "image/webp")},
}


@bp.post("/orders/<id:order_no>/photos")
@keyed
@access(OWNERS)
@bp.doc(requestBody=PICTURE_BODY)
@bp.response(201, schema.PhotoOut)
def add_photo(order_no: int) -> dict[str, Any]:
    """Upload a picture for a complaint: the body is the file, 300 KiB at most.

    409 not_delivered | complaint_too_late | photos_too_many; 413 photo_too_large; 415 not_a_photo.
    """
    who, body = principal(), _picture()

    def effect(tx: Any) -> dict[str, Any]:
        orders.accessible(tx, who, order_no)
        return {"photo_id": str(service.keep_photo(tx, order_no, body))}

    return write_once(effect)


@bp.post("/orders/<id:order_no>/complaint-photos")
@keyed
@access(SPEAKERS)
@bp.doc(requestBody=PICTURE_BODY)
@bp.response(201, schema.PhotoOut)
def add_photo_for(order_no: int) -> dict[str, Any]:
    """Upload a picture that a customer sent to the shop, for a complaint on their behalf.

    404 unknown_order; 409 not_delivered | complaint_too_late | photos_too_many; 413 photo_too_large;
    415 not_a_photo.
    """
    body = _picture()

    def effect(tx: Any) -> dict[str, Any]:
        _of_my_shops(tx, order_no)
        return {"photo_id": str(service.keep_photo(tx, order_no, body))}

    return write_once(effect)


@bp.put("/orders/<id:order_no>/shelf-photos/<key>")
@access(PICKERS)
@bp.doc(requestBody=PICTURE_BODY)
@bp.response(204)
def add_shelf_photo(order_no: int, key: str) -> None:
    """Send a picture of a shelf before the stock-out report that names it: the body is the file.

    409 photos_too_many; 413 photo_too_large; 415 not_a_photo.
    """
    body = _picture()

    def effect(tx: Any) -> None:
        _of_my_shops(tx, order_no)
        service.keep_shelf_photo(tx, order_no, _named(key), body)

    write(effect)


@bp.get("/orders/<id:order_no>/shelf-photos/<key>")
@access(LOOKERS)
@bp.response(200, content_type="image/*", schema=PICTURE)
def shelf_photo(order_no: int, key: str) -> Response:
    """The picture of a shelf, for whoever looks a second time."""
    with read() as tx:
        return _shown(queries.shelf_photo(tx, order_no, _named(key)))


@bp.post("/orders/<id:order_no>/aftersales")
@keyed
@access(OWNERS)
@bp.arguments(schema.ComplaintIn)
@bp.response(201, schema.MyCaseOut)
def complain(body: dict[str, Any], order_no: int) -> dict[str, Any]:
    """Say what is wrong with goods that were delivered, until the order closes.

    404 unknown_photo; 409 not_delivered | complaint_too_late | photos_too_many, more_than_left with what is
    left of each line; 422 line_unknown.
    """
    who = principal()

    def effect(tx: Any) -> dict[str, Any]:
        orders.accessible(tx, who, order_no)
        case_id = service.complain(tx, who, order_no, body["lines"], body["note"], body["photos"])
        mine = queries.customers_view(tx, order_no)
        return next(case for case in mine if case["case_id"] == str(case_id))

    return write_once(effect)


@bp.get("/orders/<id:order_no>/aftersales")
@access(OWNERS)
@bp.response(200, schema.MyCasesOut)
def my_cases(order_no: int) -> dict[str, Any]:
    """The cases of one's own order and what they give back."""
    with read() as tx:
        orders.accessible(tx, principal(), order_no)
        return {"cases": queries.customers_view(tx, order_no)}


@bp.get("/aftersales/cases")
@access(OFFICE)
@bp.arguments(schema.CasesQuery, location="query")
@bp.response(200, schema.CasesOut)
def cases(query: dict[str, Any]) -> dict[str, Any]:
    """A shop's cases, newest first: those that wait for somebody, or all of a state."""
    store_id, limit = in_store(query["store_id"]), query["limit"]
    with read() as tx:
        rows = queries.cases(
            tx, store_id, state=query["state"], kind=query["kind"], before=query["cursor"], limit=limit + 1
        )
        return {
            "cases": [
                {**queries.case_head(row), "actions": queries.case_actions(tx, principal(), row)}
                for row in rows[:limit]
            ],
            "cursor": _cursor(rows, limit),
        }


@bp.get("/aftersales/cases/<id:case_id>")
@access(OFFICE)
@bp.response(200, schema.CaseOut)
def case(case_id: int) -> dict[str, Any]:
    """One case with its lines, its money and its photos."""
    with read() as tx:
        return _case(tx, case_id)


@bp.post("/aftersales/<id:case_id>/decision")
@access(DECIDERS)
@bp.arguments(schema.DecisionIn)
@bp.response(200, schema.CaseOut)
def decide(body: dict[str, Any], case_id: int) -> dict[str, Any]:
    """Grant a complaint, a part of it, or refuse it. The same word again gets the same answer.

    409 case_decided, more_than_left; 422 line_unknown, part_needed.
    """
    who = principal()
    part = {line["line_no"]: line["quantity"] for line in body["lines"]}

    def effect(tx: Any) -> dict[str, Any]:
        service.decide(tx, who, case_id, body["decision"], part, body["note"])
        return _case(tx, case_id)

    return write(effect)


@bp.post("/aftersales/complaints")
@keyed
@access(SPEAKERS)
@bp.arguments(schema.StaffComplaintIn)
@bp.response(201, schema.CaseOut)
def complain_for(body: dict[str, Any]) -> dict[str, Any]:
    """Say for a customer what is wrong with goods that were delivered; who said so is recorded.

    404 unknown_order, unknown_photo; 409 not_delivered | complaint_too_late | complaints_too_many,
    more_than_left; 422 line_unknown.
    """
    who = principal()

    def effect(tx: Any) -> dict[str, Any]:
        _of_my_shops(tx, body["order_no"])
        case_id = service.complain(tx, who, body["order_no"], body["lines"], body["note"], body["photos"])
        return schema.CaseOut().dump(_case(tx, case_id))

    return write_once(effect)


@bp.post("/orders/<id:order_no>/refunds")
@keyed
@access(SPEAKERS)
@bp.arguments(schema.RefundLinesIn)
@bp.response(201, schema.CaseOut)
def refund_lines(body: dict[str, Any], order_no: int) -> dict[str, Any]:
    """Give lines of a delivered order back without a complaint; above the shop's limit somebody else agrees.

    404 unknown_order; 409 not_delivered | complaint_too_late | complaints_too_many, more_than_left;
    422 line_unknown.
    """
    who = principal()

    def effect(tx: Any) -> dict[str, Any]:
        _of_my_shops(tx, order_no)
        case_id = service.refund_lines(tx, who, order_no, body["lines"], body["reason"], body["note"])
        return schema.CaseOut().dump(_case(tx, case_id))

    return write_once(effect)


@bp.post("/aftersales/<id:case_id>/return/cancel")
@access(DECIDERS)
@bp.arguments(schema.CallOffIn)
@bp.response(200, schema.CaseOut)
def call_off(body: dict[str, Any], case_id: int) -> dict[str, Any]:
    """Wait no longer for goods that nobody fetches: `refund` says whether their money goes back without them.

    Without it the case is refused as soon as the floor has said that no rider has the goods. 409
    not_returning, goods_are_back.
    """
    who = principal()

    def effect(tx: Any) -> dict[str, Any]:
        service.call_off(tx, who, case_id, body["reason"], refund=body["refund"])
        return _case(tx, case_id)

    return write(effect)


@bp.get("/aftersales/refunds")
@access(OFFICE)
@bp.arguments(schema.RefundsQuery, location="query")
@bp.response(200, schema.RefundsOut)
def refunds(query: dict[str, Any]) -> dict[str, Any]:
    """A shop's refunds, newest first: those that wait for somebody, or all of a state."""
    store_id, limit = in_store(query["store_id"]), query["limit"]
    with read() as tx:
        rows = queries.refunds(tx, store_id, state=query["state"], before=query["cursor"], limit=limit + 1)
        return {"refunds": [_refund_view(tx, row) for row in rows[:limit]], "cursor": _cursor(rows, limit)}


@bp.post("/aftersales/refunds/<id:refund_id>/audit")
@access(AUDITORS)
@bp.arguments(schema.AuditIn)
@bp.response(200, schema.RefundOut)
def audit(body: dict[str, Any], refund_id: int) -> dict[str, Any]:
    """Agree, as the second person, to a large refund or to other means, or do not.

    409 same_person for who asked; refund_not_waiting.
    """
    who = principal()

    def effect(tx: Any) -> dict[str, Any]:
        service.audit(tx, who, refund_id, body["approve"], body["note"])
        return _refund(tx, refund_id)

    return write(effect)


@bp.post("/aftersales/refunds/<id:refund_id>/other-means")
@access(CASHIERS)
@bp.arguments(schema.OtherMeansIn)
@bp.response(200, schema.RefundOut)
def other_means(body: dict[str, Any], refund_id: int) -> dict[str, Any]:
    """Say how money goes back that the channel would not carry; somebody else has to agree.

    Of money that came back twice it says how that was put right. 409 refund_not_waiting.
    """
    who = principal()

    def effect(tx: Any) -> dict[str, Any]:
        service.other_means(tx, who, refund_id, body["reference"], body["note"])
        return _refund(tx, refund_id)

    return write(effect)


@bp.get("/aftersales/photos/<id:photo_id>")
@access(OFFICE)
@bp.response(200, content_type="image/*", schema=PICTURE)
def photo(photo_id: int) -> Response:
    """A picture that a customer took."""
    with read() as tx:
        return _shown(queries.photo(tx, photo_id))


def _picture() -> bytes:
    """The body of a request, no larger than a picture may be. Raises PhotoTooLarge.

    One byte more is read than there may be: a body that comes in chunks is cut there without a word.
    """
    too_large = PhotoTooLarge(most=rules.PHOTO_BYTES_MAX, pixels_most=rules.PIXELS_MAX)
    if (request.content_length or 0) > rules.PHOTO_BYTES_MAX:
        raise too_large
    request.max_content_length = rules.PHOTO_BYTES_MAX + 1
    body = request.get_data(cache=True)
    if len(body) > rules.PHOTO_BYTES_MAX:
        raise too_large
    return body


def _named(key: str) -> str:
    """The name of a picture of a shelf, a UUID. Raises UnknownPhoto."""
    try:
        return str(UUID(key))
    except ValueError:
        raise UnknownPhoto() from None


def _shown(row: Row | None) -> Response:
    """A picture of one of the caller's shops. Raises UnknownPhoto."""
    if row is None or not principal().sees(row.store_id):
        raise UnknownPhoto()
    return Response(bytes(row.body), mimetype=row.media_type)


def _of_my_shops(tx: Any, order_no: int) -> None:
    """Raises UnknownOrder for an order of a shop that the caller does not see."""
    if not principal().sees(order_queries.order(tx, order_no).store_id):
        raise UnknownOrder()


def _case(tx: Any, case_id: int) -> dict[str, Any]:
    row = queries.case_seen(tx, case_id)
    if row is None or not principal().sees(row.store_id):
        raise UnknownCase()
    return {**queries.case_view(tx, row), "actions": queries.case_actions(tx, principal(), row)}


def _refund(tx: Any, refund_id: int) -> dict[str, Any]:
    row = queries.refund_seen(tx, refund_id)
    if row is None or not principal().sees(row.store_id):
        raise UnknownRefund()
    return _refund_view(tx, row)


def _refund_view(tx: Any, row: Row) -> dict[str, Any]:
    return {**queries.refund_view(tx, row), "actions": queries.refund_actions(principal(), row)}


def _cursor(rows: list[Any], limit: int) -> str | None:
    return str(rows[limit - 1].id) if len(rows) > limit else None

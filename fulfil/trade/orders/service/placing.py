"""Placing an order: one transaction, or one commit a step where the configuration says so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fulfil.kit.base import Kit
from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.kit.idempotency import KeyReused
from fulfil.kit.security import new_token
from fulfil.trade.orders import queries, rules
from fulfil.trade.orders.errors import SubmissionTaken
from fulfil.trade.orders.model import Submission
from fulfil.trade.orders.service.chain import run_in_steps, run_joined
from fulfil.trade.orders.service.draft import Draft, OrderRequest, request_json
from fulfil.trade.orders.states import DELIVERY, ORDER, SubmissionState

PIN_DIGITS = 4


def place(tx: Tx, request: OrderRequest) -> dict[str, Any]:
    """Accept an order in this transaction; the answer of `POST /orders`.

    Raises StoreClosed, OutsideArea, EmptyCart, CartChanged, PriceChanged, PromiseUnavailable,
    InsufficientStock, LineUnknown.
    """
    draft = _draft(tx, request)
    run_joined(tx, draft)
    return _answer(tx.kit, draft)


def _draft(tx: Tx, request: OrderRequest) -> Draft:
    random = tx.kit.random
    return Draft(
        order_no=tx.number(),
        request=request,
        track_token=new_token(random, ""),
        delivery_pin=f"{random.getrandbits(32) % 10**PIN_DIGITS:0{PIN_DIGITS}}",
        expires_at=tx.now + timedelta(minutes=tx.kit.config.payment_minutes),
    )


def _answer(kit: Kit, draft: Draft) -> dict[str, Any]:
    return {
        "order_no": str(draft.order_no),
        "state": ORDER.initial,
        "delivery_state": DELIVERY.initial,
        "total": draft.totals["payable"],
        "totals": draft.totals,
        "currency": draft.currency,
        "promised_at": rfc3339(draft.promised_at),
        "expires_at": rfc3339(draft.expires_at),
        "delivery_pin": draft.delivery_pin,
        **queries.links(draft.order_no, draft.track_token, kit.config.public_url),
    }


def place_in_steps(kit: Kit, request: OrderRequest, key: str) -> dict[str, Any]:
    """As `place`, with a commit after every step. A repeated key gets the same order.

    Also raises SubmissionTaken while another worker is at it, KeyReused for a key of another request.
    """
    order_no = kit.db.write(lambda tx: _begin(tx, request, key or new_token(kit.random, "")), "order-begin")
    with kit.db.read() as tx:
        accepted = queries.submission_of(tx, order_no).state == SubmissionState.ACCEPTED
    if not accepted:
        run_in_steps(kit, order_no)
    with kit.db.read() as tx:
        return _answer(kit, Draft.of_json(queries.submission_of(tx, order_no).draft))


def _begin(tx: Tx, request: OrderRequest, key: str) -> int:
    """The submission of this key, a new one where there is none or the last one was undone."""
    before = queries.submission(tx, request.owner_kind, request.owner_id, key)
    if before is not None and before.state != SubmissionState.UNDONE:
        if before.draft["request"] != request_json(request):
            raise KeyReused()
        if before.state != SubmissionState.ACCEPTED and before.lease_until > tx.now:
            raise SubmissionTaken()
        return before.id
    if before is not None:
        tx.delete(Submission, {"id": before.id})
    draft = _draft(tx, request)
    tx.insert(
        Submission,
        id=draft.order_no,
        store_id=request.store_id,
        owner_kind=request.owner_kind,
        owner_id=request.owner_id,
        request_key=key,
        state=SubmissionState.RUNNING,
        version=1,
        done=0,
        draft=draft.as_json(),
        lease_until=tx.now + rules.SUBMISSION_LEASE,
        created_at=tx.now,
    )
    return draft.order_no

"""Other goods come for what is missing: chosen, reserved, priced and told in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Row, bindparam, update

from fulfil.contracts.trade import ShortageDecided, Substitute
from fulfil.kit.db import Tx
from fulfil.store import queries as stores
from fulfil.trade.aftersales import queries, rules
from fulfil.trade.aftersales.model import SubstituteCount, Substitution
from fulfil.trade.aftersales.rules import Item, Proposal
from fulfil.trade.aftersales.service.refunds import give_back
from fulfil.trade.catalog import queries as catalog
from fulfil.trade.orders import queries as orders
from fulfil.trade.stock import queries as stock
from fulfil.trade.stock import service as stock_service

_C = SubstituteCount.__table__.c
_PAIR = (
    _C.store_id == bindparam("the_store"),
    _C.sku == bindparam("the_sku"),
    _C.substitute == bindparam("other"),
)
_ACCEPTED = update(SubstituteCount.__table__).where(*_PAIR).values(accepted=_C.accepted + 1)
_REFUSED = update(SubstituteCount.__table__).where(*_PAIR).values(refused=_C.refused + 1)


@dataclass(frozen=True)
class Shortage:
    """What a stock-out report leaves to be decided: `short` says of how many units and which share.

    `heavier` grams has the only piece that is there; 0 where there is none.
    """

    report_id: int
    case_id: int
    line_no: int
    sku: str
    short: Item
    reason: str
    heavier: int = 0


@dataclass(frozen=True)
class _ToReserve:
    line_no: int
    sku: str
    quantity: int


def find(tx: Tx, order: Row, shortage: Shortage) -> list[Proposal]:
    """What may come instead now, the best first; for some of it the customer has to pay an extra."""
    rows = catalog.priced(tx, order.store_id, [shortage.sku])
    if shortage.sku not in rows or not shortage.short.quantity:
        return []
    missing = queries.goods(rows[shortage.sku])
    guard = rules.Guard.of(stores.store(tx, order.store_id).policy)
    candidates = queries.candidates(tx, order.store_id, missing)
    short = shortage.short
    found = rules.proposals(missing, short.quantity, short.amount, candidates, guard)
    return rules.offered(found, _heavier(tx, order, shortage) if guard.heavier else None)


def _heavier(tx: Tx, order: Row, shortage: Shortage) -> Proposal | None:
    """The piece that weighs too much, at the price for which its line was ordered."""
    if not shortage.heavier:
        return None
    [line] = [line for line in orders.items(tx, order.id) if line.line_no == shortage.line_no]
    short = shortage.short
    return rules.heavier(line.sku, short.quantity, short.amount, line.unit_price, shortage.heavier)


def put(tx: Tx, order: Row, shortage: Shortage, proposals: Sequence[Proposal]) -> Proposal | None:
    """Take the first of `proposals` that is still there; None, and nothing happened, when none is.

    An extra that it costs has been paid. The goods are reserved, what they cost less goes back, and
    fulfilment hears which further line to pick.
    """
    left = stock.available(tx, order.store_id, {one.sku for one in proposals}, lock=True)
    chosen = next((one for one in proposals if left.get(one.sku, 0) >= one.quantity), None)
    if chosen is None:
        return None
    line_no = rules.sub_line_no(queries.last_sub_line(tx, order.id))
    wanted = [_ToReserve(line_no, chosen.sku, chosen.quantity)]
    stock_service.reserve(tx, order.store_id, order.id, wanted, order.promised_at)
    _write(tx, order, shortage, chosen, line_no)
    back = chosen.price.difference
    items = [rules.difference(shortage.line_no, back)] if back else []
    give_back(tx, order, shortage.case_id, items, shortage.reason)
    tx.publish(
        ShortageDecided(
            order_no=order.id,
            store_id=order.store_id,
            report_id=shortage.report_id,
            line_no=shortage.line_no,
            quantity=shortage.short.quantity,
            outcome=rules.SUBSTITUTE,
            amount=back,
            substitute=Substitute(line_no, chosen.sku, chosen.quantity),
        )
    )
    tx.hint(f"track:{order.id}")
    return chosen


def refund(
    tx: Tx, order: Row, shortage: Shortage, quantity: int, *, outcome: str = rules.NO_WISH, more: bool = False
) -> None:
    """The share of what is missing goes back, `more` with it; `quantity` is what was reported."""
    items = [shortage.short] if shortage.short.quantity else []
    give_back(tx, order, shortage.case_id, items, shortage.reason, more=more)
    tx.publish(
        ShortageDecided(
            order_no=order.id,
            store_id=order.store_id,
            report_id=shortage.report_id,
            line_no=shortage.line_no,
            quantity=quantity,
            outcome=outcome,
            amount=shortage.short.amount,
        )
    )
    tx.hint(f"track:{order.id}")


def count(
    tx: Tx, store_id: int, sku: str, *, accepted: Iterable[str] = (), refused: Iterable[str] = ()
) -> None:
    """Remember what a customer took instead of a sku, and what they did not want."""
    taken = set(accepted)
    for other in sorted(taken | set(refused)):
        pair = {"the_store": store_id, "the_sku": sku, "other": other}
        tx.insert_new(SubstituteCount, store_id=store_id, sku=sku, substitute=other, accepted=0, refused=0)
        tx.change(_ACCEPTED if other in taken else _REFUSED, pair)


def _write(tx: Tx, order: Row, shortage: Shortage, chosen: Proposal, line_no: int) -> None:
    product = catalog.priced(tx, order.store_id, [chosen.sku])[chosen.sku]
    tx.insert(
        Substitution,
        order_no=order.id,
        sub_line_no=line_no,
        case_id=shortage.case_id,
        store_id=order.store_id,
        line_no=shortage.line_no,
        sku=chosen.sku,
        name_zh=product.name_zh,
        name_en=product.name_en,
        pack=product.pack,
        unit=product.unit,
        picture=product.picture,
        unit_price=chosen.unit_price,
        quantity=shortage.short.quantity,
        sub_quantity=chosen.quantity,
        share=shortage.short.amount,
        value=chosen.price.value,
        charge=chosen.price.charge,
        extra=chosen.price.extra,
        shop_cost=chosen.price.shop_cost,
        at=tx.now,
    )

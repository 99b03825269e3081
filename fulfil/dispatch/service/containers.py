"""Totes, bags and cold clocks: where an order's goods are, and how warm they got (floor rules 3, 14)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from sqlalchemy import Insert, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Row

from fulfil.contracts.fulfilment import ToteSeen
from fulfil.contracts.stage import TicketView
from fulfil.dispatch import queries, rules
from fulfil.dispatch.errors import LineUnknown, ShortTooMuch, ToteBusy, UnknownBag, UnknownTote
from fulfil.dispatch.model import Bag, BagLine, ColdClock, FulfilmentLineRow, Tote
from fulfil.dispatch.states import BAG
from fulfil.kit import moves
from fulfil.kit.db import Tx
from fulfil.store import queries as stores

# Built once: every bag and every tote of an order asks them.
_AT = Tote.__table__.c
_OF_TICKET = (_AT.fulfilment_id == bindparam("fulfilment"), _AT.ticket_id == bindparam("ticket"))
_TOTES_OF_TICKET = select(_AT.code).where(*_OF_TICKET).order_by(_AT.code)
_STAGE = update(Tote.__table__).where(*_OF_TICKET).values(place=bindparam("at_place"))
_BAG = select(*Bag.__table__.columns).where(Bag.id == bindparam("bag"))
_BAG_LOCKED = _BAG.with_for_update()
_LAST_BAG = select(func.max(Bag.n)).where(Bag.fulfilment_id == bindparam("fulfilment"))
_IN_BAG = BagLine.__table__.c
_TAKE_OUT = (
    update(BagLine.__table__)
    .where(
        _IN_BAG.bag_id == bindparam("bag"),
        _IN_BAG.line_no == bindparam("line"),
        _IN_BAG.quantity >= bindparam("taken"),
    )
    .values(quantity=_IN_BAG.quantity - bindparam("taken"))
)
_LINE_OF_BAG = (
    select(FulfilmentLineRow.store_id, FulfilmentLineRow.fulfilment_id, FulfilmentLineRow.sku)
    .join(Bag, Bag.fulfilment_id == FulfilmentLineRow.fulfilment_id)
    .where(Bag.id == bindparam("bag"), FulfilmentLineRow.line_no == bindparam("line"))
)
_COLD = select(ColdClock.seconds, ColdClock.out_since).where(
    ColdClock.fulfilment_id == bindparam("fulfilment"), ColdClock.zone == bindparam("zone")
)


@cache
def _put_in(dialect: str) -> Insert:
    """More of a line in a bag that may have some of it."""
    statement = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(BagLine.__table__)
    return statement.on_conflict_do_update(
        index_elements=["bag_id", "line_no"],
        set_={"quantity": _IN_BAG.quantity + statement.excluded.quantity},
    )


def add_totes(tx: Tx, store_id: int, codes: Iterable[str]) -> None:
    """Make totes known to the shop; those it has stay as they are."""
    for code in sorted({rules.tote_code(code) for code in codes}):
        tx.insert_new(Tote, store_id=store_id, code=code, state="free", quarantine=False)


def tote(tx: Tx, store_id: int, code: str) -> Row:
    """The tote with this code, with or without its prefix. Raises UnknownTote."""
    row = queries.tote_row(tx, store_id, rules.tote_code(code))
    if row is None:
        raise UnknownTote(tote=code)
    return row


def bind_tote(tx: Tx, ticket: TicketView, code: str) -> str:
    """Bind a free tote to the ticket's order and zone; binding it again changes nothing.

    A code that the shop has not seen yet is a new tote: shops buy totes on any day. Returns the code as on
    the label. Raises ToteBusy when it holds other goods.
    """
    code = rules.tote_code(code)
    row = queries.tote_row(tx, ticket.store_id, code, lock=True)
    if row is None:
        add_totes(tx, ticket.store_id, [code])
        row = queries.tote_row(tx, ticket.store_id, code, lock=True)
    if row.state == "bound":
        if row.fulfilment_id != ticket.fulfilment_id or row.zone != ticket.zone:
            raise ToteBusy(code, row.order_no)
        return code
    tx.update(
        Tote,
        {"store_id": ticket.store_id, "code": code},
        state="bound",
        fulfilment_id=ticket.fulfilment_id,
        order_no=ticket.order_no,
        ticket_id=ticket.id,
        zone=ticket.zone,
        place=None,
        quarantine=False,
        bound_at=tx.now,
    )
    _note(tx, ticket, "tote_bound", {"tote": code})
    return code


def stage_totes(tx: Tx, ticket: TicketView, place: str) -> list[str]:
    """Say that this ticket's totes stand at `place` now. Returns their codes."""
    mine = {"fulfilment": ticket.fulfilment_id, "ticket": ticket.id}
    codes = tx.scalars(_TOTES_OF_TICKET, mine)
    tx.change(_STAGE, {**mine, "at_place": place})
    _note(tx, ticket, "totes_staged", {"totes": codes, "place": place})
    return codes


def empty_tote(tx: Tx, store_id: int, code: str) -> None:
    """The tote is empty and may be bound again. Raises UnknownTote."""
    known = tx.update(
        Tote,
        {"store_id": store_id, "code": rules.tote_code(code)},
        state="emptied",
        fulfilment_id=None,
        order_no=None,
        ticket_id=None,
        zone=None,
        place=None,
        quarantine=False,
        bound_at=None,
    )
    if not known:
        raise UnknownTote(tote=code)
    tx.publish(ToteSeen(store_id=store_id, code=rules.tote_code(code), emptied=True))


def throw_away_tote(tx: Tx, store_id: int, code: str) -> None:
    """What held goods was used once, and is gone."""
    tx.delete(Tote, {"store_id": store_id, "code": code})


def set_aside_tote(tx: Tx, store_id: int, code: str) -> None:
    """A tote that can't be found: it stops counting for its ticket (floor rule 1). Raises UnknownTote.

    It stays bound and in quarantine until it turns up and what is in it is put back.
    """
    row = tote(tx, store_id, code)
    tx.update(Tote, {"store_id": store_id, "code": row.code}, ticket_id=None, place=None, quarantine=True)
    if row.fulfilment_id is not None:
        moves.record(
            tx,
            store_id=store_id,
            order_no=row.order_no,
            entity="fulfilments",
            entity_id=row.fulfilment_id,
            event="tote_set_aside",
            detail={"tote": row.code},
        )


def quarantine_totes(tx: Tx, fulfilment_id: int) -> None:
    """The goods in this order's totes are unsellable until they are put back (floor rule 8)."""
    tx.update(Tote, {"fulfilment_id": fulfilment_id}, quarantine=True)


def new_bag(tx: Tx, fulfilment_id: int, temperature: str, *, actor: str = "system") -> Row:
    """Open the order's next bag and return its row."""
    fulfilment = queries.fulfilment_row(tx, fulfilment_id, lock=True)
    n = (tx.scalar(_LAST_BAG, {"fulfilment": fulfilment_id}) or 0) + 1
    bag_id, code = tx.number(), rules.bag_code(fulfilment.order_no, n)
    tx.insert(
        Bag,
        id=bag_id,
        store_id=fulfilment.store_id,
        code=code,
        fulfilment_id=fulfilment_id,
        order_no=fulfilment.order_no,
        n=n,
        temperature=temperature,
        state=BAG.initial,
        version=1,
        place=None,
        opened_at=tx.now,
    )
    moves.begin(
        tx,
        Bag,
        BAG,
        bag_id,
        store_id=fulfilment.store_id,
        order_no=fulfilment.order_no,
        actor=actor,
        detail={"code": code, "temperature": temperature},
    )
    return tx.one(_BAG, {"bag": bag_id})


def bag(tx: Tx, store_id: int, code: str) -> Row:
    """The bag with this code. Raises UnknownBag."""
    row = queries.bag_row(tx, store_id, code)
    if row is None:
        raise UnknownBag(bag=code)
    return row


def move_bag(
    tx: Tx, bag_id: int, event: str, *, place: str | None = None, actor: str = "system", reason: str = ""
) -> str:
    """Move a bag by an event of the bag machine, to `place` if given. Returns its new state."""
    row = tx.one(_BAG_LOCKED, {"bag": bag_id})
    if row is None:
        raise UnknownBag()
    changes = {} if place is None else {"place": place}
    return moves.move(
        tx, Bag, BAG, row, event, actor=actor, reason=reason, detail={"code": row.code, **changes}, **changes
    )


def pack_into(tx: Tx, bag_id: int, line_no: int, quantity: int) -> None:
    """Put so much of a line into a bag; a negative quantity takes it out.

    Raises LineUnknown when the order has no such line, ShortTooMuch when more is taken out than is inside.
    """
    where = {"bag": bag_id, "line": line_no}
    if quantity < 0:
        if not tx.change(_TAKE_OUT, {**where, "taken": -quantity}):
            raise ShortTooMuch("The bag does not hold so much of this line.")
        return
    line = tx.one(_LINE_OF_BAG, where)
    if line is None:
        raise LineUnknown(line_no=line_no)
    tx.change(
        _put_in(tx.dialect),
        {
            "bag_id": bag_id,
            "line_no": line_no,
            "store_id": line.store_id,
            "sku": line.sku,
            "fulfilment_id": line.fulfilment_id,
            "quantity": quantity,
        },
    )


def cold_out(tx: Tx, fulfilment_id: int, zone: str) -> None:
    """The order's goods of this zone leave the cold; the clock runs. Safe to repeat; ambient has no clock."""
    if zone == "ambient":
        return
    row = _cold(tx, fulfilment_id, zone)
    if row is None:
        store_id = queries.fulfilment_row(tx, fulfilment_id).store_id
        tx.insert(
            ColdClock, fulfilment_id=fulfilment_id, zone=zone, store_id=store_id, seconds=0, out_since=tx.now
        )
    elif row.out_since is None:
        tx.update(ColdClock, {"fulfilment_id": fulfilment_id, "zone": zone}, out_since=tx.now)


def cold_in(tx: Tx, fulfilment_id: int, zone: str) -> None:
    """The goods are in the cold again; what they were out is added up. Safe to repeat."""
    row = _cold(tx, fulfilment_id, zone)
    if row is not None and row.out_since is not None:
        tx.update(
            ColdClock,
            {"fulfilment_id": fulfilment_id, "zone": zone},
            out_since=None,
            seconds=rules.out_of_cold(row.seconds, row.out_since, tx.now),
        )


def cold_seconds(tx: Tx, fulfilment_id: int, zone: str) -> int:
    """Seconds out of the cold so far, the running stretch included; 0 for ambient."""
    row = _cold(tx, fulfilment_id, zone)
    return 0 if row is None else rules.out_of_cold(row.seconds, row.out_since, tx.now)


def cold_limit(tx: Tx, store_id: int, zone: str) -> int | None:
    """Seconds that goods of this zone may be out of the cold (floor rule 3); None for ambient."""
    return rules.Policy.of(stores.store(tx, store_id).policy).cold_limit_seconds.get(zone)


def _cold(tx: Tx, fulfilment_id: int, zone: str) -> Row | None:
    return tx.one(_COLD, {"fulfilment": fulfilment_id, "zone": zone})


def _note(tx: Tx, ticket: TicketView, event: str, detail: dict) -> None:
    moves.record(
        tx,
        store_id=ticket.store_id,
        order_no=ticket.order_no,
        entity="tickets",
        entity_id=ticket.id,
        event=event,
        detail=detail,
        actor=f"staff:{ticket.assignee_id}" if ticket.assignee_id else "system",
    )

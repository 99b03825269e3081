"""What must always hold in dispatch's tables."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import and_, exists, func, or_, select

from fulfil.dispatch.model import Bag, Fulfilment, FulfilmentLineRow, Offer, StockoutReport, Ticket, Tour
from fulfil.dispatch.rules import FLOW, OUTLIVING
from fulfil.dispatch.states import HELD_TICKET, LIVE_TICKET
from fulfil.kit.checks import Check, Violation, broken, off_history
from fulfil.kit.db import Tx
from fulfil.kit.moves import History
from fulfil.kit.statements import one_of
from fulfil.staff.model import StaffSession


def violations(tx: Tx) -> list[Violation]:
    """Invariants 6, 8, 9, 10, 11, 12 and 13, as far as dispatch's tables show them."""
    return broken(tx, _checks())


@cache
def _checks() -> list[Check]:
    live, line = one_of(Ticket.state, *LIVE_TICKET), FulfilmentLineRow
    accounted = line.picked + line.short + line.substituted
    incomplete = or_(and_(line.unit != "g", accounted != line.quantity), accounted == 0)
    ended = one_of(Fulfilment.state, "delivered", "cancelled", "void")
    of_order = Ticket.fulfilment_id == Fulfilment.id
    live_work = exists().where(of_order, live, Ticket.kind.not_in(OUTLIVING))
    in_shop = select(Fulfilment.id).where(one_of(Fulfilment.state, "open", "working", "ready", "handed_over"))
    joined = select(Fulfilment.id, line.line_no).join(line, line.fulfilment_id == Fulfilment.id)
    # Without the condition on `seq` the index of a row's history would not be used.
    moved = and_(History.entity == "tickets", History.seq.is_not(None))
    accepted = and_(moved, one_of(History.event, "accept", "assign"))
    report_sums = (
        select(
            StockoutReport.fulfilment_id,
            StockoutReport.line_no,
            func.sum(StockoutReport.quantity).label("quantity"),
        )
        .group_by(StockoutReport.fulfilment_id, StockoutReport.line_no)
        .subquery()
    )
    reported = and_(report_sums.c.fulfilment_id == line.fulfilment_id, report_sums.c.line_no == line.line_no)
    found = [
        Check(
            6,
            "fulfilments",
            "is not ended and has no live ticket",
            in_shop.where(
                ~live_work,
                ~exists().where(
                    StockoutReport.fulfilment_id == Fulfilment.id,
                    StockoutReport.outcome.is_(None),
                    StockoutReport.decide_by.is_not(None),
                ),
            ),
        ),
        Check(
            8, "fulfilments", "is ended and has a live ticket", select(Fulfilment.id).where(ended, live_work)
        ),
        Check(
            9,
            "tickets",
            "its epoch is not one more than how often it was taken away",
            select(Ticket.id).where(
                Ticket.epoch
                != 1
                + select(func.count())
                .where(moved, History.entity_id == Ticket.id, one_of(History.event, "take_over", "give_back"))
                .correlate(Ticket)
                .scalar_subquery()
            ),
        ),
        Check(
            10,
            "tickets",
            "was accepted by somebody who was not signed in then",
            select(Ticket.id)
            .join(History, and_(accepted, History.entity_id == Ticket.id))
            .where(
                Ticket.assignee_id.is_not(None),
                Ticket.accepted_at == History.at,
                ~exists().where(
                    StaffSession.person_id == Ticket.assignee_id,
                    StaffSession.store_id == Ticket.store_id,
                    StaffSession.started_at <= History.at,
                    or_(StaffSession.ended_at.is_(None), StaffSession.ended_at >= History.at),
                ),
            ),
        ),
        Check(
            6,
            "fulfilments",
            "is ready, and nobody can ride with it",
            select(Fulfilment.id).where(
                one_of(Fulfilment.state, "ready"),
                ~exists().where(of_order, live, one_of(Ticket.stage, "delivery")),
            ),
        ),
        Check(
            12,
            "fulfilments",
            "is ready, and a line is neither picked nor short nor substituted",
            joined.where(one_of(Fulfilment.state, "ready", "handed_over", "delivered"), incomplete),
        ),
        Check(
            12,
            "fulfilments",
            "is past picking, and picking or packing is not done",
            select(Fulfilment.id).where(
                one_of(Fulfilment.state, "ready", "handed_over", "delivered"),
                exists().where(
                    of_order,
                    live,
                    one_of(Ticket.stage, *FLOW["packing"], "packing"),
                    Ticket.kind.not_in(OUTLIVING),
                ),
            ),
        ),
        Check(
            13,
            "fulfilment_lines",
            "what is short or replaced is not what was reported",
            select(line.order_no, line.line_no)
            .outerjoin(report_sums, reported)
            .where(line.short + line.substituted != func.coalesce(report_sums.c.quantity, 0)),
        ),
    ]
    for model in (Fulfilment, Ticket, Tour, Offer, Bag):
        found += [off_history(model), _jumps(model)]
    return [*found, *_tours()]


def _tours() -> list[Check]:
    live, inside = one_of(Ticket.state, *LIVE_TICKET), Ticket.tour_id == Tour.id
    goes_on, left = one_of(Tour.state, "offered", "walking"), exists().where(inside, live)
    return [
        Check(
            9,
            "tours",
            "a ticket of it is somebody else's",
            select(Tour.id)
            .join(Ticket, inside)
            .where(one_of(Ticket.state, *HELD_TICKET), Ticket.assignee_id.is_distinct_from(Tour.person_id)),
        ),
        Check(9, "tours", "it is over and has a live ticket", select(Tour.id).where(~goes_on, left)),
        Check(9, "tours", "it goes on and has no live ticket", select(Tour.id).where(goes_on, ~left)),
        Check(
            9,
            "tours",
            "who walks it walks another one, too",
            select(func.max(Tour.id))
            .where(one_of(Tour.state, "walking"))
            .group_by(Tour.person_id)
            .having(func.count() > 1),
        ),
        Check(
            9,
            "tickets",
            "it is live in a tour that is not there",
            select(Ticket.id).where(live, Ticket.tour_id.is_not(None), ~exists().where(inside)),
        ),
    ]


def _jumps(model: Any) -> Check:
    """Histories with gaps or jumps."""
    name = model.__tablename__
    mine = and_(History.entity == name, History.seq.is_not(None))
    before = select(History.entity_id, History.seq, History.to_state).where(mine).subquery()
    return Check(
        11,
        name,
        "its history is not one path",
        select(History.entity_id)
        .outerjoin(before, and_(before.c.entity_id == History.entity_id, before.c.seq == History.seq - 1))
        .where(mine, History.seq > 1, before.c.to_state.is_distinct_from(History.from_state)),
    )

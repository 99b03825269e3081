"""What a person may do to cases and refunds as they are now, and when that takes two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import Row

from fulfil.kit.db import Tx
from fulfil.kit.security import Principal
from fulfil.store import queries as stores
from fulfil.trade.aftersales import rules
from fulfil.trade.aftersales.queries.complaints import case_lines, given_for_complaints, promised
from fulfil.trade.aftersales.queries.documents import given, lines_of
from fulfil.trade.aftersales.states import CaseState


def case_actions(tx: Tx, who: Principal, case: Row) -> list[str]:
    """What `who` may do to a case now: approve, approve_part, refuse, pay_unseen, refuse_return."""
    returning = case.state == CaseState.RETURNING
    return rules.case_actions(
        case.state,
        case.kind,
        _roles(who),
        at_counter=returning and at_counter(tx, case.id),
        needs_second=returning and needs_second(tx, case),
    )


def refund_actions(who: Principal, refund: Row) -> list[str]:
    """What `who` may do to a refund now: agree, disagree, propose (other means), resolve."""
    return rules.refund_actions(refund.state, _roles(who), own=refund.asked_by == who.name)


def order_actions(who: Principal, order: Row) -> list[str]:
    """What `who` may do for an order's customer now: complain, refund_lines."""
    return rules.order_actions(order.state, _roles(who))


def at_counter(tx: Tx, case_id: int) -> bool:
    """Whether goods of a case are back in the shop."""
    return any(line.returned for line in case_lines(tx, case_id))


def needs_second(tx: Tx, case: Row) -> bool:
    """Whether the money of goods that come back takes two people, of whom none has agreed yet."""
    approved = {line.line_no: line.approved for line in case_lines(tx, case.id)}
    return case.refund_id is None and above_limit(tx, case, approved, but=case.id)


def above_limit(tx: Tx, case: Row, granted: Mapping[int, int], *, but: int = 0) -> bool:
    """Whether two people have to agree to what is granted now, by line; `but` is the case it is granted in.

    The limit is the order's: what its complaints gave back, and will give back for goods that are on their
    way, counts into however many they were cut.
    """
    together = Counter(promised(tx, case.order_no, but=but)) + Counter(granted)
    amount = worth(tx, case.order_no, together) + given_for_complaints(tx, case.order_no)
    return rules.needs_two(amount, stores.store(tx, case.store_id).policy)


def worth(tx: Tx, order_no: int, granted: Mapping[int, int]) -> int:
    """The shares of so much of each line, minor units."""
    known = {line.line_no: line for line in lines_of(tx, order_no)}
    before = given(tx, order_no)
    return sum(rules.shortage(known[no], quantity, before).amount for no, quantity in granted.items())


def _roles(who: Principal) -> frozenset[str]:
    """What somebody who signed in may do; a program decides about no money."""
    return frozenset() if who.session_id is None else who.roles

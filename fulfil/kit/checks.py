"""What a folder's `queries.violations(tx)` returns: broken invariants, by the numbers of docs/trust.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from fulfil.kit.moves import History
from fulfil.kit.statements import key_of, one_of
from fulfil.kit.states import Machine

if TYPE_CHECKING:
    from fulfil.kit.tx import Tx


@dataclass(frozen=True)
class Violation:
    """Invariant number, the kind of row, its id, and one clear sentence."""

    invariant: int
    entity: str
    id: str
    message: str


@dataclass(frozen=True)
class Check:
    """An invariant and the rows that break it, by their first column; `{column}` in the message is theirs.

    To build all checks takes four times as long as to run them: so they are made once.
    """

    invariant: int
    entity: str
    message: str
    broken: sa.Select


def broken(tx: Tx, checks: Iterable[Check], params: Mapping[str, Any] | None = None) -> list[Violation]:
    """What breaks these, in their order."""
    return [
        Violation(check.invariant, check.entity, str(row[0]), check.message.format_map(row._mapping))
        for check in checks
        for row in tx.all(check.broken, params)
    ]


def off_history(model: Any) -> Check:
    """11: a row's state is the one that the last step of its history leads to."""
    key, last = model.__table__.c[key_of(model)], History
    step = sa.and_(
        one_of(last.entity, model.__tablename__),
        last.entity_id == key,
        last.seq == model.version,
        last.seq.is_not(None),  # or the index of a row's history would not be used
    )
    stale = sa.select(key).outerjoin(last, step).where(last.to_state.is_distinct_from(model.state))
    return Check(11, model.__tablename__, "its state differs from the last history row", stale)


def unknown_state(model: Any, machine: Machine) -> Check:
    """11: a row's state is one of its machine."""
    unknown = ~one_of(model.state, *sorted(machine.states))
    rows = sa.select(model.__table__.c[key_of(model)]).where(unknown)
    return Check(11, model.__tablename__, "its state is unknown to the machine", rows)

"""What everybody on duty was given: minutes, lines, weight; offers that they missed; where they are (F4).

Work counts from when it is offered, so that the least loaded of a crew are those whose hands are free: the
plan reads them first, from an index, and the size of the crew does not matter (decision 0015).
"""

from __future__ import annotations

from sqlalchemy import bindparam, case, update
from sqlalchemy.engine import Row

from fulfil.dispatch import queries, rules
from fulfil.dispatch.model import WorkerLoad
from fulfil.kit.db import Tx
from fulfil.staff import queries as staff

_LOAD = WorkerLoad.__table__.c


def begin(tx: Tx, person_id: int, store_id: int) -> None:
    """Somebody comes on duty, or back from a break, which forgives the offers that they missed.

    Nobody knows where they come from.
    """
    if tx.change(_FORGIVEN, {"person": person_id}):
        return
    crew = [row for row in queries.loads_on_duty(tx, store_id) if row.person_id != person_id]
    roles = staff.person(tx, person_id).roles
    least = {
        what: rules.first_load(roles, [(row.roles, getattr(row, what)) for row in crew])
        for what in ("seconds", "lines", "grams")
    }
    tx.insert_new(WorkerLoad, person_id=person_id, store_id=store_id, missed=0, **least)


def end(tx: Tx, person_id: int) -> None:
    """Somebody goes off duty: what they were given no longer counts."""
    tx.delete(WorkerLoad, {"person_id": person_id})


def give(tx: Tx, person_id: int, ticket: Row) -> None:
    """Count a ticket that somebody is offered or given; of who is off duty nothing counts."""
    tx.change(_GIVE, {"person": person_id, **_amounts(ticket)})


def take_back(tx: Tx, person_id: int, ticket: Row) -> None:
    """The ticket went to somebody else, or to nobody."""
    tx.change(_TAKE_BACK, {"person": person_id, **_amounts(ticket)})


def walked(tx: Tx, person_id: int, ticket: Row) -> None:
    """Somebody has done a ticket: they are where its walk ends, if that is known."""
    if ticket.begins_x is not None:
        tx.post(_WALKED, [{"person": person_id, "to_x": ticket.begins_x, "to_y": ticket.begins_y}])


def missed(tx: Tx, person_id: int) -> None:
    """Somebody let an offer run out."""
    tx.change(_MISSED, {"person": person_id})


def acted(tx: Tx, person_id: int) -> bool:
    """Somebody did something, which forgives the offers that they missed; whether there were any."""
    return bool(tx.change(_ACTED, {"person": person_id}))


_OF_PERSON = update(WorkerLoad.__table__).where(_LOAD.person_id == bindparam("person"))
_FORGIVEN = _OF_PERSON.values(missed=0, x=None, y=None)
_WALKED = _OF_PERSON.where(
    _LOAD.x.is_distinct_from(bindparam("to_x")) | _LOAD.y.is_distinct_from(bindparam("to_y"))
).values(x=bindparam("to_x"), y=bindparam("to_y"))
_ACTED = _OF_PERSON.where(_LOAD.missed > 0).values(missed=0)
_MISSED = _OF_PERSON.values(missed=_LOAD.missed + 1)
_COUNTED = {
    column: bindparam(f"{column.name}_of_it", type_=column.type)
    for column in (_LOAD.seconds, _LOAD.lines, _LOAD.grams)
}
_GIVE = _OF_PERSON.values({column: column + more for column, more in _COUNTED.items()})
_TAKE_BACK = _OF_PERSON.values(
    {column: case((column > less, column - less), else_=0) for column, less in _COUNTED.items()}
)


def _amounts(ticket: Row) -> dict[str, int]:
    return {
        "seconds_of_it": ticket.estimate_seconds,
        "lines_of_it": ticket.lines,
        "grams_of_it": ticket.grams,
    }

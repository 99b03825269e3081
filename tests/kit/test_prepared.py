"""Prepared statements answer as SQLAlchemy's own execution does."""

from __future__ import annotations

import gc
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from fulfil.kit.moves import History
from fulfil.kit.prepared import Preparing
from fulfil.kit.statements import among
from fulfil.kit.task_rows import Task
from tests.kit import parcels
from tests.kit.parcels import Parcel

AT = datetime(2026, 3, 2, 10, 0, 0, 123456, tzinfo=UTC)
FACT = {
    "entity": "parcels",
    "entity_id": 7,
    "seq": None,
    "event": "seen",
    "from_state": None,
    "to_state": None,
    "store_id": 1,
    "order_no": None,
    "actor": "system",
    "reason": "字 ' \" \n",
    "detail": {"a": [1, None, "字"]},
    "at": AT,
}
_COLUMNS = History.__table__.columns
FACTS = sa.select(*_COLUMNS).where(History.entity_id == sa.bindparam("id")).order_by(History.id)


def thrice(ask):
    """Asked three times: the usual way, then twice prepared."""
    return [ask() for _ in range(3)]


def test_rows_are_the_same(kit):
    kit.db.write(lambda tx: [tx.insert(History, **FACT) for _ in range(3)], "facts")
    with kit.db.read() as tx:
        first, second, third = thrice(lambda: tx.all(FACTS, {"id": 7}))
    assert first == second == third and len(first) == 3
    assert third[0]._asdict() == FACT | {"id": third[0].id}
    assert third[0].detail == {"a": [1, None, "字"]} and third[0].at == AT
    assert [row.id for row in third] == [row._mapping["id"] for row in first]


def test_no_row_is_none(kit):
    with kit.db.read() as tx:
        assert thrice(lambda: tx.one(FACTS, {"id": 8})) == [None] * 3
        assert thrice(lambda: tx.scalar(FACTS, {"id": 8})) == [None] * 3
        assert thrice(lambda: tx.scalars(FACTS, {"id": 8})) == [[]] * 3


def test_changes_are_counted_and_defaults_filled(kit):
    def work(tx):
        for number in (1, 2, 3):
            tx.insert(Parcel, id=number)
        closed = [tx.update(Parcel, {"id": number}, state="closed") for number in (1, 2, 3, 4)]
        gone = [tx.delete(Parcel, {"id": number}) for number in (3, 3, 4)]
        return closed, gone, tx.all(sa.select(Parcel.id, Parcel.state, Parcel.version, Parcel.note))

    closed, gone, rows = kit.db.write(work, "parcels")
    assert (closed, gone) == ([1, 1, 1, 0], [1, 0, 0])
    assert [tuple(row) for row in rows] == [(1, "closed", 1, ""), (2, "closed", 1, "")]


def test_many_rows_at_once(kit):
    def work(tx):
        for start in (10, 20, 30):
            tx.insert_many(Parcel, [{"id": start + i, "note": str(i)} for i in range(3)])
        tx.insert_many(Parcel, [])
        return tx.scalars(sa.select(Parcel.id).order_by(Parcel.id))

    assert kit.db.write(work, "parcels") == [10, 11, 12, 20, 21, 22, 30, 31, 32]


def test_an_insert_is_prepared_for_the_columns_it_is_given(kit):
    def work(tx):
        for number in (1, 2):
            tx.insert(Parcel, id=number, note="a")
        for number in (3, 4):
            tx.insert(Parcel, id=number, state="closed")
        return [tuple(row) for row in tx.all(sa.select(Parcel.state, Parcel.note).order_by(Parcel.id))]

    assert kit.db.write(work, "parcels") == [("open", "a"), ("open", "a"), ("closed", ""), ("closed", "")]


def test_values_of_any_number_go_the_usual_way(kit):
    asked = sa.select(Parcel.id).where(Parcel.id.in_(sa.bindparam("ids", expanding=True))).order_by(Parcel.id)
    for number in (1, 2, 3):
        parcels.add(kit, number)
    with kit.db.read() as tx:
        for ids in ([1], [1, 3], [], [2, 3]):
            assert tx.scalars(asked, {"ids": ids}) == ids


def test_a_list_of_values_is_one_parameter(kit):
    asked = sa.select(Parcel.id).where(among(Parcel.id, "ids")).order_by(Parcel.id)
    named = sa.select(Parcel.id).where(among(Parcel.note, "notes"))
    for number, note in ((1, "a"), (2, "字'\""), (3, "c")):
        kit.db.write(lambda tx, n=number, text=note: tx.insert(Parcel, id=n, note=text), "parcel")
    with kit.db.read() as tx:
        for ids in ([1], [1, 3], [], [2, 3]):
            assert tx.scalars(asked, {"ids": ids}) == ids
        assert thrice(lambda: tx.scalars(named, {"notes": ["字'\"", "z"]})) == [[2]] * 3


def test_errors_are_sqlalchemys(kit):
    """A constraint, a value that is missing: the same classes at the first call and later."""
    parcels.add(kit, 1)
    for _ in range(3):
        with pytest.raises(sa.exc.IntegrityError):
            kit.db.write(lambda tx: tx.insert(Parcel, id=1), "parcels")
    needs = sa.select(Parcel.id).where(Parcel.id == sa.bindparam("needed"))
    with kit.db.read() as tx:
        for _ in range(3):
            with pytest.raises(sa.exc.StatementError):
                tx.one(needs, {})


def test_what_is_used_once_is_not_kept():
    preparing = Preparing(sa.create_engine("sqlite://").dialect)
    asked = sa.select(Task.id).where(Task.id == sa.bindparam("id"))
    assert preparing.get(asked, {"id": 1}) is None
    assert preparing.get(asked, {"id": 1}) is preparing.get(asked, {"id": 2}) is not None
    assert preparing.get(sa.text("select 1"), None) is preparing.get(sa.text("select 1"), None) is None


def test_a_statement_that_nobody_keeps_is_forgotten():
    preparing = Preparing(sqlite.dialect())
    statement = sa.select(Parcel.id)
    assert preparing.get(statement, None) is None
    assert preparing.get(statement, None) is preparing.get(statement, None) is not None
    del statement
    gc.collect()
    assert not preparing._known and not preparing._seen

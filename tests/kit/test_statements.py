"""Statements that are built once say the same as those that are built at every call."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from fulfil.kit import statements
from fulfil.kit.gateway import Switch
from fulfil.kit.idempotency import IdempotencyKey
from tests.kit import parcels
from tests.kit.parcels import Parcel


def test_an_update_changes_only_the_rows_that_match(kit):
    parcels.add(kit, 1, 2)
    changed = kit.db.write(lambda tx: tx.update(Parcel, {"id": 1, "state": "open"}, note="a"), "t")
    assert changed == 1
    assert parcels.notes(kit) == {1: "a", 2: ""}


def test_a_column_may_be_looked_for_and_changed(kit):
    parcels.add(kit, 1)
    assert kit.db.write(lambda tx: tx.update(Parcel, {"id": 1, "note": ""}, note="b"), "t") == 1
    assert kit.db.write(lambda tx: tx.update(Parcel, {"id": 1, "note": ""}, note="c"), "t") == 0
    assert parcels.notes(kit) == {1: "b"}


def test_none_means_is_null_also_after_another_value(kit):
    def effect(tx) -> tuple[int, int, int]:
        tx.insert(IdempotencyKey, principal="p", key="k", request_hash="h", at=tx.now, answer=None)
        full = tx.update(IdempotencyKey, {"key": "k", "request_hash": "x"}, request_hash="y")
        empty = tx.update(IdempotencyKey, {"key": "k", "answer": None}, request_hash="i", answer={"a": 1})
        return full, empty, tx.delete(IdempotencyKey, {"key": "k", "answer": None})

    assert kit.db.write(effect, "t") == (0, 1, 0)


def test_a_delete_takes_only_the_rows_that_match(kit):
    parcels.add(kit, 1, 2)
    assert kit.db.write(lambda tx: tx.delete(Parcel, {"id": 2}), "t") == 1
    assert parcels.ids(kit) == [1]


def test_an_update_without_conditions_is_of_every_row(kit):
    parcels.add(kit, 1, 2)
    assert kit.db.write(lambda tx: tx.update(Parcel, note="z"), "t") == 2


def test_a_row_that_is_there_is_not_inserted_again(kit):
    assert kit.db.write(lambda tx: tx.insert_new(Parcel, id=7, note="first"), "t") == 7
    assert kit.db.write(lambda tx: tx.insert_new(Parcel, id=7, note="second"), "t") is None
    assert parcels.notes(kit) == {7: "first"}


def test_the_same_shape_is_built_once():
    first = statements.update(Parcel, {"id": 1}, ("note",))
    assert statements.update(Parcel, {"id": 2}, ("note",)) is first
    assert statements.update(Parcel, {"id": None}, ("note",)) is not first


@pytest.mark.parametrize("word", ["open", "lost"])
def test_fixed_words_are_part_of_the_text(kit, word):
    parcels.add(kit, 1)
    asked = sa.select(Parcel.id).where(statements.one_of(Parcel.state, word, "closed"))
    assert f"IN ('{word}', 'closed')" in str(asked)
    with kit.db.read() as tx:
        assert tx.scalars(asked) == ([1] if word == "open" else [])


def test_one_fixed_word_is_compared():
    assert str(statements.one_of(Parcel.state, "open")).endswith("state = 'open'")


def test_the_key_is_named_by_its_column():
    assert statements.key_of(Switch) == "name"


def test_what_is_among_many_is_found_by_an_index(sqlite_kit):
    """PostgreSQL has booleans of its own; SQLAlchemy would write `(… IN …) = 1` for SQLite."""
    asked = sa.select(Parcel.note).where(statements.among(Parcel.id, "ids"), Parcel.state == "open")
    with sqlite_kit.db.read() as tx:
        text = str(asked.compile(dialect=tx.connection.dialect))
        plan = " ".join(
            row.detail
            for row in tx.execute(
                sa.text(f"EXPLAIN QUERY PLAN {text.replace('?', ':a', 1).replace('?', ':b', 1)}"),
                {"a": "[1,2]", "b": "open"},
            )
        )
    assert "SEARCH parcels USING INTEGER PRIMARY KEY" in plan

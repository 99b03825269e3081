"""One guarded update and its history row."""

from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from fulfil.kit import moves
from fulfil.kit.base import Kit
from fulfil.kit.errors import IllegalMove, StaleRow
from fulfil.kit.moves import History
from tests.kit.conftest import START
from tests.kit.parcels import PARCEL, Parcel, together


def place(kit: Kit) -> None:
    def work(tx) -> None:
        tx.insert(Parcel, id=1)
        moves.begin(tx, Parcel, PARCEL, 1, store_id=5, order_no=77, actor="guest:3")

    kit.db.write(work, "place")


def test_many_begin_as_one_does(kit: Kit) -> None:
    def work(tx) -> None:
        tx.insert_many(Parcel, [{"id": number} for number in (1, 2, 3)])
        moves.begin(tx, Parcel, PARCEL, 1, store_id=5, order_no=77)
        moves.begin_many(tx, Parcel, PARCEL, (2, 3), store_id=5, order_no=77)

    kit.db.write(work, "many")
    same = [column for column in History.__table__.c if column.name not in ("id", "entity_id")]
    with kit.db.read() as tx:
        first, *others = tx.all(sa.select(*same).order_by(History.id))
        assert tx.scalars(sa.select(History.entity_id).order_by(History.id)) == [1, 2, 3]
    assert [tuple(other) for other in others] == [tuple(first)] * 2


def move(kit: Kit, event: str, state: str, version: int, **more):
    read = SimpleNamespace(id=1, state=state, version=version, store_id=5, order_no=77)
    return kit.db.write(lambda tx: moves.move(tx, Parcel, PARCEL, read, event, **more), "move")


def history(kit: Kit) -> list[tuple]:
    with kit.db.read() as tx:
        return [
            tuple(row)
            for row in tx.all(
                sa.select(History.seq, History.event, History.from_state, History.to_state, History.actor)
                .where(History.order_no == 77)
                .order_by(History.id)
            )
        ]


def row(kit: Kit):
    with kit.db.read() as tx:
        return tuple(tx.one(sa.select(Parcel.state, Parcel.version, Parcel.note)))


def test_a_move_changes_the_row_and_writes_history(kit: Kit) -> None:
    place(kit)
    assert move(kit, "close", "open", 1, actor="staff:9", note="by hand") == "closed"
    assert row(kit) == ("closed", 2, "by hand")
    assert history(kit) == [(1, "create", None, "open", "guest:3"), (2, "close", "open", "closed", "staff:9")]


def test_an_illegal_move_leaves_nothing(kit: Kit) -> None:
    place(kit)
    with pytest.raises(IllegalMove):
        move(kit, "reopen", "open", 1)
    assert row(kit) == ("open", 1, "") and len(history(kit)) == 1


@pytest.mark.parametrize(("state", "version"), [("open", 1), ("open", 2), ("closed", 1), ("closed", 3)])
def test_a_stale_reading_is_refused(kit: Kit, state: str, version: int) -> None:
    place(kit)
    move(kit, "close", "open", 1)
    with pytest.raises(StaleRow) as refused:
        move(kit, "close" if state == "open" else "reopen", state, version)
    assert refused.value.status == 409 and refused.value.code == "stale_version"
    assert row(kit) == ("closed", 2, "") and len(history(kit)) == 2


def test_one_of_many_at_once_wins_and_history_has_no_gap(postgres_kit: Kit) -> None:
    place(postgres_kit)
    for version, (event, state) in enumerate([("close", "open"), ("reopen", "closed")] * 3, 1):
        results = together([lambda e=event, s=state, v=version: move(postgres_kit, e, s, v)] * 8)
        assert sorted(type(result).__name__ for result in results) == ["StaleRow"] * 7 + ["str"]
    assert [entry[0] for entry in history(postgres_kit)] == [1, 2, 3, 4, 5, 6, 7]


def test_the_same_step_is_never_written_twice(kit: Kit) -> None:
    place(kit)
    with pytest.raises(sa.exc.IntegrityError):
        kit.db.write(lambda tx: moves.begin(tx, Parcel, PARCEL, 1, store_id=5), "again")


def test_a_fact_joins_the_timeline_without_a_number(kit: Kit) -> None:
    place(kit)
    for _ in range(2):
        kit.db.write(
            lambda tx: moves.record(
                tx,
                store_id=5,
                order_no=77,
                entity="parcels",
                entity_id=1,
                event="seen",
                actor="staff:9",
                reason="noise",
                detail={"shelf": "B-2"},
            ),
            "fact",
        )
    assert history(kit)[1:] == [(None, "seen", None, None, "staff:9")] * 2
    with kit.db.read() as tx:
        stored = tx.one(sa.select(History.detail, History.reason, History.at).where(History.event == "seen"))
    assert tuple(stored) == ({"shelf": "B-2"}, "noise", START)


def test_a_row_of_no_shop_and_one_that_names_no_order_have_a_timeline(kit: Kit) -> None:
    place(kit)

    def work(tx) -> None:
        bare = SimpleNamespace(id=1, state="open", version=1)
        moves.move(tx, Parcel, PARCEL, bare, "close", order_no=88)
        again = SimpleNamespace(id=1, state="closed", version=2)
        moves.move(tx, Parcel, PARCEL, again, "reopen", store_id=6, order_no=88)
        moves.record(tx, store_id=None, entity="parcels", entity_id=1, event="seen", order_no=88)

    kit.db.write(work, "bare")
    with kit.db.read() as tx:
        told = tx.all(
            sa.select(History.event, History.store_id).where(History.order_no == 88).order_by(History.id)
        )
    assert [tuple(row) for row in told] == [("close", 0), ("reopen", 6), ("seen", 0)]

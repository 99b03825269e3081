"""Numbered logs of pushes per person."""

import random
from datetime import timedelta

import pytest
import sqlalchemy as sa

from fulfil.kit.base import Kit
from fulfil.kit.live import PRUNED_MAX, REPLAY_MAX, LiveEvent
from tests.kit.parcels import together

KEEP = timedelta(days=2)


def push(kit: Kit, *people: int, kind: str = "message", **payload) -> None:
    def work(tx) -> None:
        for person in people:
            tx.live(person, kind, payload)

    kit.db.write(work, "push")


def since(kit: Kit, person: int, seq: int):
    with kit.db.read() as tx:
        return kit.live.since(tx, person, seq)


def test_each_person_has_numbers_of_their_own(kit: Kit) -> None:
    push(kit, 1, 2, 1, text="a")
    push(kit, 2, text="b")
    assert since(kit, 1, 0) == [
        {"seq": 1, "type": "message", "text": "a"},
        {"seq": 2, "type": "message", "text": "a"},
    ]
    assert [(each["seq"], each["text"]) for each in since(kit, 2, 0)] == [(1, "a"), (2, "b")]
    assert since(kit, 3, 0) == []


def test_only_what_came_after_is_given(kit: Kit) -> None:
    for text in "abc":
        push(kit, 1, text=text)
    assert [each["text"] for each in since(kit, 1, 1)] == ["b", "c"]
    assert since(kit, 1, 3) == []


def test_the_heads_of_many_come_at_once(kit: Kit) -> None:
    push(kit, 1, 2, 2)
    with kit.db.read() as tx:
        assert kit.live.heads(tx, {1, 2, 3}) == {1: 1, 2: 2}
        assert kit.live.heads(tx, set()) == {}


def test_a_payload_cannot_forge_its_number(kit: Kit) -> None:
    push(kit, 1, seq=99, type="forged")
    assert since(kit, 1, 0) == [{"seq": 1, "type": "message"}]


def test_a_number_from_the_future_asks_for_a_reset(kit: Kit) -> None:
    push(kit, 1)
    assert since(kit, 1, 2) is None


def test_a_pruned_log_asks_for_a_reset(kit: Kit, clock) -> None:
    push(kit, 1, text="old")
    clock.advance(KEEP.total_seconds() + 1)
    push(kit, 1, text="new")
    kit.db.write(kit.live.prune, "prune")
    assert since(kit, 1, 0) is None
    assert [each["text"] for each in since(kit, 1, 1)] == ["new"]
    with kit.db.read() as tx:
        assert kit.live.head(tx, 1) == 2


def test_pruning_keeps_what_is_young(kit: Kit, clock) -> None:
    push(kit, 1)
    clock.advance((KEEP - timedelta(seconds=1)).total_seconds())
    kit.db.write(kit.live.prune, "prune")
    assert len(since(kit, 1, 0)) == 1


def test_a_long_log_is_pruned_bit_by_bit_and_never_has_a_gap(sqlite_kit: Kit, clock) -> None:
    push(sqlite_kit, *[1] * PRUNED_MAX, 2, 2)
    clock.advance(KEEP.total_seconds() + 1)
    left = []
    for _ in range(2):
        sqlite_kit.db.write(sqlite_kit.live.prune, "prune")
        with sqlite_kit.db.read() as tx:
            left.append(tx.scalars(sa.select(LiveEvent.seq).order_by(LiveEvent.person_id, LiveEvent.seq)))
    assert left == [[1, 2], []]


@pytest.mark.parametrize(("extra", "given"), [(0, REPLAY_MAX), (1, None)])
def test_too_much_to_replay_asks_for_a_reset(sqlite_kit: Kit, extra: int, given: int | None) -> None:
    push(sqlite_kit, *[1] * (REPLAY_MAX + extra))
    replay = since(sqlite_kit, 1, 0)
    assert replay is None if given is None else len(replay) == given


def test_writers_at_once_leave_no_gap_and_a_reader_misses_nothing(postgres_kit: Kit) -> None:
    kit, people = postgres_kit, [1, 2, 3]
    committed = dict.fromkeys(people, 0)

    def writer(seed: int) -> dict[int, int]:
        chance, mine = random.Random(seed), dict.fromkeys(people, 0)
        for _ in range(30):
            chosen = chance.sample(people, 2)  # unsorted: the log must sort them itself
            fails = chance.random() < 0.2

            def work(tx, chosen=chosen, fails=fails) -> None:
                for person in chosen:
                    tx.live(person, "message", {})
                if fails:
                    kit.live.append(tx, tx._live)
                    raise KeyError

            try:
                kit.db.write(work, "push")
            except KeyError:
                continue
            for person in chosen:
                mine[person] += 1
        return mine

    def reader() -> dict[int, list[int]]:
        seen = {person: [] for person in people}
        for _ in range(60):
            for person in people:
                seen[person] += [each["seq"] for each in since(kit, person, (seen[person] or [0])[-1])]
        return seen

    *written, seen = together([lambda seed=seed: writer(seed) for seed in range(8)] + [reader])
    for mine in written:
        for person in people:
            committed[person] += mine[person]
    for person in people:
        assert seen[person] == list(range(1, len(seen[person]) + 1))
        with kit.db.read() as tx:
            stored = tx.scalars(
                sa.select(LiveEvent.seq).where(LiveEvent.person_id == person).order_by(LiveEvent.seq)
            )
        assert stored == list(range(1, committed[person] + 1))
    assert b'name="push"' not in kit.metrics.text()  # nobody met a deadlock

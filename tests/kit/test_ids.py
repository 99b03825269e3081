"""The one sequence of document numbers."""

import pytest

from fulfil.kit.base import Kit
from fulfil.kit.ids import FIRST_NUMBER, SEGMENT
from tests.kit.parcels import together


def draw(kit: Kit, count: int) -> list[int]:
    return kit.db.write(lambda tx: [tx.number() for _ in range(count)], "draw")


def test_numbers_increase_from_the_first(kit: Kit) -> None:
    numbers = draw(kit, 3) + draw(kit, 2)
    assert numbers == list(range(FIRST_NUMBER, FIRST_NUMBER + 5))


def test_a_roll_back_leaves_a_gap_only(kit: Kit) -> None:
    def work(tx) -> None:
        tx.number()
        raise KeyError

    with pytest.raises(KeyError):
        kit.db.write(work, "w")
    assert draw(kit, 1) == [FIRST_NUMBER + 1]


def test_a_restart_goes_on_above(kit: Kit, make_kit, database_url: str) -> None:
    before = draw(kit, 2)
    again = make_kit(database_url)
    assert draw(again, 1)[0] == FIRST_NUMBER + SEGMENT > before[-1]


def test_a_long_run_crosses_segments_in_order(kit: Kit) -> None:
    numbers = [number for _ in range(50) for number in draw(kit, 200)]
    assert numbers == sorted(set(numbers)) and len(numbers) == 10_000


def test_two_nodes_on_an_empty_database_never_meet(postgres_kit: Kit, make_kit, postgres_url: str) -> None:
    nodes = [postgres_kit, make_kit(postgres_url, database_pool=8)]
    works = [lambda node=node: [draw(node, 250) for _ in range(10)] for node in nodes * 4]
    results = together(works)
    assert not [error for error in results if isinstance(error, Exception)]
    numbers = [number for parts in results for part in parts for number in part]
    assert len(numbers) == len(set(numbers)) == 20_000
    for parts in results:
        mine = [number for part in parts for number in part]
        assert mine == sorted(mine)


def test_many_threads_of_one_node_share_a_segment(sqlite_kit: Kit) -> None:
    results = together([lambda: draw(sqlite_kit, 100)] * 8)
    numbers = sorted(number for part in results for number in part)
    assert numbers == list(range(FIRST_NUMBER, FIRST_NUMBER + 800))

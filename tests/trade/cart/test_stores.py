"""What every store of carts must do: the embedded one and Redis, with the same tests."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from fulfil.kit.base import Kit
from fulfil.kit.config import Config
from fulfil.kit.gateway import FAILURES_TO_OPEN
from fulfil.sim.servers import RedisProcess
from fulfil.trade.cart.errors import CartsAway
from fulfil.trade.cart.service import CartStore, EmbeddedCarts
from fulfil.trade.cart.service.remote import RedisCarts
from tests.trade.shop import NOON, build

Open = Callable[[], CartStore]
LATER = NOON + timedelta(minutes=1)
CART = {"version": 1, "lines": [["牛奶-1", 2, 1290]], "keys": ["k"], "merged": {"7": {}}, "shown": 2580}


@pytest.fixture
def kit(sqlite_url: str) -> Iterator[Kit]:
    made = Kit(Config(database_url=sqlite_url))
    yield made
    made.close()


@pytest.fixture(params=["embedded", "redis"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens the same store, as often as is asked."""
    if request.param == "embedded":
        return lambda: EmbeddedCarts(str(tmp_path / "carts.db"))
    url, kit = request.getfixturevalue("redis_url"), request.getfixturevalue("kit")
    return lambda: RedisCarts(url, kit.gateway)


@pytest.fixture
def carts(open_store: Open) -> Iterator[CartStore]:
    store = open_store()
    yield store
    store.close()


def cart(version: int) -> dict:
    return CART | {"version": version}


def test_what_was_put_is_what_is_got(carts: CartStore) -> None:
    assert carts.get("guest:1", "1:online") is None
    assert carts.put("guest:1", "1:online", CART, expected=0, now=NOON)
    assert carts.get("guest:1", "1:online") == CART


def test_owners_shops_and_types_are_apart(carts: CartStore) -> None:
    carts.put("guest:1", "1:online", cart(1), expected=0, now=NOON)
    for owner, field in (("guest:1", "2:online"), ("guest:1", "1:till"), ("customer:1", "1:online")):
        assert carts.get(owner, field) is None
        assert carts.put(owner, field, cart(1), expected=0, now=NOON)


def test_only_the_expected_version_is_replaced(carts: CartStore) -> None:
    assert not carts.put("guest:1", "1:online", cart(4), expected=3, now=NOON)
    assert carts.get("guest:1", "1:online") is None
    carts.put("guest:1", "1:online", cart(1), expected=0, now=NOON)
    for wrong in (0, 2):
        assert not carts.put("guest:1", "1:online", cart(9), expected=wrong, now=NOON)
    assert carts.put("guest:1", "1:online", cart(2), expected=1, now=NOON)
    assert carts.get("guest:1", "1:online") == cart(2)


def test_a_cart_outlives_who_opened_the_store(carts: CartStore, open_store: Open) -> None:
    carts.put("guest:1", "1:online", CART, expected=0, now=NOON)
    again = open_store()
    assert again.get("guest:1", "1:online") == CART
    again.close()


def test_one_of_many_writers_of_a_version_wins(carts: CartStore) -> None:
    won: list[bool] = []
    for version in (0, 1):
        barrier = threading.Barrier(8)

        def write(version: int = version, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            won.append(carts.put("guest:1", "1:online", cart(version + 1), expected=version, now=NOON))

        threads = [threading.Thread(target=write) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (won.count(True), carts.get("guest:1", "1:online")) == (2, cart(2))


def test_a_marked_cart_goes_unless_it_was_used_since(carts: CartStore) -> None:
    for owner in ("guest:1", "guest:2", "guest:3"):
        carts.put(owner, "1:online", cart(1), expected=0, now=NOON)
    for owner in ("guest:1", "guest:2", "guest:9"):
        carts.mark_for_deletion(owner, "1:online", NOON)
    carts.put("guest:2", "1:online", cart(2), expected=1, now=LATER)
    assert carts.delete_marked() == 1
    left = {owner for owner in ("guest:1", "guest:2", "guest:3") if carts.get(owner, "1:online")}
    assert left == {"guest:2", "guest:3"}


def test_a_mark_counts_once(carts: CartStore) -> None:
    carts.put("guest:1", "1:online", cart(1), expected=0, now=NOON)
    carts.mark_for_deletion("guest:1", "1:online", NOON)
    carts.delete_marked()
    carts.put("guest:1", "1:online", cart(1), expected=0, now=NOON)
    assert carts.delete_marked() == 0 and carts.get("guest:1", "1:online") == cart(1)


def test_a_dead_redis_is_refused_with_one_code_and_comes_back(kit: Kit) -> None:
    server = RedisProcess()
    carts = RedisCarts(server.start(), kit.gateway)
    try:
        carts.put("guest:1", "1:online", CART, expected=0, now=NOON)
        server.kill()
        for _ in range(FAILURES_TO_OPEN - 1):  # one more would open the breaker for ten seconds
            with pytest.raises(CartsAway) as refused:
                carts.get("guest:1", "1:online")
        assert (refused.value.status, refused.value.code) == (503, "carts_unavailable")
        server.start()
        assert carts.get("guest:1", "1:online") is None  # a lost cart is a lost cart
        assert carts.put("guest:1", "1:online", CART, expected=0, now=NOON)
    finally:
        carts.close()
        server.stop()


def test_a_switch_that_is_off_refuses_carts_with_the_same_code(kit: Kit, redis_url: str) -> None:
    carts = RedisCarts(redis_url, kit.gateway)
    kit.db.write(lambda tx: kit.gateway.flip(tx, "redis", False, "moving house", "staff:1"), "flip")
    with pytest.raises(CartsAway):
        carts.get("guest:1", "1:online")
    carts.close()


def test_a_shop_on_postgresql_keeps_its_carts_in_redis(postgres_url: str, sqlite_url: str) -> None:
    """As several processes would; so every test of a shop on PostgreSQL runs with Redis, too."""
    shops = [build(postgres_url), build(sqlite_url)]
    assert [type(shop.kit.services["carts"]) for shop in shops] == [RedisCarts, EmbeddedCarts]
    for shop in shops:
        shop.kit.close()

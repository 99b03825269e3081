"""Which shop is meant: the one that is named, if the caller sees it, else the only one there is for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask, g

from fulfil.kit.errors import NotFound
from fulfil.kit.scope import StoreNeeded, store_meant
from fulfil.kit.security import Principal


@pytest.fixture(autouse=True)
def request_under_way() -> Iterator[None]:
    with Flask("scope").app_context():
        yield


def caller(*store_ids: int, everywhere: bool = False) -> None:
    g.principal = Principal("staff", 1, store_ids=None if everywhere else frozenset(store_ids))


def test_the_only_shop_of_a_caller_need_not_be_named() -> None:
    caller(7)
    assert store_meant({}) == store_meant({"store_id": 7}) == 7


@pytest.mark.parametrize("store_ids", [(), (7, 8)])
def test_of_several_shops_or_none_one_must_be_named(store_ids: tuple[int, ...]) -> None:
    caller(*store_ids)
    with pytest.raises(StoreNeeded):
        store_meant({})


def test_who_sees_every_shop_names_one() -> None:
    caller(everywhere=True)
    with pytest.raises(StoreNeeded):
        store_meant({})
    assert store_meant({"store_id": 9}) == 9


@pytest.mark.parametrize("store_ids", [(), (7,), (7, 8)])
def test_another_shop_is_not_there(store_ids: tuple[int, ...]) -> None:
    caller(*store_ids)
    with pytest.raises(NotFound):
        store_meant({"store_id": 9})

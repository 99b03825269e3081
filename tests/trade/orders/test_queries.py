"""The invariants of orders are found when somebody breaks them."""

import pytest

from fulfil.kit.moves import History
from fulfil.trade.orders import queries
from fulfil.trade.orders.model import Order, OrderDelivery, OrderItem
from tests.trade.shop import Shop


def plants(order_no: int) -> dict[str, tuple]:
    return {
        "paid less than payable": (Order, Order.id == order_no, {"state": "paid"}, {1, 11}),
        "line and order differ": (
            OrderItem,
            OrderItem.order_no == order_no,
            {"amount": 1, "payable": 1},
            {3},
        ),
        "over and holding": (Order, Order.id == order_no, {"state": "expired"}, {8, 11}),
        "state beside history": (OrderDelivery, OrderDelivery.id == order_no, {"state": "ready"}, {11}),
        "another shop": (OrderDelivery, OrderDelivery.id == order_no, {"store_id": 1}, {18}),
        "no step": (History, History.order_no == order_no, {"to_state": "paid"}, {11}),
    }


@pytest.mark.parametrize("fault", sorted(plants(0)))
def test_a_planted_fault_is_found(shop: Shop, fault: str) -> None:
    order_no = shop.place()
    assert shop.read(queries.violations) == []
    model, where, values, numbers = plants(order_no)[fault]
    shop.write(lambda tx: tx.update(model, where, **values))
    assert {found.invariant for found in shop.read(queries.violations)} == numbers


def test_pages_of_an_owner(shop: Shop) -> None:
    numbers = [shop.place(owner=1) for _ in range(3)]
    shop.place(owner=2)
    pages = [
        [
            row.id
            for row in shop.read(
                lambda tx, before=before: queries.of_owner(tx, "guest", 1, before=before, limit=2)
            )
        ]
        for before in (None, numbers[1])
    ]
    assert pages == [[numbers[2], numbers[1]], [numbers[0]]]

"""Money comes, late, twice or never."""

from tests.trade.shop import MILK, Shop


def test_a_paid_order_opens_fulfilment(shop: Shop) -> None:
    order_no = shop.place()
    shop.capture(order_no)
    assert (shop.order(order_no).state, shop.order(order_no).paid) == ("paid", 2530)
    assert shop.stock(MILK)["reserved"] == 2

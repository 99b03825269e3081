"""Money comes, late, twice or never."""

from fulfil.contracts.trade import PaymentSucceeded
from fulfil.trade.aftersales import queries as aftersales
from fulfil.trade.orders import queries, service
from tests.trade.shop import MILK, Shop


def state(shop: Shop, order_no: int) -> tuple[str, str, int, int]:
    row = shop.order(order_no)
    return row.state, row.delivery_state, row.paid, row.refunded


def test_a_paid_order_keeps_what_it_holds(shop: Shop) -> None:
    order_no = shop.place()
    shop.pay(order_no)
    assert state(shop, order_no) == ("paid", "none", 2530, 0)
    assert shop.order(order_no).paid_at == shop.clock.now()
    assert shop.stock(MILK)["reserved"] == 2
    assert shop.read(queries.violations) == []


def test_the_same_news_of_money_twice_changes_nothing(shop: Shop) -> None:
    order_no = shop.place()
    shop.pay(order_no)
    before = shop.order(order_no)
    news = PaymentSucceeded(order_no, shop.store_id, 1, 2530, "CNY", shop.clock.now())
    shop.write(lambda tx: service.on_payment(tx, news))
    assert shop.order(order_no) == before


def test_an_unpaid_order_expires_and_gives_everything_back(shop: Shop) -> None:
    order_no = shop.place()
    shop.clock.advance(15 * 60 - 1)
    shop.run_tasks()
    assert state(shop, order_no)[0] == "placed"
    shop.clock.advance(1)
    shop.run_tasks()
    assert state(shop, order_no) == ("expired", "cancelled", 0, 0)
    assert shop.stock(MILK)["reserved"] == 0
    assert shop.read(queries.violations) == []


def test_a_paid_order_does_not_expire(shop: Shop) -> None:
    order_no = shop.place()
    shop.pay(order_no)
    shop.clock.advance(15 * 60)
    shop.run_tasks()
    assert state(shop, order_no)[0] == "paid"


def test_money_for_an_expired_order_goes_back(shop: Shop) -> None:
    order_no = shop.place()
    payment = shop.start_payment(order_no)
    shop.clock.advance(15 * 60)
    shop.run_tasks()
    shop.tell(payment)
    assert state(shop, order_no) == ("expired", "cancelled", 2530, 0)
    shop.settle_refunds()
    assert state(shop, order_no) == ("expired", "cancelled", 2530, 2530)
    assert shop.read(queries.violations) == shop.read(aftersales.violations) == []

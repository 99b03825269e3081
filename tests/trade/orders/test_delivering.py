"""Fulfilment's news drives the delivery; late and repeated news is harmless."""

from fulfil.contracts.fulfilment import Delivered, FulfilmentProgressed, HandedOver, LineQuantity
from fulfil.trade.orders import queries, rules, service
from tests.trade.shop import MILK, Shop


def progress(shop: Shop, order_no: int, *events: str) -> str:
    for event in events:
        news = FulfilmentProgressed(order_no, shop.store_id, 9, event, shop.clock.now())
        shop.write(lambda tx, news=news: service.on_progress(tx, news))
    return shop.order(order_no).delivery_state


def test_news_moves_the_delivery_forward_only(shop: Shop) -> None:
    order_no = shop.place()
    shop.pay(order_no)
    assert progress(shop, order_no, "prepare") == "preparing"
    assert progress(shop, order_no, "hand_over") == "handed_over"
    assert progress(shop, order_no, "ready", "prepare", "hand_over") == "handed_over"
    assert progress(shop, order_no, "return_begin", "return_end", "ready", "hand_over") == "handed_over"
    assert shop.read(queries.violations) == []


def test_a_delivered_order_is_completed_and_later_closed(shop: Shop) -> None:
    order_no = shop.place()
    shop.pay(order_no)
    at = shop.clock.now()
    shop.publish(HandedOver(order_no, shop.store_id, 9, at, (LineQuantity(1, MILK, 2),)))
    for _ in range(2):
        shop.publish(Delivered(order_no, shop.store_id, 9, at))
        row = shop.order(order_no)
        assert (row.state, row.delivery_state) == ("completed", "delivered")
    shop.write(service.close_completed)
    assert shop.order(order_no).state == "completed"
    shop.clock.advance(rules.CLOSED_AFTER.total_seconds() + 1)
    shop.write(service.close_completed)
    assert shop.order(order_no).state == "closed"
    assert shop.read(queries.violations) == []


def test_the_tracking_link_shows_steps_and_no_phone(shop: Shop) -> None:
    order_no = shop.place()
    token = shop.order(order_no).track_token
    shop.pay(order_no)
    progress(shop, order_no, "prepare")
    seen = shop.read(lambda tx: queries.tracking(tx, token, "en"))
    assert [(step["name"], step["at"] is not None) for step in seen["steps"]] == [
        ("placed", True),
        ("paid", True),
        ("preparing", True),
        ("ready", False),
        ("handed_over", False),
        ("delivered", False),
    ]
    assert "19900000001" not in str(seen)
    assert [line["name"] for line in seen["lines"]] == ["Milk"]


def test_the_tracking_link_of_a_cancelled_order_ends_there(shop: Shop) -> None:
    order_no = shop.place()
    shop.write(lambda tx: service.cancel(tx, order_no, "guest:1", ""))
    token = shop.order(order_no).track_token
    steps = shop.read(lambda tx: queries.tracking(tx, token, "en"))["steps"]
    assert [step["name"] for step in steps] == ["placed", "cancelled"]

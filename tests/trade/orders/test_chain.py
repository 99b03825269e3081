"""The chain with a commit after every step: broken between any two, it ends whole or not at all (O1)."""

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from fulfil.kit.errors import Conflict
from fulfil.kit.idempotency import KeyReused
from fulfil.trade.orders import queries, rules, service
from fulfil.trade.orders.errors import SubmissionTaken
from fulfil.trade.orders.model import Order, OrderAttribute, OrderDelivery, OrderItem, Submission
from fulfil.trade.orders.service import OrderRequest, chain
from fulfil.trade.orders.service.steps import STEPS as BY_NAME
from fulfil.trade.orders.service.steps import OnFailure, Step
from fulfil.trade.payments.model import PaymentDocument
from fulfil.trade.stock import queries as stock
from fulfil.trade.stock.errors import InsufficientStock
from fulfil.trade.stock.model import Reservation
from tests.trade.shop import ICE, MILK, Shop, build

STEPS = rules.chain_of("app", "delivery")
COMMITS = ("order-begin", "order-take", *(f"order-{step}" for step in STEPS))
PLACES = [f"{commit}:{when}" for commit in COMMITS for when in ("before-commit", "after-commit")]


class Crash(BaseException):
    """The process dies here."""


def crash() -> None:
    raise Crash


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = build(database_url, chain_commit_each_step=True)
    yield made
    made.kit.close()


def submit(shop: Shop, owner: int = 1, **changes: object) -> dict:
    return service.place_in_steps(shop.kit, shop.request(owner, **changes), "k")


def crash_at(shop: Shop, place: str, owner: int = 1) -> OrderRequest:
    """A submission dies at `place`; what was asked."""
    asked = shop.request(owner)
    shop.kit.db.failpoints.on(place, crash)
    with pytest.raises(Crash):
        service.place_in_steps(shop.kit, asked, "k")
    shop.kit.db.failpoints.on(place, None)
    return asked


def recover(shop: Shop) -> None:
    """Another worker finds what the dead one left, twice."""
    for _ in range(2):
        shop.clock.advance(rules.SUBMISSION_LEASE.total_seconds() + 1)
        shop.write(chain.resume_stranded)
        shop.run_tasks()


def counts(shop: Shop) -> dict[str, int]:
    tables = (Order, OrderItem, OrderDelivery, OrderAttribute, PaymentDocument, Reservation)
    return {
        model.__tablename__: shop.read(
            lambda tx, model=model: tx.scalar(select(func.count()).select_from(model))
        )
        for model in tables
    }


WHOLE = {
    "orders": 1,
    "order_items": 1,
    "order_deliveries": 1,
    "order_attributes": 3,
    "payment_documents": 1,
    "reservations": 1,
}
NOTHING = dict.fromkeys(WHOLE, 0)


def sound(shop: Shop) -> None:
    assert shop.read(queries.violations) == shop.read(stock.violations) == []


def test_killed_between_any_two_steps_it_ends_whole_or_not_at_all(shop: Shop) -> None:
    for owner, place in enumerate(PLACES, 1):
        shop.add(owner, MILK, 2)
        crash_at(shop, place, owner)
    recover(shop)
    owners = shop.read(
        lambda tx: tx.scalars(select(Order.owner_id).where(Order.valid).order_by(Order.owner_id))
    )
    begun = [owner for owner, place in enumerate(PLACES, 1) if place != "order-begin:before-commit"]
    assert owners == begun
    assert counts(shop) == {table: many * len(begun) for table, many in WHOLE.items()}
    assert shop.stock(MILK)["reserved"] == 2 * len(begun)
    sound(shop)


def test_a_client_that_asks_again_gets_one_order(shop: Shop) -> None:
    for owner, place in enumerate(PLACES, 1):
        shop.add(owner, MILK, 2)
        asked = crash_at(shop, place, owner)
        shop.clock.advance(rules.SUBMISSION_LEASE.total_seconds() + 1)
        first = service.place_in_steps(shop.kit, asked, "k")
        assert service.place_in_steps(shop.kit, asked, "k") == first
    assert counts(shop) == {table: many * len(PLACES) for table, many in WHOLE.items()}
    sound(shop)


def test_a_refused_step_undoes_the_committed_ones(shop: Shop) -> None:
    shop.add(1, ICE, 11)
    with pytest.raises(InsufficientStock):
        submit(shop)
    assert counts(shop) == NOTHING
    assert shop.read(lambda tx: tx.scalar(select(Submission.state))) == "undone"
    sound(shop)


def test_killed_while_undoing_it_is_undone_by_another(shop: Shop) -> None:
    commits = ("order-undoing", "order-undo-promise", "order-undo-price", "order-undone")
    places = [f"{commit}:{when}" for commit in commits for when in ("before-commit", "after-commit")]
    for owner, place in enumerate(places, 1):
        shop.add(owner, ICE, 11)
        crash_at(shop, place, owner)
    recover(shop)
    assert counts(shop) == NOTHING
    assert shop.read(lambda tx: tx.scalars(select(Submission.state))) == ["undone"] * len(places)
    sound(shop)


def test_an_undone_submission_may_be_tried_again(shop: Shop) -> None:
    shop.add(1, ICE, 11)
    with pytest.raises(InsufficientStock):
        submit(shop)
    shop.add(1, ICE, 10, op="set")
    assert submit(shop)["state"] == "placed"
    assert counts(shop)["orders"] == 1


def test_a_key_belongs_to_one_request(shop: Shop) -> None:
    shop.add(1, MILK, 2)
    asked = shop.request(1)
    service.place_in_steps(shop.kit, asked, "k")
    with pytest.raises(KeyReused):
        submit(shop, note="another")


def test_who_asks_while_it_is_worked_on_is_told_so(shop: Shop) -> None:
    shop.add(1, MILK, 2)
    asked = crash_at(shop, "order-stock:after-commit")
    with pytest.raises(SubmissionTaken):
        service.place_in_steps(shop.kit, asked, "k")


def test_a_step_that_may_fail_stops_nothing(shop: Shop) -> None:
    def fails(tx, draft) -> None:
        tx.insert(OrderAttribute, order_no=draft.order_no, name="half", value="")
        raise Conflict()

    kept = BY_NAME["attributes"]
    BY_NAME["attributes"] = Step("attributes", fails, kept.undo, OnFailure.IGNORE)
    try:
        shop.add(1, MILK, 2)
        submit(shop)
    finally:
        BY_NAME["attributes"] = kept
    assert counts(shop) == {**WHOLE, "order_attributes": 0}

"""Publishing: inline in the transaction, or as a task of it."""

import dataclasses
import inspect
import types
import typing
from datetime import UTC, datetime

import pytest

from fulfil.contracts import fulfilment, trade
from fulfil.contracts.fulfilment import FulfilmentVoided, ShiftChanged
from fulfil.contracts.trade import OrderEvent, OrderExpired
from fulfil.kit.base import Kit
from tests.kit.parcels import Parcel, ids

KEYLESS = (fulfilment.ShiftChanged, fulfilment.SessionEnded, fulfilment.ShopStateChanged)
EVENTS = sorted(
    {
        found
        for module in (trade, fulfilment)
        for _, found in inspect.getmembers(module, inspect.isclass)
        if (issubclass(found, OrderEvent) and found is not OrderEvent) or found in KEYLESS
    },
    key=lambda found: found.__name__,
)


def example(wanted: object, bare: bool) -> object:
    """A value of a type: bare with None and empty tuples, or full with something everywhere."""
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if origin is types.UnionType:
        return None if bare else example(arguments[0], bare)
    if origin is tuple:
        return () if bare else (example(arguments[0], bare), example(arguments[0], bare))
    if dataclasses.is_dataclass(wanted):
        hints = typing.get_type_hints(wanted)
        return wanted(**{each.name: example(hints[each.name], bare) for each in dataclasses.fields(wanted)})
    return {
        int: 2**62,
        str: "货 '\"\\ é",
        bool: True,
        float: 31.5,
        datetime: datetime(2026, 3, 2, 8, 0, 0, 123456, tzinfo=UTC),
    }[wanted]


@pytest.mark.parametrize("bare", [True, False])
@pytest.mark.parametrize("event_class", EVENTS)
def test_every_event_survives_its_task_row(sqlite_kit: Kit, event_class: type, bare: bool) -> None:
    heard, happened = [], example(event_class, bare)
    sqlite_kit.events.subscribe(event_class, "hear", lambda tx, event: heard.append(event))
    sqlite_kit.db.write(lambda tx: tx.publish(happened), "w")
    assert sqlite_kit.tasks.run_until_idle() == 1
    assert heard == [happened]


def test_there_are_events_of_both_sides() -> None:
    assert len(EVENTS) > 15


def test_an_inline_subscriber_shares_the_transaction(kit: Kit) -> None:
    kit.events.subscribe(
        OrderExpired, "inline", lambda tx, event: tx.insert(Parcel, id=event.order_no), inline=True
    )

    def work(tx) -> None:
        tx.publish(OrderExpired(order_no=7, store_id=1))
        raise KeyError

    with pytest.raises(KeyError):
        kit.db.write(work, "w")
    assert ids(kit) == []
    kit.db.write(lambda tx: tx.publish(OrderExpired(order_no=7, store_id=1)), "w")
    assert ids(kit) == [7] and kit.tasks.run_until_idle() == 0


def test_a_rolled_back_event_is_never_heard(kit: Kit) -> None:
    heard = []
    kit.events.subscribe(OrderExpired, "later", lambda tx, event: heard.append(event))

    def work(tx) -> None:
        tx.publish(OrderExpired(order_no=7, store_id=1))
        raise KeyError

    with pytest.raises(KeyError):
        kit.db.write(work, "w")
    assert kit.tasks.run_until_idle() == 0 and heard == []


def test_events_of_an_order_are_heard_in_order_by_all(kit: Kit) -> None:
    heard = []
    for name in ("first", "second"):
        for event_class in (OrderExpired, FulfilmentVoided):
            kit.events.subscribe(
                event_class,
                f"{name}.{event_class.__name__}",
                lambda tx, event, name=name: heard.append((name, type(event).__name__)),
            )

    def work(tx) -> None:
        tx.publish(FulfilmentVoided(order_no=7, store_id=1, fulfilment_id=3))
        tx.publish(OrderExpired(order_no=7, store_id=1))

    kit.db.write(work, "w")
    kit.tasks.run_until_idle()
    assert heard == [
        ("first", "FulfilmentVoided"),
        ("second", "FulfilmentVoided"),
        ("first", "OrderExpired"),
        ("second", "OrderExpired"),
    ]


def test_an_event_without_a_key_waits_for_nothing(kit: Kit) -> None:
    heard = []
    kit.events.subscribe(ShiftChanged, "plan", lambda tx, event: heard.append(event.state))
    kit.db.write(lambda tx: tx.publish(ShiftChanged(store_id=1, person_id=2, state="break")), "w")
    kit.tasks.run_until_idle()
    assert heard == ["break"]


def test_two_subscribers_may_not_share_a_name(sqlite_kit: Kit) -> None:
    sqlite_kit.events.subscribe(OrderExpired, "same", lambda tx, event: None)
    with pytest.raises(ValueError, match="two handlers are named same"):
        sqlite_kit.events.subscribe(FulfilmentVoided, "same", lambda tx, event: None)

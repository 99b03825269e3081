"""What follows a paid order is composed from a table: its lines by business, each with its flow (O5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.engine import Row

from fulfil.contracts.trade import OrderPaid
from fulfil.kit.base import Kit
from fulfil.kit.db import Tx
from fulfil.kit.errors import ConfigError
from fulfil.trade.orders import rules


def register(kit: Kit) -> None:
    """Read the configured flows and businesses. Raises ConfigError for what is none."""
    for name, read in (("flows", rules.flows), ("businesses", rules.businesses)):
        try:
            kit.services[name] = read(getattr(kit.config, name))
        except ValueError as error:
            raise ConfigError(f"{name}: {error}") from error


def check(kit: Kit) -> None:
    """Whether every task of every flow has its handler; asked when all have registered theirs.

    Raises ConfigError: an order that is paid must not meet a name that nobody knows.
    """
    for (channel, business), flow in kit.services["flows"].items():
        for step in flow:
            if not kit.tasks.knows(step.handler):
                raise ConfigError(f"flows: {channel}/{business} names {step.handler}, which nobody handles")


def take_in(tx: Tx, paid: OrderPaid, channel: str, items: Sequence[Row]) -> None:
    """Add the tasks of a paid order with these lines, in the transaction of its payment."""
    for business, lines in rules.split(items, tx.kit.services["businesses"]).items():
        numbers = {line.line_no for line in lines}
        _compose(
            tx,
            replace(paid, lines=tuple(line for line in paid.lines if line.line_no in numbers)),
            rules.flow_of(tx.kit.services["flows"], channel, business),
        )


def _compose(tx: Tx, part: OrderPaid, flow: rules.Flow) -> None:
    tasks: dict[str, int] = {}
    waited_for = {step.after for step in flow}
    for step in flow:
        options = {
            "key": part.key if step.in_turn else None,
            "priority": step.priority,
            "after": None if step.after is None else tasks[step.after],
        }
        if step.handler in waited_for:
            tasks[step.handler] = tx.kit.events.give(tx, step.handler, part, **options)
        else:
            tx.kit.events.post(tx, step.handler, part, **options)

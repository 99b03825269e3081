"""Integer money: the price of a line, and the shares of what it was frozen at."""

from __future__ import annotations


def line_amount(unit_price: int, quantity: int, unit: str) -> int:
    """Price of a line in minor units. `unit` "g": the price is per 1000 g and rounds half up."""
    if unit == "g":
        return (unit_price * quantity + 500) // 1000
    return unit_price * quantity


def share_of(payable: int, quantity: int, done: int, take: int) -> int:
    """The share of a frozen line that `take` of its `quantity` units carry, after `done` were taken before.

    Cumulative rounding: whatever the sequence of partial refunds, their shares sum to `payable` when all
    units are taken, never above (C4, A2). Raises ValueError when more is taken than there is.
    """
    if take < 0 or done < 0 or done + take > quantity:
        raise ValueError("more is taken than the line has")
    return payable * (done + take) // quantity - payable * done // quantity

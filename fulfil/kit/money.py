"""Integer money: allocation by largest remainder and the price of a line."""

from __future__ import annotations

from collections.abc import Sequence


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` minor units in proportion to `weights`, to the last unit.

    Largest remainder, ties to the earlier part; the parts always sum to `total`. All weights zero: the
    parts are as equal as they can be. Raises ValueError for no parts or a negative total or weight.
    """
    if not weights or total < 0 or min(weights) < 0:
        raise ValueError("allocation needs parts, and neither total nor weights may be negative")
    whole = sum(weights)
    if whole == 0:
        weights, whole = [1] * len(weights), len(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


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

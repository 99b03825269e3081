"""How much goes back: always a part of the frozen shares, never more than is left of them (A2, C4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fulfil.kit.money import share_of
from fulfil.trade.aftersales.states import Part

NO_LINE = 0


@dataclass(frozen=True)
class Line:
    """An order line as it was paid: `payable` minor units for `quantity` pieces or grams."""

    line_no: int
    quantity: int
    payable: int


@dataclass(frozen=True)
class Item:
    """A part of a refund; fees have no line and no quantity."""

    kind: str
    line_no: int
    quantity: int
    amount: int


@dataclass(frozen=True)
class Given:
    """What of an order is taken already: units by line, amounts by fee.

    Units are those that were refunded, whether or not it has arrived, those for which other goods come, and
    those that the customer is asked about.
    """

    quantities: Mapping[int, int]
    fees: Mapping[str, int]

    def left(self, line: Line) -> int:
        """How many of a line are not taken yet."""
        return line.quantity - self.quantities.get(line.line_no, 0)


def shortage(line: Line, quantity: int, given: Given) -> Item:
    """The share of `quantity` units of a line, or of what is left when less is."""
    take = min(quantity, given.left(line))
    done = given.quantities.get(line.line_no, 0)
    return Item(Part.LINE, line.line_no, take, share_of(line.payable, line.quantity, done, take))


def difference(line_no: int, amount: int) -> Item:
    """What goes back because the goods that come instead are cheaper; their units are counted elsewhere."""
    return Item(Part.DIFFERENCE, line_no, 0, amount)


def rest(lines: Sequence[Line], fees: Mapping[str, int], given: Given) -> list[Item]:
    """All that is left of the lines and of `fees` ({"delivery": minor units, …}); empty when nothing is."""
    goods = [shortage(line, given.left(line), given) for line in lines if given.left(line) > 0]
    back = [Item(part, NO_LINE, 0, fee - given.fees.get(part, 0)) for part, fee in fees.items()]
    return [item for item in (*goods, *back) if item.quantity > 0 or item.amount > 0]


def refundable_fees(fees_back: bool, delivery: int, bags: int) -> dict[str, int]:
    """Fees go back, unless the ride was made for nothing through the customer (floor rules 4, 13)."""
    return {Part.DELIVERY: delivery, Part.BAGS: bags} if fees_back else {}

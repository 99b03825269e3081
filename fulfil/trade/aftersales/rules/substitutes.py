"""Which goods may come instead of missing ones, in which order, and who pays what of them (F6, U, M)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fulfil.kit.money import line_amount

PROPOSALS_MAX = 7
FIRST_SUB_LINE = 1001
SIZE_STEP = math.log(1.25)  # packs that differ by less than a quarter count as the same
PRICE_STEP_PERCENT = 10
TASTE_MAX = 3
HEAVIER_TIMES_MAX = 2
ONLY_HEAVIER, ONLY_LIGHTER = "only_heavier", "only_lighter"
BY_WEIGHT = ("short_weight", ONLY_HEAVIER, ONLY_LIGHTER)  # some of it is there, or could be
NO_WISH, SUBSTITUTE, ASK, CANCEL_ORDER = "refund", "substitute", "ask", "cancel_order"


@dataclass(frozen=True)
class Goods:
    """What is compared: `grams` weigh one piece, `price` is minor units per piece or per 1000 g."""

    sku: str
    category: str
    brand: str
    zone: str
    unit: str
    grams: int
    price: int


@dataclass(frozen=True)
class Candidate:
    """Goods on sale, what of them is available, and how often they were taken and refused instead."""

    goods: Goods
    available: int
    accepted: int
    refused: int


@dataclass(frozen=True)
class Guard:
    """How dear a substitute may be.

    Per cent above what was paid, and minor units, that a line may cost the shop; what is dearer is offered
    for an extra payment of so many per cent of what was paid. `heavier`: so is a piece that weighs too much.
    """

    over_percent: int = 20
    shop_pays_max: int = 300
    extra_percent: int = 50
    heavier: bool = True

    @classmethod
    def of(cls, policy: Mapping[str, Any]) -> Guard:
        """The shop's own numbers where it has any."""
        return cls(
            int(policy.get("substitute_over_percent", cls.over_percent)),
            int(policy.get("substitute_shop_pays_max", cls.shop_pays_max)),
            int(policy.get("substitute_extra_percent", cls.extra_percent)),
            bool(policy.get("ask_heavier", cls.heavier)),
        )

    def extra(self, share: int, value: int) -> int | None:
        """What the customer adds for goods worth `value` instead of what was paid with `share`.

        0 as far as the shop pays; None where it is too much.
        """
        shop = min(share * self.over_percent // 100, self.shop_pays_max)
        extra = max(0, value - share - shop)
        return extra if extra * 100 <= share * self.extra_percent else None


@dataclass(frozen=True)
class Price:
    """Of a substitute worth `value`: what the customer pays, gets back, and what is the shop's.

    `extra` is the part of `charge` that has not been paid yet: nothing comes before it is.
    """

    value: int
    charge: int
    difference: int
    shop_cost: int
    extra: int = 0


@dataclass(frozen=True)
class Proposal:
    """So much of a sku instead, and what it costs whom; `unit_price` per piece or per 1000 g."""

    sku: str
    quantity: int
    unit_price: int
    price: Price


def price_of(share: int, value: int, extra: int) -> Price:
    """The customer pays no more than the missing goods were paid with, and the `extra` that they agree to.

    What is dearer is the shop's.
    """
    paid = min(share, value)
    return Price(value, paid + extra, share - paid, value - paid - extra, extra)


def proposals(
    missing: Goods, quantity: int, share: int, candidates: Sequence[Candidate], guard: Guard
) -> list[Proposal]:
    """What may come instead of `quantity` units that were paid with `share`, the best first, at most seven.

    Only goods of the same category, temperature and unit of which there is enough, and which the guard
    admits. What needs no extra payment goes first; then the same brand, then the nearest size, the nearest
    price in steps, what customers took before, the nearest price to the last unit.
    """
    ranked = []
    for candidate in candidates:
        goods = candidate.goods
        value = line_amount(goods.price, quantity, goods.unit)
        fits = _same_kind(missing, goods) and candidate.available >= quantity
        extra = guard.extra(share, value)
        if fits and extra is not None:
            offered = Proposal(goods.sku, quantity, goods.price, price_of(share, value, extra))
            ranked.append(((extra > 0, *_rank(missing, candidate)), offered))
    return [proposal for _, proposal in sorted(ranked, key=lambda pair: pair[0])[:PROPOSALS_MAX]]


def heavier(sku: str, quantity: int, share: int, unit_price: int, grams: int) -> Proposal | None:
    """The only piece there is: `grams` instead of the `quantity` that was paid with `share` (floor rule 9).

    All that it costs more is the customer's to agree to. None where it weighs so much that nobody meant it.
    """
    if not quantity < grams <= quantity * HEAVIER_TIMES_MAX:
        return None
    value = line_amount(unit_price, grams, "g")
    return Proposal(sku, grams, unit_price, price_of(share, value, max(0, value - share)))


def offered(found: Sequence[Proposal], heavier: Proposal | None) -> list[Proposal]:
    """What may come, the best first: a heavier piece stands before all else that needs an extra payment."""
    free, paid = without_extra(found), [one for one in found if one.price.extra]
    return [*free, *([heavier] if heavier else []), *paid][:PROPOSALS_MAX]


def without_extra(proposals: Sequence[Proposal]) -> list[Proposal]:
    """What may come without another word of the customer."""
    return [one for one in proposals if not one.price.extra]


def _same_kind(missing: Goods, goods: Goods) -> bool:
    return goods.sku != missing.sku and (goods.category, goods.zone, goods.unit) == (
        missing.category,
        missing.zone,
        missing.unit,
    )


def _rank(missing: Goods, candidate: Candidate) -> tuple:
    goods = candidate.goods
    other_brand = not missing.brand or goods.brand != missing.brand
    size_steps = round(abs(math.log(goods.grams / missing.grams)) / SIZE_STEP)
    apart = abs(goods.price - missing.price)
    price_steps = apart * 100 // (missing.price * PRICE_STEP_PERCENT)
    taste = max(-TASTE_MAX, min(TASTE_MAX, candidate.accepted - candidate.refused))
    return other_brand, size_steps, price_steps, -taste, apart, goods.sku


def sub_line_no(taken: int | None) -> int:
    """The number of an order's next substitute line; `taken` is the highest so far."""
    return FIRST_SUB_LINE if taken is None else taken + 1


def is_substitute(line_no: int) -> bool:
    """Whether a line of an order is goods that come instead of others."""
    return line_no >= FIRST_SUB_LINE

"""Decisions of packing: how much may go into a bag, where a bag may stand, what is legal now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fulfil.packing.errors import LineClosed, MoreThanMissing, NotPacked, OverPack
from fulfil.packing.states import PackLineState

NAME_MASK = "*"


@dataclass(frozen=True)
class Amounts:
    """How far a packing line is: pieces, or grams of weighed goods."""

    state: str
    quantity: int
    packed: int
    short: int

    @property
    def left(self) -> int:
        """What is neither packed nor reported."""
        return self.quantity - self.packed - self.short


def packed_after(line: Amounts, amount: int) -> int:
    """`packed` when `amount` more goes into a bag. Raises LineClosed, OverPack."""
    if line.state != PackLineState.TODO:
        raise LineClosed()
    if amount > line.left:
        raise OverPack(line.left)
    return line.packed + amount


def packed_before(line: Amounts, amount: int) -> int:
    """`packed` when `amount` comes out of its bag again. Raises NotPacked."""
    if amount > line.packed:
        raise NotPacked()
    return line.packed - amount


def missing_quantity(line: Amounts, quantity: int | None) -> int:
    """How much is reported missing; None means all that is left. Raises LineClosed, MoreThanMissing."""
    if line.state != PackLineState.TODO:
        raise LineClosed()
    wanted = line.left if quantity is None else quantity
    if wanted > line.left:
        raise MoreThanMissing(missing=line.left)
    return wanted


def to_report(ordered: int, picked: int, short: int, missing: int) -> int:
    """What of `missing` the customer goes without: weighed goods above the order were the shop's gift."""
    return max(0, min(missing, ordered - short - (picked - missing)))


def state_event(line: Amounts) -> str | None:
    """The machine's event after the amounts changed, None when the state stays."""
    if line.left and line.state == PackLineState.CLOSED:
        return "reopen"
    if not line.left and line.state == PackLineState.TODO:
        return "close"
    return None


def shelf_for(places: Sequence[str], used: Mapping[str, int]) -> str | None:
    """The bag shelf for one more bag: an empty one, else the emptiest, by code. None without shelves."""
    return min(places, key=lambda code: (used.get(code, 0), code), default=None)


def bare_place(code: str) -> str:
    """A place as the shop's list names it: labels carry the prefix `LOC-`."""
    return code.strip().upper().removeprefix("LOC-")


def legal_pack(states: Sequence[str], *, packed: int, open_bags: int) -> list[str]:
    """Legal domain ops of a packing ticket at work (`legal` in its snapshot)."""
    legal = ["tote", "scan", "surplus", "new_bag"]
    if PackLineState.TODO in states:
        legal += ["pack", "short"]
    else:
        legal.append("seal")
    if packed:
        legal.append("unpack")
    if open_bags:
        legal.append("close_bag")
    return legal


def masked_name(name: str) -> str:
    """What a label shows of the customer: the first letter."""
    bare = name.strip()
    return f"{bare[0]}{NAME_MASK}{NAME_MASK}" if bare else ""

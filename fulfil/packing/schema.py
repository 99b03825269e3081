"""Payloads of packing's ops. Quantities are pieces, or grams of weighed goods."""

from __future__ import annotations

from fulfil.kit.fields import Choice, IdStr, Str, Strict, StrictInt
from fulfil.store.schema import ScanCode

QUANTITY_MAX = 1_000_000
TEMPERATURES = ("ambient", "chilled", "frozen")


class Tote(Strict):
    """`tote {code}`: this tote stands before me."""

    code = Str(max=60, required=True)


class Pack(Strict):
    """`pack {line, quantity, bag?}`; without a bag the open one of the line's temperature."""

    line = IdStr(required=True)
    quantity = StrictInt(1, QUANTITY_MAX, required=True)
    bag = Str(max=60)


class Unpack(Strict):
    """`unpack {line, quantity, bag?}`; without a bag the last one that holds the line."""

    line = IdStr(required=True)
    quantity = StrictInt(1, QUANTITY_MAX, required=True)
    bag = Str(max=60)


class Short(Strict):
    """`short {line, quantity?, reason?}`: not in the totes, or not fit to be sold."""

    line = IdStr(required=True)
    quantity = StrictInt(1, QUANTITY_MAX)
    reason = Choice(("missing", "damaged", "expired"))


class Surplus(Strict):
    """`surplus {line, quantity}`: more in the totes than was picked by the books; it goes back."""

    line = IdStr(required=True)
    quantity = StrictInt(1, QUANTITY_MAX, required=True)


class NewBag(Strict):
    """`new_bag {temperature}`."""

    temperature = Choice(TEMPERATURES, required=True)


class CloseBag(Strict):
    """`close_bag {code, place?}`: its label is on it; `place` is the shelf where it will stand."""

    code = Str(max=60, required=True)
    place = Str(max=40)


class Seal(Strict):
    """`seal {place?}`: every line is resolved; bags go to their shelves, `place` for those without one."""

    place = Str(max=40)


class Scan(Strict):
    """`scan {code}`: anything a scanner reads, resolved here as the station does."""

    code = ScanCode(max=200, required=True)


class LabelQuery(Strict):
    """`store_id` names the bag's shop; who belongs to one shop alone need not."""

    store_id = IdStr()

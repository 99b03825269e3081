"""Payloads of picking's ops (api.md, Op payloads). Quantities are pieces, or grams of weighed goods."""

from __future__ import annotations

from marshmallow import fields

from fulfil.kit.fields import Choice, IdStr, Str, Strict, StrictBool, StrictInt
from fulfil.store.schema import ScanCode

QUANTITY_MAX = 1_000_000
COUNTS_MAX = 200
SHORT_REASONS = (
    "not_found",
    "damaged",
    "expired",
    "wrong_location",
    "short_weight",
    "only_heavier",
    "only_lighter",
)


class Pick(Strict):
    """`pick {line, quantity, tote?, weight_g?}`; the weight counts for weighed goods."""

    line = IdStr(required=True)
    quantity = StrictInt(1, QUANTITY_MAX, required=True)
    tote = Str(max=60)
    weight_g = StrictInt(1, QUANTITY_MAX)


class Unpick(Strict):
    """`unpick {line, quantity, tote?}`."""

    line = IdStr(required=True)
    quantity = StrictInt(1, QUANTITY_MAX, required=True)
    tote = Str(max=60)


class Short(Strict):
    """`short {line, quantity?, reason, found_at?, weight_g?, photo?}`; without a quantity all that is still
    missing.

    `found_at`: where those that are there, or that nobody may buy, really stood. `weight_g`: what the only
    piece weighs that is there, which the customer may want for an extra payment (only_heavier). `photo` names
    a picture of the shelf that was sent before.
    """

    line = IdStr(required=True)
    quantity = StrictInt(1, QUANTITY_MAX)
    reason = Choice(SHORT_REASONS, required=True)
    found_at = Str(max=40)
    weight_g = StrictInt(1, QUANTITY_MAX)
    photo = Str(max=40)


class Moved(Strict):
    """`moved {line, location}`: found at another place than the list says."""

    line = IdStr(required=True)
    location = Str(max=40, required=True)


class Count(Strict):
    """One counted line of a tote, or `count {line, quantity}` of a shelf."""

    line = IdStr(required=True)
    quantity = StrictInt(0, QUANTITY_MAX, required=True)


class Tote(Strict):
    """`tote {code}` binds it; after a takeover `counts` says what is in it, or `missing` that it is gone."""

    code = Str(max=60, required=True)
    counts = fields.List(fields.Nested(Count), validate=lambda rows: len(rows) <= COUNTS_MAX)
    missing = StrictBool()


class Found(Strict):
    """`found {line, quantity, tote?}`: goods that another one missed are there after all, pieces or grams."""

    line = IdStr(required=True)
    quantity = StrictInt(1, QUANTITY_MAX, required=True)
    tote = Str(max=60)


class NotFound(Strict):
    """`not_found {line}`: they are missing indeed."""

    line = IdStr(required=True)


class ZeroCheck(Strict):
    """`zero_check {line, empty}`: whether the line's shelf is empty, as the books say."""

    line = IdStr(required=True)
    empty = StrictBool(required=True)


class StageTotes(Strict):
    """`stage {location}`: the totes stand at that staging place; the ticket is done."""

    location = Str(max=40, required=True)


class Complete(Strict):
    """`complete {}`: done; totes are staged at the zone's default place."""


class Scan(Strict):
    """`scan {code}`: anything a scanner reads, resolved here as the terminal does."""

    code = ScanCode(max=200, required=True)


class PutBack(Strict):
    """`put_back {line, quantity, outcome}`: back on the shelf, or written off."""

    line = IdStr(required=True)
    quantity = StrictInt(1, QUANTITY_MAX, required=True)
    outcome = Choice(("restock", "waste"), required=True)

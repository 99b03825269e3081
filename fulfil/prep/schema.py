"""Payloads of preparation's ops, and what its label is asked with. Quantities are portions."""

from __future__ import annotations

from fulfil.kit.fields import Choice, IdStr, Strict, StrictInt
from fulfil.prep.rules import REASONS

PORTIONS_MAX = 10_000


class Cook(Strict):
    """`cook`: the station begins with everything that waits on the ticket."""


class Ready(Strict):
    """`ready`: everything on the ticket that was begun is made, and labelled."""


class Short(Strict):
    """`short {line, quantity?, reason}`: sold out, or spoiled; without a quantity all of the line."""

    line = IdStr(required=True)
    quantity = StrictInt(1, PORTIONS_MAX)
    reason = Choice(tuple(REASONS), required=True)


class LabelQuery(Strict):
    """`store_id` names the label's shop; who belongs to one shop alone need not."""

    store_id = IdStr()

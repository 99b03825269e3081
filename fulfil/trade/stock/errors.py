"""What stock refuses."""

from __future__ import annotations

from fulfil.kit.errors import Conflict, NotFound


class InsufficientStock(Conflict):
    """`lines` says what there is: `[{sku, available}]`."""

    code, title = "out_of_stock", "There is not enough of something."


class UnknownSku(NotFound):
    code, title = "unknown_sku", "The shop has no such item."


class SourceRefReused(Conflict):
    code, title = "source_ref_reused", "This source_ref was used for another movement."

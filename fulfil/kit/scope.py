"""Which shop a call means: the one that it names, else the only one of who calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fulfil.kit.errors import Invalid
from fulfil.kit.web import in_store, principal


class StoreNeeded(Invalid):
    code, title = "store_needed", "You see several shops. Name the one that is meant: store_id."


def store_meant(given: Mapping[str, Any]) -> int:
    """The shop of `given["store_id"]`, else the caller's only one.

    Raises NotFound for a shop outside the caller's scope, StoreNeeded where none is named.
    """
    if "store_id" in given:
        return in_store(given["store_id"])
    scope = principal().store_ids
    if scope is None or len(scope) != 1:
        raise StoreNeeded()
    return next(iter(scope))

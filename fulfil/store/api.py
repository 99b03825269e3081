"""HTTP of the shop: the list that customers choose from, and opening, locking and closing one."""

from __future__ import annotations

from typing import Any

from flask import request

from fulfil.kit.web import Public, Requires, access, blueprint, in_store, principal, read, write
from fulfil.store import queries, service
from fulfil.store.schema import FloorOut, StateIn, StoreOut, StoresOut

bp = blueprint("stores", "Shops: where and when they sell.")


def language() -> str:
    """The language of an answer's single `name`: "zh" or "en", as the caller prefers, else Chinese."""
    return request.accept_languages.best_match(("zh", "zh-CN", "en", "en-GB", "en-US"), "zh")[:2]


@bp.route("/stores")
@access(Public())
@bp.response(200, StoresOut)
def stores() -> dict[str, Any]:
    """All shops."""
    with read() as tx:
        return {"stores": [queries.view(tx, row, language()) for row in queries.stores(tx)]}


@bp.route("/stores/<id:store_id>/state", methods=["POST"])
@access(Requires("staff", roles=("supervisor",)))
@bp.arguments(StateIn)
@bp.response(200, StoreOut)
def state(body: dict[str, Any], store_id: int) -> dict[str, Any]:
    """Open, lock or close a shop, or put it to sleep (floor rule 10).

    Locked it takes no new orders. Closed, or asleep until its hours begin, it holds unstarted ones, too.
    """
    in_store(store_id)
    actor = principal().name

    def effect(tx) -> dict[str, Any]:
        service.set_state(tx, store_id, body["state"], body["until"], body["reason"], actor)
        return queries.view(tx, queries.store(tx, store_id), language())

    return write(effect)


@bp.get("/stores/<id:store_id>/floor")
@access(Requires("staff"))
@bp.response(200, FloorOut)
def floor(store_id: int) -> dict[str, Any]:
    """The shop's floor plan, for drawing. 404 no_floor where none was imported."""
    in_store(store_id)
    with read() as tx:
        return queries.floor_view(tx, store_id)

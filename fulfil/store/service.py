"""Use cases of the shop: founding it, its items, places and floor, opening, locking and closing it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, select, update

from fulfil.contracts.fulfilment import ShopStateChanged
from fulfil.kit import json_body, moves
from fulfil.kit.db import Tx
from fulfil.kit.errors import Malformed
from fulfil.store import queries, rules
from fulfil.store.errors import UnknownStore, UntilPassed, WrongFloor, WrongOpening
from fulfil.store.model import FloorPlan, Item, Place, Store
from fulfil.store.rules.hours import wakes_at
from fulfil.store.states import EVENT_TO, store_machine

REOPEN = "store.reopen"
FLOOR_BYTES_MAX = 256 * 1024
# Places a new shop begins with: kind, code letters, zone, how many.
FIRST_PLACES = (
    ("staging", "STG-A", "ambient", 24),
    ("staging", "STG-C", "chilled", 12),
    ("staging", "STG-F", "frozen", 6),
    ("bag_shelf", "SHF-A", "ambient", 60),
    ("bag_shelf", "SHF-C", "chilled", 30),
    ("bag_shelf", "SHF-F", "frozen", 15),
    ("station", "PACK-", "ambient", 4),
)

_POLICY = select(Store.policy).where(Store.id == bindparam("store_id")).with_for_update()


def create_store(
    tx: Tx,
    *,
    name_zh: str,
    name_en: str,
    tz: str,
    currency: str,
    lat: float,
    lng: float,
    radius_m: int,
    opening: Mapping[str, Any],
    delivery_fee: int,
    free_delivery_from: int,
    bag_fee: int,
    scale_rules: Sequence[Mapping[str, str]] = (),
    policy: Mapping[str, Any] | None = None,
    actor: str = "system",
) -> int:
    """Found a shop with its first staging places, shelves and stations; returns its number.

    Fees in minor units, `opening` as in `rules.wrong_opening`. Raises WrongOpening.
    """
    if wrong := rules.wrong_opening(opening):
        raise WrongOpening(wrong)
    store_id = tx.number()
    tx.insert(
        Store,
        id=store_id,
        name_zh=name_zh,
        name_en=name_en,
        tz=tz,
        currency=currency,
        lat=float(lat),
        lng=float(lng),
        radius_m=radius_m,
        opening=dict(opening),
        delivery_fee=delivery_fee,
        free_delivery_from=free_delivery_from,
        bag_fee=bag_fee,
        scale_rules=list(scale_rules),
        policy=dict(policy or {}),
        state=store_machine.initial,
        version=1,
        state_until=None,
        state_reason="",
        created_at=tx.now,
    )
    moves.begin(tx, Store, store_machine, store_id, store_id=store_id, actor=actor)
    tx.insert_many(
        Place,
        [
            {"store_id": store_id, "code": f"{letters}{n:02}", "kind": kind, "zone": zone}
            for kind, letters, zone, many in FIRST_PLACES
            for n in range(1, many + 1)
        ],
    )
    return store_id


def put_items(tx: Tx, store_id: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert or replace items; a row has every column of `items` but store_id."""
    known = set(
        tx.scalars(
            select(Item.sku).where(Item.store_id == store_id, Item.sku.in_([row["sku"] for row in rows]))
        )
    )
    tx.insert_many(Item, [{"store_id": store_id, **row} for row in rows if row["sku"] not in known])
    old = [{f"new_{name}": value for name, value in row.items()} for row in rows if row["sku"] in known]
    if old:
        columns = {name: bindparam(f"new_{name}") for name in rows[0] if name != "sku"}
        tx.execute(
            update(Item.__table__)
            .where(Item.store_id == store_id, Item.sku == bindparam("new_sku"))
            .values(**columns),
            old,
        )


def floor_file(path: str) -> Any:
    """What a file of a floor plan says. Raises WrongFloor when it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            raw = file.read(FLOOR_BYTES_MAX + 1)
        if len(raw) > FLOOR_BYTES_MAX:
            raise WrongFloor(f"A floor plan has at most {FLOOR_BYTES_MAX // 1024} KiB.")
        return json_body.parse(raw)
    except (OSError, Malformed) as error:
        raise WrongFloor(f"{Path(path).name}: {error}") from error


def put_floor(tx: Tx, store_id: int, document: object, actor: str) -> dict[str, int]:
    """Replace the shop's floor plan; work that is opened from now on is walked by it.

    Gives how many `{blocks, areas, aisles, places}` it has. Raises WrongFloor, which says where and why.
    """
    queries.store(tx, store_id)
    if wrong := rules.wrong_floor(document):
        raise WrongFloor(wrong)
    floor = rules.floor_of(document)
    tx.delete(FloorPlan, {"store_id": store_id})
    tx.insert(
        FloorPlan,
        store_id=store_id,
        document=json.dumps(document, ensure_ascii=False),
        imported_by=actor,
        imported_at=tx.now,
    )
    tx.hint(f"board:{store_id}")
    return {
        "blocks": len(floor.blocks),
        "areas": len(floor.areas),
        "aisles": sum(len(part.aisles) for part in (*floor.blocks, *floor.areas)),
        "places": len(floor.places),
    }


def set_policy(tx: Tx, store_id: int, name: str, value: Any, actor: str) -> None:
    """Set one key of a shop's policy; its history says who did. Raises UnknownStore."""
    policy = tx.one(_POLICY, {"store_id": store_id})
    if policy is None:
        raise UnknownStore()
    tx.update(Store, {"id": store_id}, policy={**policy.policy, name: value})
    moves.record(
        tx,
        store_id=store_id,
        entity=Store.__tablename__,
        entity_id=store_id,
        event="set_policy",
        actor=actor,
        detail={"name": name, "from": policy.policy.get(name), "to": value},
    )
    tx.hint(f"board:{store_id}")


def set_state(tx: Tx, store_id: int, state: str, until: datetime | None, reason: str, actor: str) -> None:
    """Open, lock or close a shop (floor rule 10), until an instant if one is given. Raises UntilPassed.

    Asleep it wakes with its opening hours, unless another end is given.
    """
    if until is not None and until <= tx.now:
        raise UntilPassed()
    if state == "open":
        until = None
    row = queries.store(tx, store_id)
    if state == "asleep" and until is None:
        until = wakes_at(row, tx.now)
    moves.move(
        tx,
        Store,
        store_machine,
        row,
        EVENT_TO[state],
        store_id=store_id,
        actor=actor,
        reason=reason,
        state_until=until,
        state_reason=reason,
    )
    if until is not None:
        payload = {"store_id": store_id, "version": row.version + 1}
        tx.kit.tasks.add(tx, REOPEN, payload, run_at=until)
    tx.publish(ShopStateChanged(store_id=store_id, state=state))
    tx.hint(f"board:{store_id}")


def reopen(tx: Tx, store_id: int, version: int) -> None:
    """End a lock or closing whose time has come, unless the shop's state was set anew since."""
    row = queries.store(tx, store_id)
    if row.version == version:
        set_state(tx, store_id, "open", None, "until", "system")

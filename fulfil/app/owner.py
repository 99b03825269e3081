"""What a shop's owner does from the command line; each function is a command (see `commands.py`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from fulfil.app.commands import command
from fulfil.kit.base import Kit
from fulfil.kit.clock import rfc3339
from fulfil.kit.errors import Conflict, NotFound
from fulfil.kit.security import SYSTEM, Principal, hash_token
from fulfil.messages import service as messages
from fulfil.staff import queries as staff_queries
from fulfil.staff import service as staff
from fulfil.store import queries as stores
from fulfil.store import service as store_service
from fulfil.trade.catalog import service as catalog
from fulfil.trade.customers import queries as customers
from fulfil.trade.orders.service import showing

OWNER = Principal("system", SYSTEM.id, frozenset({"admin"}))
ADMIN_ROLES = ("admin", "supervisor")
MARKED_AT_ONCE = 1000


class WhichShop(Conflict):
    code, title = "which_shop", "There are several shops. Say which one with --store."


class NoShop(NotFound):
    code, title = "no_shop", "There is no shop yet. Run `fulfil init` first."


class NoSuchMember(NotFound):
    code, title = "no_such_member", "Nobody with this phone number has an account."


class NoSuchBadge(NotFound):
    code, title = "no_such_badge", "Nobody here has this badge. `fulfil staff list` shows who there is."


@command
def init(
    kit: Kit, *, shop: dict[str, Any], badge: str, name_zh: str, name_en: str, pin: str | None = None
) -> dict[str, Any]:
    """Found a shop and its first administrator; gives `{store_id, shops, badge, pin}`: the PIN only now.

    `shops` is how many this database holds now.
    """
    pin, pin_hash = staff.new_pin(kit, pin)

    def effect(tx) -> tuple[int, int]:
        store_id = store_service.create_store(tx, **shop)
        staff.add_person(
            tx,
            store_id=store_id,
            badge=badge,
            name_zh=name_zh,
            name_en=name_en,
            roles=ADMIN_ROLES,
            pin_hash=pin_hash,
            by=OWNER,
        )
        return store_id, len(stores.stores(tx))

    store_id, shops = kit.db.write(effect, "owner-init")
    return {"store_id": str(store_id), "shops": shops, "badge": badge, "pin": pin}


@command
def staff_add(
    kit: Kit,
    *,
    badge: str,
    name_zh: str,
    name_en: str,
    roles: Sequence[str],
    store: int | None = None,
    pin: str | None = None,
    expert_zones: Sequence[str] = (),
) -> dict[str, Any]:
    """Somebody starts to work; gives `{badge, pin}`. They are asked for second looks in `expert_zones`."""
    store_id = _shop(kit, store)
    pin, pin_hash = staff.new_pin(kit, pin)
    kit.db.write(
        lambda tx: staff.add_person(
            tx,
            store_id=store_id,
            badge=badge,
            name_zh=name_zh,
            name_en=name_en,
            roles=roles,
            pin_hash=pin_hash,
            by=OWNER,
            expert_zones=expert_zones,
        ),
        "owner-staff-add",
    )
    return {"badge": badge, "pin": pin}


@command
def staff_roles(kit: Kit, *, badge: str, roles: Sequence[str], store: int | None = None) -> dict[str, Any]:
    """Give a person other roles; they hold from the next request on."""
    _change(kit, badge, store, roles=roles)
    return {"badge": badge, "roles": sorted(set(roles))}


@command
def staff_reset_pin(
    kit: Kit, *, badge: str, store: int | None = None, pin: str | None = None
) -> dict[str, Any]:
    """A new PIN, which also unlocks; the old one and the open session end."""
    pin, pin_hash = staff.new_pin(kit, pin)
    _change(kit, badge, store, pin_hash=pin_hash)
    return {"badge": badge, "pin": pin}


@command
def staff_disable(kit: Kit, *, badge: str, store: int | None = None) -> dict[str, Any]:
    """Somebody leaves: no login any more, and the open session ends."""
    _change(kit, badge, store, disabled=True)
    return {"badge": badge}


@command
def staff_list(kit: Kit, *, store: int | None = None) -> dict[str, Any]:
    """Everybody of the shop."""
    store_id = _shop(kit, store)
    with kit.db.read() as tx:
        return {
            "people": [
                {
                    "badge": row.badge,
                    "name_zh": row.name_zh,
                    "name_en": row.name_en,
                    "roles": list(row.roles),
                    "disabled": row.disabled,
                }
                for row in staff_queries.people(tx, store_id)
            ]
        }


@command
def enrol(kit: Kit, *, store: int | None = None, count: int = 1) -> dict[str, Any]:
    """One-time codes that enrol a device each."""
    store_id = _shop(kit, store)

    def effect(tx) -> list[str]:
        return [staff.issue_code(tx, store_id, by=OWNER.name)["code"] for _ in range(count)]

    return {"codes": kit.db.write(effect, "owner-enrol")}


@command
def token_add(kit: Kit, *, program: str, roles: Sequence[str], store: int | None = None) -> dict[str, Any]:
    """A token for a program that acts with `roles`, shown only now; without `store` for every shop."""
    store_ids = None if store is None else [_shop(kit, store)]

    def effect(tx) -> dict[str, Any]:
        token = staff.create_api_token(tx, name=program, roles=roles, store_ids=store_ids)
        return {"id": str(staff_queries.api_token(tx, hash_token(token)).id), "token": token}

    return kit.db.write(effect, "owner-token-add")


@command
def token_list(kit: Kit) -> dict[str, Any]:
    """Every token of a program, the revoked ones too; `stores` is null for one of every shop."""
    with kit.db.read() as tx:
        return {
            "tokens": [
                {
                    "id": str(row.id),
                    "name": row.name,
                    "roles": list(row.roles),
                    "stores": row.store_ids and [str(number) for number in row.store_ids],
                    "created_at": rfc3339(row.created_at),
                    "revoked_at": rfc3339(row.revoked_at),
                }
                for row in staff_queries.api_tokens(tx)
            ]
        }


@command
def token_revoke(kit: Kit, *, number: int) -> dict[str, Any]:
    """A token that opens nothing any more."""
    kit.db.write(lambda tx: staff.revoke_api_token(tx, number, by=OWNER), "owner-token-revoke")
    return {"id": str(number)}


@command
def rebuild_views(kit: Kit) -> dict[str, Any]:
    """Have every order copied anew for showing, by tasks; gives `{marked, dropped}`.

    Nobody is shown old data meanwhile: what is marked is read from the orders themselves.
    """
    marked, after = 0, 0
    while (
        page := kit.db.write(
            lambda tx, after=after: showing.mark_all(tx, after, MARKED_AT_ONCE), "owner-rebuild-views"
        )
    ) is not None:
        after, count = page
        marked += count
    dropped = kit.db.write(showing.drop_nobodys, "owner-drop-views")
    return {"marked": marked, "dropped": dropped}


@command
def customers_erase(kit: Kit, *, phone: str) -> dict[str, Any]:
    """End a member's account and erase who they are, in past orders, too. Raises OrdersUnderWay."""

    def effect(tx) -> int:
        member = customers.member_of(tx, phone)
        if member is None:
            raise NoSuchMember()
        kit.services["forget_member"](tx, member)
        return member

    return {"customer_id": str(kit.db.write(effect, "owner-customers-erase"))}


@command
def messages_test(kit: Kit, *, to: str) -> dict[str, Any]:
    """Send a test message to a phone or an address; gives `{channel, gateway}`. Raises NotSent."""
    channel = messages.try_out(kit, to)
    return {"channel": channel, "gateway": type(kit.services[channel]).__name__}


@command
def import_catalog(
    kit: Kit, *, path: str, store: int | None = None, progress: Callable[[float], None] | None = None
) -> dict[str, Any]:
    """Bring a catalogue file into the shop, whole or not at all; gives the report."""
    return asdict(catalog.import_catalog(kit, _shop(kit, store), path, progress))


@command
def import_categories(kit: Kit, *, path: str, store: int | None = None) -> dict[str, Any]:
    """Replace the names of the shop's categories by those of a file; gives how many there are."""
    store_id, rows = _shop(kit, store), catalog.categories_of(path)
    kit.db.write(lambda tx: catalog.put_categories(tx, store_id, rows), "owner-categories")
    return {"categories": len(rows)}


@command
def import_floor(kit: Kit, *, path: str, store: int | None = None) -> dict[str, Any]:
    """Replace the shop's floor plan by that of a file; gives how many `{blocks, areas, aisles, places}`."""
    store_id, document = _shop(kit, store), store_service.floor_file(path)
    return kit.db.write(lambda tx: store_service.put_floor(tx, store_id, document, OWNER.name), "owner-floor")


def _shop(kit: Kit, store: int | None) -> int:
    with kit.db.read() as tx:
        ids = [row.id for row in stores.stores(tx)]
    if store is not None and store in ids:
        return store
    if not ids or store is not None:
        raise NoShop() if not ids else NotFound("There is no such shop.")
    if len(ids) > 1:
        raise WhichShop(stores=[str(i) for i in ids])
    return ids[0]


def _change(kit: Kit, badge: str, store: int | None, **changes: Any) -> None:
    store_id = _shop(kit, store)

    def effect(tx) -> None:
        person = staff_queries.person_of_badge(tx, store_id, badge.upper())
        if person is None:
            raise NoSuchBadge()
        staff.change_person(tx, person.id, by=OWNER, **changes)

    kit.db.write(effect, "owner-staff")

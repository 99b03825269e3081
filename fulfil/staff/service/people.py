"""People: added, changed, given a new PIN; tokens for programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Text, bindparam, select, type_coerce, update

from fulfil.kit import moves
from fulfil.kit.base import Kit
from fulfil.kit.db import Tx
from fulfil.kit.security import Principal, hash_token, new_token
from fulfil.kit.statements import among
from fulfil.staff import queries, rules
from fulfil.staff.errors import (
    BadgeTaken,
    DisablesSelf,
    LastAdministrator,
    PinWeak,
    ResetsOwnPin,
    RoleNotYours,
    TakesOwnRole,
    UnknownToken,
)
from fulfil.staff.model import ApiToken, Person, Shift
from fulfil.staff.service.sessions import end_session
from fulfil.staff.states import SHIFT

ZONES = ("ambient", "chilled", "frozen")
API_PREFIX = "fa_"
PIN_DIGITS = 6
# The administrators of the whole house who are not disabled; they stay locked until the end.
_ADMINS = (
    select(Person.id)
    .where(Person.disabled.is_(False), type_coerce(Person.roles, Text).contains('"admin"', autoescape=True))
    .order_by(Person.id)
    .with_for_update()
)
_TOKENS_LIVE = select(ApiToken.id).where(among(ApiToken.id, "ids"), ApiToken.revoked_at.is_(None))


def new_pin(kit: Kit, pin: str | None = None) -> tuple[str, str]:
    """A PIN, drawn if none is given, and its argon2 hash. Call outside transactions. Raises PinWeak."""
    pin = pin or f"{kit.random.randrange(10**PIN_DIGITS):0{PIN_DIGITS}d}"
    if not rules.is_pin(pin):
        raise PinWeak()
    return pin, kit.passwords.hash(pin)


def add_person(
    tx: Tx,
    *,
    store_id: int,
    badge: str,
    name_zh: str,
    name_en: str,
    roles: Sequence[str],
    pin_hash: str,
    by: Principal,
    zones: Sequence[str] = ZONES,
    expert_zones: Sequence[str] = (),
    locale: str = "zh-CN",
    tickets_done: int = 0,
) -> int:
    """Somebody starts to work here. `pin_hash` comes from `new_pin`. Raises BadgeTaken, RoleNotYours.

    `tickets_done` is what they have done elsewhere: who has done enough is no newcomer (floor rule 17).
    """
    badge = rules.bare_badge(badge)
    if not rules.may_grant(by.roles, (), roles):
        raise RoleNotYours()
    if queries.person_of_badge(tx, store_id, badge) is not None:
        raise BadgeTaken(badge=badge)
    person_id = tx.number()
    tx.insert(
        Person,
        id=person_id,
        store_id=store_id,
        badge=badge,
        name_zh=name_zh,
        name_en=name_en,
        pin_hash=pin_hash,
        roles=sorted(set(roles)),
        zones=list(zones),
        expert_zones=list(expert_zones),
        locale=locale,
        disabled=False,
        pin_failures=0,
        created_at=tx.now,
        tickets_done=tickets_done,
    )
    tx.insert(Shift, person_id=person_id, store_id=store_id, state=SHIFT.initial, version=1, since=tx.now)
    moves.begin(tx, Shift, SHIFT, person_id, store_id=store_id, actor=by.name)
    _audit(tx, store_id, person_id, "added", by, {"badge": badge, "roles": sorted(set(roles))})
    return person_id


def change_person(
    tx: Tx,
    person_id: int,
    *,
    by: Principal,
    roles: Sequence[str] | None = None,
    zones: Sequence[str] | None = None,
    expert_zones: Sequence[str] | None = None,
    disabled: bool | None = None,
    locale: str | None = None,
    pin_hash: str | None = None,
) -> None:
    """Change what is given. It holds from the next request on; a disabled person's session ends at once.

    A new PIN unlocks. Raises RoleNotYours when only an administrator may do it, DisablesSelf, TakesOwnRole or
    ResetsOwnPin when somebody does it to themselves, LastAdministrator when nobody would be left.
    """
    after = {"admin"} if roles is None else roles
    leaves = disabled or "admin" not in after
    # Locked before the person, and in order: of two administrators who disable each other one is too late.
    admins = tx.scalars(_ADMINS) if leaves else []
    row = tx.lock(select(*Person.__table__.columns).where(Person.id == person_id))
    if not rules.may_grant(by.roles, row.roles, row.roles if roles is None else roles):
        raise RoleNotYours()
    if by.session_id is not None and by.id == person_id:
        _refuse_to_oneself(row.roles, roles, disabled, pin_hash)
    if pin_hash is not None and not rules.may_reset_pin(by.roles, row.roles):
        raise RoleNotYours()
    if leaves and admins == [person_id]:
        raise LastAdministrator()
    given = {
        "roles": None if roles is None else sorted(set(roles)),
        "locale": locale,
        "zones": None if zones is None else list(zones),
        "disabled": disabled,
        "expert_zones": None if expert_zones is None else list(expert_zones),
    }
    changes = {name: value for name, value in given.items() if value is not None}
    told = dict(changes)
    if pin_hash is not None:
        changes |= {"pin_hash": pin_hash, "pin_failures": 0, "pin_locked_until": None}
        told["pin"] = "reset"
    if not changes:
        return
    tx.update(Person, Person.id == person_id, **changes)
    _audit(tx, row.store_id, person_id, "changed", by, told)
    session = queries.live_session(tx, person_id)
    if session is not None and (disabled or pin_hash is not None):
        end_session(tx, session, "disabled" if disabled else "pin_reset", actor=by.name)
    tx.hint(f"board:{row.store_id}")


def _refuse_to_oneself(
    before: Sequence[str], roles: Sequence[str] | None, disabled: bool | None, pin_hash: str | None
) -> None:
    """What ends one's own access, by a slip or by who found the screen open, another person must do."""
    if disabled:
        raise DisablesSelf()
    if pin_hash is not None:
        raise ResetsOwnPin()
    if roles is not None and rules.gives_up_charge(before, roles):
        raise TakesOwnRole()


def count_ticket(tx: Tx, person_id: int, most: int) -> None:
    """Somebody has done a ticket; once they have done `most`, they are no newcomer and nothing is counted."""
    tx.change(_COUNT_TICKET, {"person": person_id, "most": most})


_DONE = Person.__table__.c.tickets_done
_COUNT_TICKET = (
    update(Person.__table__)
    .where(Person.__table__.c.id == bindparam("person"), bindparam("most", type_=_DONE.type) > _DONE)
    .values(tickets_done=_DONE + 1)
)


def create_api_token(tx: Tx, *, name: str, roles: Sequence[str], store_ids: Sequence[int] | None) -> str:
    """A new token for a program, shown once. `store_ids` None means every shop."""
    token = new_token(tx.kit.random, API_PREFIX)
    tx.insert(
        ApiToken,
        id=tx.number(),
        token_hash=hash_token(token),
        name=name,
        roles=sorted(set(roles)),
        store_ids=None if store_ids is None else sorted(store_ids),
        created_at=tx.now,
    )
    return token


def revoke_api_token(tx: Tx, token_id: int, *, by: Principal) -> None:
    """The token opens nothing from the next request on. Raises UnknownToken."""
    if not tx.update(ApiToken, {"id": token_id, "revoked_at": None}, revoked_at=tx.now):
        raise UnknownToken()
    moves.record(tx, store_id=None, entity="api_tokens", entity_id=token_id, event="revoked", actor=by.name)


def tokens_live(tx: Tx, token_ids: Iterable[int]) -> set[int]:
    """Those of the programs' tokens that are not revoked."""
    return set(tx.scalars(_TOKENS_LIVE, {"ids": sorted(token_ids)}))


def _audit(tx: Tx, store_id: int, person_id: int, event: str, by: Principal, detail: dict) -> None:
    moves.record(
        tx, store_id=store_id, entity="people", entity_id=person_id, event=event, actor=by.name, detail=detail
    )

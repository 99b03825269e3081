"""Every select on staff's tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.engine import Row

from fulfil.kit.checks import Check, Violation, broken, off_history, unknown_state
from fulfil.kit.clock import parse_rfc3339, rfc3339
from fulfil.kit.db import Tx
from fulfil.kit.moves import History
from fulfil.kit.statements import among, one_of
from fulfil.staff import rules
from fulfil.staff.errors import UnknownPerson
from fulfil.staff.model import ApiToken, Device, Person, PlannedShift, PresenceRow, Shift, StaffSession
from fulfil.staff.states import SHIFT, ShiftState

_LIVE = StaffSession.ended_at.is_(None)
# Statements on hot paths are built once: that is most of what a small select costs.
_PERSON = select(*Person.__table__.columns)
_PERSON_OF_ID = _PERSON.where(Person.id == bindparam("id"))
_PEOPLE_NAMED = _PERSON.where(among(Person.id, "ids"))
_API_TOKEN = select(*ApiToken.__table__.columns).where(
    ApiToken.token_hash == bindparam("token_hash"), ApiToken.revoked_at.is_(None)
)
_SHIFT = select(*Shift.__table__.columns).where(Shift.person_id == bindparam("id"))
_LAST_SEEN = select(*PresenceRow.__table__.columns).where(among(PresenceRow.person_id, "ids"))
_SECOND_LOGINS = (
    select(History.entity_id, History.at, History.detail)
    .where(
        History.store_id == bindparam("store"),
        one_of(History.event, "second_login"),
        History.at > bindparam("since", type_=History.at.type),
    )
    .order_by(History.id.desc())
    .limit(20)
)
_STORES_OF = select(Person.id, Person.store_id).where(among(Person.id, "ids"))


def person(tx: Tx, person_id: int) -> Row:
    """A person's row. Raises UnknownPerson."""
    row = tx.one(_PERSON_OF_ID, {"id": person_id})
    if row is None:
        raise UnknownPerson()
    return row


def person_of_badge(tx: Tx, store_id: int, badge: str) -> Row | None:
    return tx.one(_PERSON.where(Person.store_id == store_id, Person.badge == badge))


def device_of_key(tx: Tx, key_hash: str) -> Row | None:
    """The enrolled device with this key, None when unknown or revoked."""
    return tx.one(
        select(*Device.__table__.columns).where(Device.key_hash == key_hash, Device.revoked_at.is_(None))
    )


def devices(tx: Tx, store_id: int) -> list[Row]:
    """The shop's devices, revoked ones left out."""
    return tx.all(
        select(*Device.__table__.columns)
        .where(Device.store_id == store_id, Device.revoked_at.is_(None))
        .order_by(Device.id)
    )


def session_of_token(tx: Tx, token_hash: str) -> Row | None:
    """A live session with what its person may do, None when it ended, or person or device were stopped."""
    return tx.one(_SESSION_OF_TOKEN, {"token_hash": token_hash})


_SESSION_OF_TOKEN = (
    select(
        StaffSession.id,
        StaffSession.person_id,
        StaffSession.store_id,
        StaffSession.device_id,
        Person.roles,
        Person.locale,
        Device.key_hash,
    )
    .join(Person, Person.id == StaffSession.person_id)
    .join(Device, Device.id == StaffSession.device_id)
    .where(
        StaffSession.token_hash == bindparam("token_hash"),
        _LIVE,
        Person.disabled.is_(False),
        Device.revoked_at.is_(None),
    )
)


def session(tx: Tx, session_id: int) -> Row | None:
    """A session, live or ended: id, person, shop, device, when."""
    return session_later(tx, session_id)()


def session_later(tx: Tx, session_id: int) -> Callable[[], Row | None]:
    """The same, asked now and to be had by calling."""
    rows = tx.later(_SESSION_OF_ID, {"id": session_id})
    return lambda: next(iter(rows()), None)


def hold_session(tx: Tx, session_id: int) -> bool:
    """Whether a session is live, which it then stays until the end of this transaction."""
    return hold_session_later(tx, session_id)()


def hold_session_later(tx: Tx, session_id: int) -> Callable[[], bool]:
    """The same, asked now and to be had by calling."""
    rows = tx.later(_SESSION_HELD, {"id": session_id})
    return lambda: bool(rows())


def live_session(tx: Tx, person_id: int) -> Row | None:
    """The person's live session."""
    return tx.one(_SESSION_OF_PERSON, {"id": person_id})


def sessions_live(tx: Tx, session_ids: Iterable[int]) -> set[int]:
    """Those of the sessions that have not ended."""
    return set(tx.scalars(select(StaffSession.id).where(StaffSession.id.in_(sorted(session_ids)), _LIVE)))


_SESSION = select(
    StaffSession.id,
    StaffSession.person_id,
    StaffSession.store_id,
    StaffSession.device_id,
    StaffSession.started_at,
    StaffSession.ended_at,
)
_SESSION_HELD = (
    select(StaffSession.id).where(StaffSession.id == bindparam("id"), _LIVE).with_for_update(read=True)
)
_SESSION_OF_ID = _SESSION.where(StaffSession.id == bindparam("id"))
_SESSION_OF_PERSON = _SESSION.where(StaffSession.person_id == bindparam("id"), _LIVE)


def api_tokens(tx: Tx) -> list[Row]:
    """Every token of a program, revoked ones too, oldest first."""
    return tx.all(select(*ApiToken.__table__.columns).order_by(ApiToken.id))


def api_token(tx: Tx, token_hash: str) -> Row | None:
    """A program's token, None when it is unknown or revoked."""
    return tx.one(_API_TOKEN, {"token_hash": token_hash})


def shift(tx: Tx, person_id: int) -> Row:
    """The person's shift. Raises UnknownPerson."""
    row = tx.one(_SHIFT, {"id": person_id})
    if row is None:
        raise UnknownPerson()
    return row


def on_duty(tx: Tx, store_id: int) -> list[Row]:
    """People who are available and signed in: roles, zones, session, start of shift, last seen, battery."""
    return tx.all(_ON_DUTY, {"store_id": store_id})


# Bound by `store_id`; whoever plans joins what else they weigh.
ON_DUTY = (
    select(
        Person.id.label("person_id"),
        Person.roles,
        Person.zones,
        Person.expert_zones,
        Person.name_zh,
        Person.name_en,
        Person.badge,
        Person.tickets_done,
        Shift.started_at,
        Shift.ends_at,
        Shift.break_at,
        Shift.break_ends_at,
        StaffSession.id.label("session_id"),
        PresenceRow.last_seen,
        PresenceRow.battery,
        PresenceRow.queued,
    )
    .join(Shift, Shift.person_id == Person.id)
    .join(StaffSession, and_(StaffSession.person_id == Person.id, _LIVE))
    .outerjoin(PresenceRow, PresenceRow.person_id == Person.id)
    .where(
        Shift.store_id == bindparam("store_id"),
        Shift.state == ShiftState.AVAILABLE,
        Person.disabled.is_(False),
    )
)
_ON_DUTY = ON_DUTY.order_by(Person.id)


def people(tx: Tx, store_id: int) -> list[Row]:
    """The shop's people with shift, live session and presence, by badge."""
    return tx.all(_PEOPLE, {"store_id": store_id})


_PEOPLE = (
    select(
        *Person.__table__.columns,
        Shift.person_id,
        Shift.state.label("shift"),
        Shift.since.label("shift_since"),
        StaffSession.id.label("session_id"),
        StaffSession.device_id,
        PresenceRow.last_seen,
        PresenceRow.battery,
        PresenceRow.queued,
    )
    .join(Shift, Shift.person_id == Person.id)
    .outerjoin(StaffSession, and_(StaffSession.person_id == Person.id, _LIVE))
    .outerjoin(PresenceRow, PresenceRow.person_id == Person.id)
    .where(Person.store_id == bindparam("store_id"))
    .order_by(Person.badge)
)


def people_named(tx: Tx, person_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Id, badge and names of people, JSON-ready, by id."""
    return {row.id: named(row) for row in tx.all(_PEOPLE_NAMED, {"ids": sorted(set(person_ids))})}


def stores_of(tx: Tx, person_ids: Iterable[int]) -> dict[int, int]:
    """The shops of people, by person."""
    return {row.id: row.store_id for row in tx.all(_STORES_OF, {"ids": sorted(person_ids)})}


def named(row: Row) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "badge": row.badge,
        "name": row.name_zh,
        "names": {"zh": row.name_zh, "en": row.name_en},
    }


def shift_view(row: Row) -> dict[str, Any]:
    times = ("since", "started_at", "ends_at", "break_at", "break_ends_at")
    return {"state": row.state, **{name: rfc3339(getattr(row, name)) for name in times}}


def roster(tx: Tx, store_id: int, since: datetime, until: datetime) -> list[Row]:
    """Planned shifts of a shop that lie between two instants, at least in part, by start and person."""
    return tx.all(_ROSTER, {"store_id": store_id, "since": since, "until": until})


def planned_shift(tx: Tx, planned_shift_id: int) -> Row | None:
    return tx.one(_PLANNED.where(PlannedShift.id == planned_shift_id))


def planned_now(tx: Tx, person_id: int, now: datetime) -> Row | None:
    """The shift that somebody is to work now; of one who comes early the one that is about to begin."""
    return tx.one(_PLANNED_NOW, {"person": person_id, "now": now, "early": now + rules.EARLY})


def breaks_of(row: Row) -> list[dict[str, datetime]]:
    """The breaks of a planned shift, in order."""
    return [{"starts_at": parse_rfc3339(start), "ends_at": parse_rfc3339(end)} for start, end in row.breaks]


_PLANNED = select(*PlannedShift.__table__.columns)
_TIME = PlannedShift.starts_at.type
_ROSTER = _PLANNED.where(
    PlannedShift.store_id == bindparam("store_id"),
    PlannedShift.ends_at > bindparam("since", type_=_TIME),
    PlannedShift.starts_at < bindparam("until", type_=_TIME),
).order_by(PlannedShift.starts_at, PlannedShift.person_id)
_PLANNED_NOW = (
    _PLANNED.where(
        PlannedShift.person_id == bindparam("person"),
        PlannedShift.ends_at > bindparam("now", type_=_TIME),
        PlannedShift.starts_at <= bindparam("early", type_=_TIME),
    )
    .order_by(PlannedShift.starts_at)
    .limit(1)
)


def last_seen(tx: Tx, person_ids: Iterable[int]) -> list[Row]:
    """Stored presence of these people."""
    return tx.all(_LAST_SEEN, {"ids": sorted(person_ids)})


def second_logins(tx: Tx, store_id: int, now: datetime) -> list[Row]:
    """Who signed in on a second device lately, with what is left on the first."""
    return tx.all(_SECOND_LOGINS, {"store": store_id, "since": now - timedelta(minutes=30)})


def violations(tx: Tx) -> list[Violation]:
    """Invariants 11 (shifts follow their history) and 18 (sessions, shifts, roster keep to their shop)."""
    return broken(tx, _checks())


@cache
def _checks() -> list[Check]:
    gaps = (
        select(History.entity_id)
        .where(History.entity == Shift.__tablename__, History.seq.is_not(None))
        .group_by(History.entity_id)
        .having(func.count() != func.max(History.seq) - func.min(History.seq) + 1)
    )
    elsewhere = (
        select(StaffSession.id)
        .join(Device, Device.id == StaffSession.device_id)
        .where(Device.store_id != StaffSession.store_id)
    )
    return [
        off_history(Shift),
        Check(11, "shifts", "its history has gaps", gaps),
        unknown_state(Shift, SHIFT),
        *(
            Check(
                18,
                model.__tablename__,
                "belongs to another shop than its person",
                select(key)
                .join(Person, Person.id == model.person_id)
                .where(Person.store_id != model.store_id),
            )
            for model, key in (
                (Shift, Shift.person_id),
                (StaffSession, StaffSession.id),
                (PlannedShift, PlannedShift.id),
            )
        ),
        Check(18, "staff_sessions", "was made on another shop's device", elsewhere),
    ]

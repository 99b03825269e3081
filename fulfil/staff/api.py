"""HTTP of staff: enrolment, login, shifts; people and devices for the supervisor."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import request

from fulfil.kit.scope import store_meant
from fulfil.kit.web import Public, Requires, access, blueprint, kit, principal, read, write
from fulfil.staff import queries, schema, service
from fulfil.staff.errors import UnknownPerson, UnknownSession
from fulfil.staff.service.sessions import DEVICE_HEADER

bp = blueprint("staff", "Staff: devices, sessions, shifts, people.")
PERSON = Requires("staff", person=True)
SUPERVISOR = Requires("staff", roles=("supervisor",))


@bp.route("/terminal/devices", methods=["POST"])
@access(Public())
@bp.arguments(schema.EnrolIn)
@bp.response(201, schema.DeviceKeyOut)
def enrol(body: dict[str, Any]) -> dict[str, Any]:
    """Enrol this device with a code that works once."""
    return write(lambda tx: service.enrol(tx, body["enrolment_code"], body["name"], body["kind"]))


@bp.route("/terminal/sessions", methods=["POST"])
@access(Public())
@bp.arguments(schema.LoginIn)
@bp.response(201, schema.SessionOut)
def login(body: dict[str, Any]) -> dict[str, Any]:
    """Sign in with badge and PIN on an enrolled device (`X-Device-Key`). Ends the person's other session."""
    return service.login(kit(), request.headers.get(DEVICE_HEADER, ""), body["badge"], body["pin"])


@bp.route("/terminal/sessions", methods=["DELETE"])
@access(PERSON)
@bp.response(204)
def logout() -> None:
    """Sign out. Work in hand stays with its person; the shift ends."""
    who = principal()

    def effect(tx) -> None:
        session = queries.live_session(tx, who.id)
        if session is not None and session.id == who.session_id:
            service.end_session(tx, session, "logout", actor=who.name)

    write(effect)


@bp.route("/terminal/shift", methods=["POST"])
@access(PERSON)
@bp.arguments(schema.ShiftIn)
@bp.response(200, schema.ShiftOut)
def shift(body: dict[str, Any]) -> dict[str, Any]:
    """Say: available, on a break, or off. Only who is available is offered work."""
    who = principal()

    def effect(tx) -> dict[str, Any]:
        service.set_shift(tx, who.id, body["state"], who.session_id, actor=who.name)
        return queries.shift_view(queries.shift(tx, who.id))

    return write(effect)


@bp.route("/staff/people", methods=["GET"])
@access(SUPERVISOR)
@bp.arguments(schema.StoreQuery, location="query")
@bp.response(200, schema.PeopleOut)
def people(query: dict[str, Any]) -> dict[str, Any]:
    """The shop's people with shift and presence."""
    store_id = store_meant(query)
    with read() as tx:
        return {"people": [_person_view(row) for row in queries.people(tx, store_id)]}


@bp.route("/staff/people", methods=["POST"])
@access(SUPERVISOR)
@bp.arguments(schema.PersonIn)
@bp.response(201, schema.PersonOut)
def add_person(body: dict[str, Any]) -> dict[str, Any]:
    """Add somebody; the answer holds their PIN, once. The badge is unique, so a repeat adds nobody."""
    store_id, who = store_meant(body), principal()
    pin, pin_hash = service.new_pin(kit())

    def effect(tx) -> dict[str, Any]:
        given = {
            name: body[name]
            for name in ("badge", "name_zh", "name_en", "roles", "zones", "expert_zones", "locale")
        }
        person_id = service.add_person(tx, store_id=store_id, pin_hash=pin_hash, by=who, **given)
        return {**_person_in(tx, store_id, person_id), "pin": pin}

    return write(effect)


@bp.route("/staff/people/<int:person_id>", methods=["PATCH"])
@access(SUPERVISOR)
@bp.arguments(schema.PersonChange)
@bp.response(200, schema.PersonOut)
def change_person(body: dict[str, Any], person_id: int) -> dict[str, Any]:
    """Change roles, zones or language, disable, or reset the PIN (which also unlocks it)."""
    who = principal()
    with read() as tx:
        store_id = _in_scope(queries.person(tx, person_id))
    reset = body.pop("reset_pin", False)
    pin, pin_hash = service.new_pin(kit()) if reset else (None, None)

    def effect(tx) -> dict[str, Any]:
        service.change_person(tx, person_id, by=who, pin_hash=pin_hash, **body)
        return {**_person_in(tx, store_id, person_id), **({"pin": pin} if pin else {})}

    return write(effect)


@bp.route("/staff/roster", methods=["GET"])
@access(SUPERVISOR)
@bp.arguments(schema.RosterQuery, location="query")
@bp.response(200, schema.RosterOut)
def roster(query: dict[str, Any]) -> dict[str, Any]:
    """Planned shifts that lie between two instants, at least in part."""
    store_id = store_meant(query)
    with read() as tx:
        return _roster(tx, store_id, query["since"], query["until"])


@bp.route("/staff/roster", methods=["PUT"])
@access(SUPERVISOR)
@bp.arguments(schema.RosterIn)
@bp.response(200, schema.RosterOut)
def plan_shifts(body: dict[str, Any]) -> dict[str, Any]:
    """Put shifts on the roster, from the board or from another system. Nobody gets work that ends later."""
    store_id, who, shifts = store_meant(body), principal(), body["shifts"]

    def effect(tx) -> dict[str, Any]:
        service.plan_shifts(tx, store_id, shifts, by=who)
        return _roster(tx, store_id, min(s["starts_at"] for s in shifts), max(s["ends_at"] for s in shifts))

    return write(effect)


@bp.route("/staff/roster/<int:planned_shift_id>/break", methods=["POST"])
@access(SUPERVISOR)
@bp.arguments(schema.BreakMoveIn)
@bp.response(204)
def move_break(body: dict[str, Any], planned_shift_id: int) -> None:
    """Let a planned break begin earlier or later; it lasts as long as before."""
    store_id, who = store_meant(body), principal()
    write(
        lambda tx: service.move_break(tx, store_id, planned_shift_id, body["starts_at"], body["to"], by=who)
    )


@bp.route("/staff/roster/<int:planned_shift_id>", methods=["DELETE"])
@access(SUPERVISOR)
@bp.arguments(schema.StoreQuery, location="query")
@bp.response(204)
def unplan_shift(query: dict[str, Any], planned_shift_id: int) -> None:
    """Take a shift off the roster."""
    store_id, who = store_meant(query), principal()
    write(lambda tx: service.unplan_shift(tx, store_id, planned_shift_id, by=who))


@bp.route("/staff/enrolment-codes", methods=["POST"])
@access(SUPERVISOR)
@bp.arguments(schema.StoreQuery)
@bp.response(201, schema.CodeOut)
def enrolment_code(body: dict[str, Any]) -> dict[str, Any]:
    """A code that enrols one device within a day. No answer with a code is ever stored."""
    store_id, who = store_meant(body), principal()
    return write(lambda tx: service.issue_code(tx, store_id, by=who.name))


@bp.route("/staff/devices", methods=["GET"])
@access(SUPERVISOR)
@bp.arguments(schema.StoreQuery, location="query")
@bp.response(200, schema.DevicesOut)
def devices(query: dict[str, Any]) -> dict[str, Any]:
    """The shop's enrolled devices."""
    store_id = store_meant(query)
    with read() as tx:
        return {"devices": [row._asdict() for row in queries.devices(tx, store_id)]}


@bp.route("/staff/devices/<int:device_id>", methods=["DELETE"])
@access(SUPERVISOR)
@bp.arguments(schema.StoreQuery, location="query")
@bp.response(204)
def revoke_device(query: dict[str, Any], device_id: int) -> None:
    """A device is lost: its key and its session end."""
    store_id, who = store_meant(query), principal()
    write(lambda tx: service.revoke_device(tx, store_id, device_id, by=who.name))


@bp.route("/staff/devices/<int:device_id>/unlock", methods=["POST"])
@access(SUPERVISOR)
@bp.arguments(schema.StoreQuery)
@bp.response(204)
def unlock_device(body: dict[str, Any], device_id: int) -> None:
    """Let PINs be tried on a device again."""
    store_id, who = store_meant(body), principal()
    write(lambda tx: service.clear_locks(tx, store_id, device_id, by=who.name))


@bp.route("/staff/sessions/<int:session_id>", methods=["DELETE"])
@access(SUPERVISOR)
@bp.response(204)
def revoke_session(session_id: int) -> None:
    """End somebody's session now; their socket closes within seconds."""
    who = principal()

    def effect(tx) -> None:
        session = queries.session(tx, session_id)
        if session is None or session.ended_at is not None or not who.sees(session.store_id):
            raise UnknownSession()
        service.end_session(tx, session, "revoked", actor=who.name)

    write(effect)


def _in_scope(person: Any) -> int:
    if not principal().sees(person.store_id):
        raise UnknownPerson()
    return person.store_id


def _roster(tx, store_id: int, since: datetime, until: datetime) -> dict[str, Any]:
    return {
        "shifts": [
            {**row._asdict(), "breaks": queries.breaks_of(row)}
            for row in queries.roster(tx, store_id, since, until)
        ]
    }


def _person_in(tx, store_id: int, person_id: int) -> dict[str, Any]:
    return next(_person_view(row) for row in queries.people(tx, store_id) if row.id == person_id)


def _person_view(row: Any) -> dict[str, Any]:
    shown = (
        "store_id",
        "roles",
        "zones",
        "expert_zones",
        "locale",
        "disabled",
        "pin_locked_until",
        "shift",
        "session_id",
        "last_seen",
    )
    return {**queries.named(row), **{name: getattr(row, name) for name in shown}}

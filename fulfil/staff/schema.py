"""Shapes of staff's requests and answers."""

from __future__ import annotations

from marshmallow import fields, validate

from fulfil.kit.web import Choice, IdStr, Str, Strict, StrictBool, TimeIn
from fulfil.staff.states import Role, ShiftState

ZONES = ("ambient", "chilled", "frozen")
LOCALES = ("zh-CN", "en")
KINDS = ("handheld", "station", "board")


class Names(Strict):
    zh = fields.String()
    en = fields.String()


class EnrolIn(Strict):
    enrolment_code = Str(max=40, required=True)
    name = Str(max=60, load_default="handheld")
    kind = Choice(KINDS, load_default="handheld")


class DeviceKeyOut(Strict):
    device_key = fields.String()
    device_id = IdStr()
    store_id = IdStr()


class LoginIn(Strict):
    badge = Str(max=40, required=True)
    pin = Str(max=16, required=True)


class PersonName(Strict):
    id = IdStr()
    badge = fields.String()
    name = fields.String()
    names = fields.Nested(Names)


class StoreOfSession(Strict):
    id = IdStr()
    name = fields.Nested(Names)
    currency = fields.String()
    tz = fields.String()


class ShiftOut(Strict):
    """`ends_at` and the break, the next one or the one that is on, are those of the roster."""

    state = fields.String()
    since = TimeIn()
    started_at = TimeIn(allow_none=True)
    ends_at = TimeIn(allow_none=True)
    break_at = TimeIn(allow_none=True)
    break_ends_at = TimeIn(allow_none=True)


class QueuedElsewhere(Strict):
    """Ops that were not sent yet by the device that this person has left."""

    device = fields.String()
    ops = fields.Integer()


class SessionOut(Strict):
    """Who signed in; `token` is shown this once. `queued_elsewhere` is null where nothing was left behind."""

    token = fields.String()
    session_id = IdStr()
    person = fields.Nested(PersonName)
    roles = fields.List(fields.String())
    store = fields.Nested(StoreOfSession)
    locale = fields.String()
    shift = fields.Nested(ShiftOut)
    queued_elsewhere = fields.Nested(QueuedElsewhere, allow_none=True)


class ShiftIn(Strict):
    state = Choice(ShiftState, required=True)


class StoreQuery(Strict):
    store_id = IdStr()


class BreakIn(Strict):
    starts_at = TimeIn(required=True)
    ends_at = TimeIn(required=True)


class PlannedShiftIn(Strict):
    """A shift and its breaks, which lie inside of it."""

    person_id = IdStr(required=True)
    starts_at = TimeIn(required=True)
    ends_at = TimeIn(required=True)
    breaks = fields.List(fields.Nested(BreakIn), validate=validate.Length(max=10), load_default=list)


class RosterIn(Strict):
    """Each shift takes the place of those of the same person that it overlaps."""

    store_id = IdStr()
    shifts = fields.List(fields.Nested(PlannedShiftIn), validate=validate.Length(1, 200), required=True)


class BreakMoveIn(Strict):
    """The break that begins at `starts_at` begins at `to`."""

    store_id = IdStr()
    starts_at = TimeIn(required=True)
    to = TimeIn(required=True)


class RosterQuery(Strict):
    store_id = IdStr()
    since = TimeIn(required=True)
    until = TimeIn(required=True)


class PlannedShiftOut(PlannedShiftIn):
    id = IdStr()


class RosterOut(Strict):
    shifts = fields.List(fields.Nested(PlannedShiftOut))


def _roles(**options: object) -> fields.List:
    return fields.List(Choice(Role), validate=validate.Length(1, len(Role)), **options)


def _zones(least: int = 1, **options: object) -> fields.List:
    return fields.List(Choice(ZONES), validate=validate.Length(least, len(ZONES)), **options)


class PersonIn(Strict):
    """Somebody new; `expert_zones` are those in which they look again for what others miss."""

    store_id = IdStr()
    badge = Str(max=40, required=True)
    name_zh = Str(max=60, required=True)
    name_en = Str(max=60, required=True)
    roles = _roles(required=True)
    zones = _zones(load_default=list(ZONES))
    expert_zones = _zones(load_default=list, least=0)
    locale = Choice(LOCALES, load_default="zh-CN")


class PersonChange(Strict):
    """Only what is given changes; `reset_pin` answers with a new PIN and unlocks."""

    roles = _roles()
    zones = _zones()
    expert_zones = _zones(least=0)
    locale = Choice(LOCALES)
    disabled = StrictBool()
    reset_pin = StrictBool()


class PersonOut(PersonName):
    """Somebody of the shop; `session_id` is null while nobody is signed in with their badge."""

    store_id = IdStr()
    roles = fields.List(fields.String())
    zones = fields.List(fields.String())
    expert_zones = fields.List(fields.String())
    locale = fields.String()
    disabled = fields.Boolean()
    pin_locked_until = TimeIn(allow_none=True)
    shift = fields.String()
    session_id = IdStr(allow_none=True)
    last_seen = TimeIn(allow_none=True)
    pin = fields.String(metadata={"description": "shown once, when it was just made"})


class PeopleOut(Strict):
    people = fields.List(fields.Nested(PersonOut))


class CodeOut(Strict):
    """An enrolment code, shown this once."""

    code = fields.String()
    expires_at = TimeIn()


class DeviceOut(Strict):
    """An enrolled device; `pin_locked_until` while too many wrong PINs lock it."""

    id = IdStr()
    name = fields.String()
    kind = fields.String()
    enrolled_at = TimeIn()
    pin_locked_until = TimeIn(allow_none=True)


class DevicesOut(Strict):
    devices = fields.List(fields.Nested(DeviceOut))

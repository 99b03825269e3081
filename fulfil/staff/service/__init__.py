"""Use cases of staff by file: people, devices, sessions, shifts, the roster and presence."""

from fulfil.staff.queries import sessions_live
from fulfil.staff.service.devices import clear_locks, enrol, issue_code, revoke_device
from fulfil.staff.service.people import (
    add_person,
    change_person,
    count_ticket,
    create_api_token,
    new_pin,
    revoke_api_token,
    tokens_live,
)
from fulfil.staff.service.presence import Presence
from fulfil.staff.service.roster import move_break, pass_breaks, plan_shifts, unplan_shift
from fulfil.staff.service.sessions import authenticate, authenticate_token, end_session, login
from fulfil.staff.service.shifts import set_shift

__all__ = [
    "Presence",
    "add_person",
    "authenticate",
    "authenticate_token",
    "change_person",
    "clear_locks",
    "count_ticket",
    "create_api_token",
    "end_session",
    "enrol",
    "issue_code",
    "login",
    "move_break",
    "new_pin",
    "pass_breaks",
    "plan_shifts",
    "revoke_api_token",
    "revoke_device",
    "sessions_live",
    "set_shift",
    "tokens_live",
    "unplan_shift",
]

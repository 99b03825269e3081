"""What staff refuses."""

from __future__ import annotations

from fulfil.kit.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unauthenticated


class DeviceUnknown(Unauthenticated):
    code, title = "device_unknown", "This device is not enrolled. Ask the supervisor for an enrolment code."


class EnrolmentRefused(Forbidden):
    code, title = "enrolment_refused", "The enrolment code is wrong, used or expired."


class LoginRefused(Unauthenticated):
    """The same for an unknown badge, a wrong PIN, a locked or a disabled person: nothing can be guessed."""

    code, title = "login_refused", "Badge or PIN is wrong, or the PIN is locked. The supervisor can help."


class DeviceLocked(TooMany):
    code, title = "device_locked", "Too many wrong PINs on this device. Wait, or ask the supervisor."


class BadgeTaken(Conflict):
    code, title = "badge_taken", "Somebody else has this badge."


class RoleNotYours(Forbidden):
    code, title = "role_not_yours", "Only an administrator may change this person or this role."


class DisablesSelf(Forbidden):
    code, title = "disables_self", "Nobody disables themselves. Ask another supervisor or an administrator."


class TakesOwnRole(Forbidden):
    code = "takes_own_role"
    title = "Nobody takes their own supervisor's or administrator's role. Ask another administrator."


class ResetsOwnPin(Forbidden):
    code, title = "resets_own_pin", "Nobody resets their own PIN. Ask another supervisor or an administrator."


class LastAdministrator(Conflict):
    code = "last_administrator"
    title = "Nobody else could sign in as an administrator. Make somebody else one first."


class UnknownPerson(NotFound):
    code, title = "unknown_person", "There is no such person in this shop."


class UnknownSession(NotFound):
    code, title = "unknown_session", "There is no such live session in this shop."


class UnknownDevice(NotFound):
    code, title = "unknown_device", "There is no such device in this shop."


class UnknownToken(NotFound):
    code, title = "unknown_token", "There is no such token, or it is revoked already."


class UnknownPlannedShift(NotFound):
    code, title = "unknown_planned_shift", "There is no such shift on this shop's roster."


class ShiftImpossible(Conflict):
    code = "shift_impossible"
    title = "A shift lasts up to 16 hours, and its breaks follow one another inside of it."


class UnknownBreak(NotFound):
    code, title = "unknown_break", "This shift has no break that begins then."


class BreakPassed(Conflict):
    code = "break_passed"
    title = "A break is moved before it begins, to a time that is still to come."


class PinWeak(Invalid):
    code, title = "pin_weak", "A PIN has 4 to 8 digits."

"""Decisions of staff: may a PIN be tried, who may give which role, until when somebody works. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

PERSON_TRIES_MAX = 5
# A device is shared by a crew: it allows more slips than one person does, and stops who tries many badges.
DEVICE_TRIES_MAX = 10
LOCKOUT = timedelta(minutes=15)
ENROLMENT_LIFE = timedelta(hours=24)
CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0 O 1 I: it is read from a screen and typed
CODE_CHARS = 10
ADMIN_ONLY = frozenset({"admin", "operator", "finance"})
FLOOR = frozenset({"picker", "cook", "packer", "counter", "rider"})
IN_CHARGE = frozenset({"supervisor", "admin"})
SHIFT_MAX = timedelta(hours=16)
EARLY = timedelta(hours=1)  # who comes so much before a planned shift has come for it
Rest = tuple[datetime, datetime]  # a break: from, until


@dataclass(frozen=True)
class Attempt:
    """A try of a PIN, counted before the PIN is looked at: guesses sent at once all count."""

    allowed: bool
    failures: int
    locked_until: datetime | None


def attempt(failures: int, locked_until: datetime | None, now: datetime, tries_max: int) -> Attempt:
    """Count one more try. The last allowed one already locks; only success unlocks again."""
    if locked_until is not None:
        if now < locked_until:
            return Attempt(False, failures, locked_until)
        failures = 0
    failures += 1
    return Attempt(True, failures, now + LOCKOUT if failures >= tries_max else None)


def may_grant(actor_roles: Iterable[str], before: Iterable[str], after: Iterable[str]) -> bool:
    """Whether `actor_roles` allow to touch who has the roles `before` and to make them `after`.

    Administrators may all; others give and take the floor's roles, of nobody whom administrators care for.
    """
    before, after = frozenset(before), frozenset(after)
    return "admin" in set(actor_roles) or not before & ADMIN_ONLY and before ^ after <= FLOOR


def may_reset_pin(actor_roles: Iterable[str], roles: Iterable[str]) -> bool:
    """Whether `actor_roles` allow to give a new PIN to who has `roles`.

    Who gives one can sign in with it. Those in charge decide about money by two: nobody may become the other.
    """
    return "admin" in set(actor_roles) or not IN_CHARGE & set(roles)


def gives_up_charge(before: Iterable[str], after: Iterable[str]) -> bool:
    """Whether somebody who has a role of those in charge would lose one."""
    return bool(IN_CHARGE & set(before) - set(after))


def possible(starts_at: datetime, ends_at: datetime, breaks: Sequence[Rest]) -> bool:
    """Whether somebody can work so: a shift of up to 16 hours, breaks one after the other inside of it."""
    times = [starts_at, *(time for rest in breaks for time in rest), ends_at]
    return (
        starts_at < ends_at
        and ends_at - starts_at <= SHIFT_MAX
        and all(start < end for start, end in breaks)
        and times == sorted(times)
    )


def moved(breaks: Sequence[Rest], starts_at: datetime, to: datetime) -> list[Rest] | None:
    """The breaks in order when the one that begins at `starts_at` begins at `to`; None: there is none.

    It lasts as long as before.
    """
    rests = dict(breaks)
    if starts_at not in rests:
        return None
    ends_at = rests.pop(starts_at)
    return sorted([*rests.items(), (to, to + (ends_at - starts_at))])


def next_break(now: datetime, breaks: Sequence[Rest]) -> Rest | tuple[None, None]:
    """The break that is on, or the next one, of breaks in order."""
    return next((rest for rest in breaks if now < rest[1]), (None, None))


def works_until(
    now: datetime, ends_at: datetime | None, break_at: datetime | None, break_ends_at: datetime | None
) -> datetime | None:
    """When new work must be done by: the next break or the end of the shift. None: nothing is planned."""
    if break_at is None or break_ends_at is None or now >= break_ends_at:
        return ends_at
    return break_at if ends_at is None else min(break_at, ends_at)


def is_pin(text: str) -> bool:
    return 4 <= len(text) <= 8 and text.isascii() and text.isdigit()


def bare_badge(text: str) -> str:
    """A badge as typed or scanned, without the prefix of its barcode."""
    return text.strip().upper().removeprefix("BADGE-")


def enrolment_code(text: str) -> str:
    """A code as typed: capitals, without blanks and dashes."""
    return text.strip().upper().replace("-", "").replace(" ", "")

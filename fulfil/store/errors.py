"""What the shop refuses."""

from __future__ import annotations

from fulfil.kit.errors import Invalid, NotFound


class UnknownStore(NotFound):
    code, title = "unknown_store", "There is no such shop."


class UntilPassed(Invalid):
    code, title = "until_passed", "The end of a lock must lie in the future."


class WrongOpening(Invalid):
    code, title = "wrong_opening", 'Opening hours map mon…sun to spans such as ["07:00", "23:00"].'


class WrongFloor(Invalid):
    code, title = "wrong_floor", "The floor plan cannot be used; nothing was changed."


class NoFloor(NotFound):
    code, title = "no_floor", "The shop has no floor plan yet."

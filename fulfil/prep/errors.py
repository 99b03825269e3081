"""What preparation refuses. None of these leaves an effect."""

from __future__ import annotations

from datetime import datetime

from fulfil.kit.clock import rfc3339
from fulfil.kit.errors import Conflict, NotFound


class TooEarly(Conflict):
    """It would be cold before the rest of the order is there."""

    code, title = "too_early", "It would be cold before the rest of the order is there."

    def __init__(self, start_at: datetime) -> None:
        super().__init__(start_at=rfc3339(start_at))


class NothingWaits(Conflict):
    code, title = "nothing_waits", "All of this is begun already."


class NothingCooks(Conflict):
    code, title = "nothing_cooks", "Begin it first."


class PrepLineUnknown(Conflict):
    code, title = "line_unknown", "This line is not on the ticket."


class PrepLineClosed(Conflict):
    code, title = "line_closed", "This line is done already."


class MoreThanLeft(Conflict):
    code, title = "more_than_missing", "That is more than the line still needs."


class UnknownPrepOrder(NotFound):
    code, title = "unknown_prep_order", "There is no such work of the kitchen."

"""What reports refuse."""

from __future__ import annotations

from fulfil.kit.errors import Invalid


class PeriodWrong(Invalid):
    code, title = "period_wrong", "A period ends on or after the day on which it begins."


class PeriodTooLong(Invalid):
    """`days_max` is how long it may be."""

    code, title = "period_too_long", "The period is too long for one answer."

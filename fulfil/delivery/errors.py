"""What delivery refuses. None of these leaves an effect, except that wrong PINs are counted."""

from __future__ import annotations

from fulfil.kit.errors import Conflict, NotFound, TooMany


class PinWrong(Conflict):
    """`left` tries remain."""

    code, title = "pin_wrong", "This is not the customer's PIN."


class PinLocked(TooMany):
    code, title = "pin_locked", "Too many wrong PINs: deliver without one, it is recorded."


class NotPickedUp(Conflict):
    code, title = "not_picked_up", "The counter has not released this order yet."


class MilestoneUnknown(Conflict):
    """`legal` are the milestones that may come next."""

    code, title = "milestone_not_legal", "This milestone cannot come now."


class CustomerMayCome(Conflict):
    """`left` calls are still to be made; `at` is from when on nobody has to wait, None before the first."""

    code = "customer_may_come"
    title = "Call the customer twice, and wait ten minutes from the first call."


class RideUnknown(NotFound):
    code, title = "unknown_ride", "There is no such delivery."


class LinkUnknown(NotFound):
    code, title = "no_carrier_link", "No third party rides with this order."


class BagUnknown(Conflict):
    """`bags` are those that did not leave with this order."""

    code, title = "bag_not_here", "This bag did not leave with the order."


class NothingLeftToDeliver(Conflict):
    code, title = "nothing_left_to_deliver", "No bag would be left: bring the whole order back."


class MoreThanApproved(Conflict):
    """`most` is how much of the line shall come back."""

    code, title = "more_than_approved", "That is more than shall come back."


class NotForThisRide(Conflict):
    code, title = "not_for_this_ride", "This cannot be done with this kind of ride."

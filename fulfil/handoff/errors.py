"""What handoff refuses. None of these leaves an effect."""

from __future__ import annotations

from fulfil.kit.errors import Conflict, Forbidden, NotFound


class BagForeign(Conflict):
    """`order_no` says whose bag it is."""

    code, title = "bag_foreign", "This bag belongs to another order."


class BagScannedAlready(Conflict):
    code, title = "bag_scanned", "This bag is counted already."


class BagsMissing(Conflict):
    """`bags` are those not scanned; `missing` those searched for in vain."""

    code, title = "bags_missing", "Scan every bag before the release."


class SearchFirst(Conflict):
    """`seconds` are left of the search."""

    code, title = "search_first", "Search for the missing bag a little longer."


class SupervisorNeeded(Forbidden):
    code, title = "supervisor_needed", "A supervisor decides whether the order leaves without this bag."


class NothingToRelease(Conflict):
    code, title = "nothing_to_release", "No bag is left to hand over."


class ColdOverrun(Conflict):
    """`zone`, `seconds` and `limit` say which goods were out of the cold for how long."""

    code, title = "cold_overrun", "These goods were too long out of the cold: take their bags out."


class ColdEnough(Conflict):
    code, title = "cold_enough", "This bag was not too long out of the cold."


class BagLeftOut(Conflict):
    code, title = "bag_left_out", "This bag was taken out of the order."


class RiderNeeded(Conflict):
    code, title = "rider_needed", "Scan the rider's code first."


class RiderUnknown(NotFound):
    code, title = "rider_unknown", "Nobody with this code waits for an order here."


class CodeUnknown(Conflict):
    code, title = "code_unknown", "Nothing here has this code."


class HandoverUnknown(NotFound):
    code, title = "unknown_handover", "There is no such open handover."

"""Use cases of handoff: the list of bags, riders who come, the release."""

from fulfil.handoff.service.arrivals import allow_missing, arrive
from fulfil.handoff.service.bags import bag_missing, bag_scan, scan
from fulfil.handoff.service.release import release
from fulfil.handoff.service.tickets import cancel, open_handover, specs, taken_over

__all__ = ["allow_missing", "arrive", "bag_missing", "bag_scan", "cancel", "open_handover", "release", "scan",
           "specs", "taken_over"]

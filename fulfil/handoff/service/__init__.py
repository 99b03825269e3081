"""Use cases of handoff: the list of bags, riders who come, bags left out, the release."""

from fulfil.handoff.service.arrivals import allow_missing, arrive
from fulfil.handoff.service.bags import bag_missing, bag_scan, no_show, scan
from fulfil.handoff.service.left_out import refuse
from fulfil.handoff.service.release import release
from fulfil.handoff.service.tickets import cancel, open_handover, taken_over

__all__ = [
    "allow_missing",
    "arrive",
    "bag_missing",
    "bag_scan",
    "cancel",
    "no_show",
    "open_handover",
    "refuse",
    "release",
    "scan",
    "taken_over",
]

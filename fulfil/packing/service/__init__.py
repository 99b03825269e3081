"""Use cases of packing: opening the ticket, lines into bags, bags to shelves, scans without a parser."""

from fulfil.packing.service.bags import close_bag, new_bag, seal
from fulfil.packing.service.lines import pack, short, surplus, tote, unpack
from fulfil.packing.service.scans import scan
from fulfil.packing.service.tickets import open_packing

__all__ = [
    "close_bag",
    "new_bag",
    "open_packing",
    "pack",
    "scan",
    "seal",
    "short",
    "surplus",
    "tote",
    "unpack",
]

"""Codes on totes and bags."""

from __future__ import annotations

import re

BAG_CODE = re.compile(r"BAG-([0-9]{1,18})-[0-9]{1,4}")


def tote_code(text: str) -> str:
    """A tote's code as on its label, with the prefix, in capitals."""
    bare = text.strip().upper()
    return bare if bare.startswith("TOTE-") else f"TOTE-{bare}"


def bag_code(order_no: int, n: int) -> str:
    """The code on the n-th bag's label."""
    return f"BAG-{order_no}-{n}"


def order_of_bag(code: str) -> int | None:
    """The order that a bag's code names, None when it is none."""
    named = BAG_CODE.fullmatch(code.upper())
    return int(named[1]) if named else None

"""What of the waiting work may begin, and who is in touch to do it (floor rules 1, 3, 11)."""

from __future__ import annotations

from datetime import datetime

from fulfil.dispatch.rules.policy import Policy


def pick_released(unpacked: int, packers: int, policy: Policy) -> bool:
    """Picking pauses while the packers have more orders before them than they can take (floor rule 11)."""
    return unpacked < policy.unpacked_per_packer * max(1, packers)


def cold_may_start(ambient_seconds_left: int | None, policy: Policy) -> bool:
    """Whether a cold ticket may be offered (floor rule 3). None: ambient work that nobody has begun."""
    return ambient_seconds_left is not None and ambient_seconds_left <= policy.cold_lead_seconds


def contact(now: datetime, last_seen: datetime | None, policy: Policy) -> str:
    """here | away (not offered anything) | gone (their work is taken over)."""
    silent = None if last_seen is None else (now - last_seen).total_seconds()
    if silent is None or silent > policy.takeover_seconds:
        return "gone"
    return "away" if silent > policy.away_seconds else "here"

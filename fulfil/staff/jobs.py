"""What staff does by itself: knowing tokens, writing presence."""

from __future__ import annotations

from fulfil.kit.base import Kit
from fulfil.staff import service
from fulfil.staff.service.people import API_PREFIX
from fulfil.staff.service.sessions import SESSION_PREFIX

FLUSH_SECONDS = 5
BREAKS_SECONDS = 60


def register(kit: Kit) -> None:
    """Offer presence to all, authenticate staff and programs, flush heartbeats, let breaks pass."""
    presence = kit.services.setdefault("presence", service.Presence(kit.clock))
    kit.security.authenticator(SESSION_PREFIX, service.authenticate)
    kit.security.authenticator(API_PREFIX, service.authenticate_token)
    kit.tasks.sweep("staff.presence", FLUSH_SECONDS, presence.flush)
    kit.tasks.sweep("staff.breaks", BREAKS_SECONDS, service.pass_breaks)

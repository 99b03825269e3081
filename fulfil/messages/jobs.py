"""What messages hear, send and look for; hands their gateways to the folders that send."""

from __future__ import annotations

from fulfil.kit.base import Kit
from fulfil.messages.rules import events
from fulfil.messages.rules.alarms import CHECK_SECONDS
from fulfil.messages.service import alarms, gateways, hooks, sending
from fulfil.messages.service.posting import DEPENDENCY, Lanes
from fulfil.messages.service.subscriptions import Wanted


def register(kit: Kit) -> None:
    """A gateway that is there already stays: tests and simulations bring their own."""
    kit.services.setdefault("sms", gateways.sms(kit))
    kit.services.setdefault("email", gateways.email(kit))
    kit.services["webhooks_wanted"] = Wanted(kit)
    kit.services["webhook_lanes"] = Lanes()
    kit.services["alarm_sources"] = [alarms.of_the_house]
    alarms.check_contacts(kit.config)
    kit.gateway.dependency(DEPENDENCY)
    kit.tasks.handler(sending.DELIVER, sending.deliver, kind="call")
    kit.tasks.handler(hooks.DELIVER, hooks.deliver, kind="call")
    for event_class in events.TELLERS:
        kit.events.subscribe(event_class, f"webhooks.{event_class.__name__}", hooks.on_event, inline=True)
    kit.tasks.sweep("messages.alarms", CHECK_SECONDS, alarms.check)

"""Hands the message gateways to the folders that send."""

from __future__ import annotations

import sys

from fulfil.kit.base import Kit
from fulfil.messages.service import ConsoleSms, sending


def register(kit: Kit) -> None:
    """Short messages go to the console (standard error: standard output may be read by a program)."""
    kit.services.setdefault("sms", ConsoleSms(kit.gateway, sys.stderr))
    kit.tasks.handler(sending.DELIVER, sending.deliver, kind="call")

"""Which channels this installation has: those whose settings are there."""

from __future__ import annotations

from fulfil.kit.base import Kit
from fulfil.kit.errors import ConfigError
from fulfil.trade.payments import rules
from fulfil.trade.payments.service.channel import Channel
from fulfil.trade.payments.service.sandbox import SandboxChannel


def channels(kit: Kit) -> dict[str, Channel]:
    """Channels by name with their receiving accounts (P4). Raises ConfigError for a wrong shape."""
    try:
        accounts = rules.accounts(kit.config.receiving_accounts)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    return {SandboxChannel.name: SandboxChannel(kit, accounts)} if kit.config.sandbox_url else {}

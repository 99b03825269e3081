"""Which gateways a configuration asks for: what all of them have in common, and the choice."""

from __future__ import annotations

import sys
from typing import Protocol

from fulfil.kit.base import Kit
from fulfil.kit.errors import ConfigError
from fulfil.messages.rules import providers
from fulfil.messages.rules.sending import channel_of
from fulfil.messages.service.console import EMAIL, SMS, Console
from fulfil.messages.service.http_sms import HttpSms
from fulfil.messages.service.smtp import SmtpEmail


class SmsGateway(Protocol):
    """Sends a text to a phone, once for a `key` where the provider honours keys."""

    def send(self, recipient: str, text: str, *, key: str) -> None: ...


class EmailGateway(Protocol):
    """The same to an address, with a subject."""

    def send(self, recipient: str, text: str, *, key: str, subject: str) -> None: ...


def sms(kit: Kit) -> SmsGateway:
    """The provider of `sms_url`, else the console. Raises ConfigError.

    The console is standard error: standard output may be read by a program.
    """
    config = kit.config
    if not config.sms_url:
        return Console(kit.gateway, sys.stderr, SMS)
    try:
        template = providers.body_template(config.sms_body)
    except ValueError as error:
        raise ConfigError(f"sms_body must be JSON with {{phone}} and {{text}} in it: {error}") from None
    return HttpSms(
        kit.gateway, kit.clock, config.sms_url, template, token=config.sms_token, secret=config.sms_secret
    )


def email(kit: Kit) -> EmailGateway:
    """The server of `smtp_url`, else the console. Raises ConfigError."""
    config = kit.config
    if not config.smtp_url:
        return Console(kit.gateway, sys.stderr, EMAIL)
    try:
        server = providers.mail_server(config.smtp_url)
    except ValueError:
        raise ConfigError("smtp_url must look like smtp://user:password@host:587 or smtps://…:465") from None
    if channel_of(config.email_from) != EMAIL:
        raise ConfigError("email_from must be an e-mail address where smtp_url is set")
    return SmtpEmail(kit.gateway, kit.clock, server, config.email_from)

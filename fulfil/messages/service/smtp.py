"""E-mail through an SMTP server. Its sockets are gevent's where gevent serves."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import gevent

from fulfil.kit.clock import Clock
from fulfil.kit.gateway import CallFailed, Gateway
from fulfil.messages.errors import Undeliverable
from fulfil.messages.rules.providers import MailServer, provider_key
from fulfil.messages.rules.sending import channel_of
from fulfil.messages.service.console import EMAIL

TIMEOUT_SECONDS = 5.0  # of each step
TOTAL_SECONDS = 45.0  # of all of them: less than a task's lease


class SmtpEmail:
    """Hands each message to `server` over a connection of its own; it comes from the address `sender`.

    SMTP knows no idempotency: a repeated message has the same Message-ID, by which mailboxes know it.
    """

    def __init__(self, gateway: Gateway, clock: Clock, server: MailServer, sender: str) -> None:
        self._gateway, self._clock, self._server, self._sender = gateway, clock, server, sender
        gateway.dependency(EMAIL)

    def send(self, recipient: str, text: str, *, key: str, subject: str = "") -> None:
        """Raises CallRefused, CallFailed or another OSError, and Undeliverable."""
        if channel_of(recipient) != EMAIL:
            raise Undeliverable("wrong_address")
        message = self._message(recipient, text, key, subject)
        refusal = self._gateway.call(EMAIL, lambda: self._in_time(recipient, message))
        if refusal:
            raise Undeliverable(refusal)

    def _message(self, recipient: str, text: str, key: str, subject: str) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"] = self._sender, recipient
        message["Subject"] = " ".join(subject.split())
        message["Date"] = format_datetime(self._clock.now())
        message["Message-ID"] = f"<{provider_key(key)}@{self._sender.partition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        return message

    def _in_time(self, recipient: str, message: EmailMessage) -> str:
        with gevent.Timeout(TOTAL_SECONDS, TimeoutError("the mail server takes too long")):
            return self._hand_over(recipient, message)

    def _hand_over(self, recipient: str, message: EmailMessage) -> str:
        """What the server has against this very message, "" when it took it.

        That is no fault of the server's, so it is given back: raised, it would count against its breaker.
        """
        smtp = self._connected()
        try:
            smtp.send_message(message, self._sender, [recipient])
        except smtplib.SMTPRecipientsRefused as refused:
            return self._final(refused.recipients[recipient][0], refused)
        except smtplib.SMTPDataError as refused:
            return self._final(refused.smtp_code, refused)
        finally:
            with suppress(OSError):  # whatever is said at the end, the message was taken or refused before
                smtp.quit()
            smtp.close()
        return ""

    @staticmethod
    def _final(code: int, refused: smtplib.SMTPException) -> str:
        if code < 500:
            raise refused
        return f"smtp_{code}"

    def _connected(self) -> smtplib.SMTP:
        where, trust = self._server, ssl.create_default_context()
        if where.tls:
            smtp = smtplib.SMTP_SSL(where.host, where.port, timeout=TIMEOUT_SECONDS, context=trust)
        else:
            smtp = smtplib.SMTP(where.host, where.port, timeout=TIMEOUT_SECONDS)
        try:
            self._secured(smtp, trust)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _secured(self, smtp: smtplib.SMTP, trust: ssl.SSLContext) -> None:
        smtp.ehlo_or_helo_if_needed()
        if not self._server.tls:
            if smtp.has_extn("starttls"):
                smtp.starttls(context=trust)
                smtp.ehlo()
            elif self._server.strict:
                raise CallFailed("the mail server offers no STARTTLS")
        if self._server.user:
            smtp.login(self._server.user, self._server.password)

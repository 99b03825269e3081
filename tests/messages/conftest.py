"""Servers of others, real ones on this machine."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.messages.mailbox import Mailbox
from tests.messages.receiver import Receiver

PEM = Path(__file__).parent.parent / "cli" / "tls"
CERTIFICATE = str(PEM / "certificate.pem")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """An HTTP server."""
    server = Receiver()
    yield server
    server.close()


@pytest.fixture
def server_tls() -> ssl.SSLContext:
    """What a server on 127.0.0.1 speaks TLS with; CERTIFICATE is its own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, str(PEM / "key.pem"))
    return context


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A mail server without TLS."""
    server = Mailbox()
    yield server
    server.close()

"""The shop over TLS: trusted clients are served, others leave no traceback behind."""

import http.client
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import pytest

PEM = Path(__file__).parent / "tls"
CERTIFICATE = str(PEM / "certificate.pem")


def get(url: str, context: ssl.SSLContext) -> int:
    connection = http.client.HTTPSConnection("127.0.0.1", urlsplit(url).port, context=context, timeout=20)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status
    finally:
        connection.close()


def test_who_trusts_the_certificate_is_served_and_who_does_not_disturbs_nobody(place):
    place.init()
    server = place.serve("--tls-cert", CERTIFICATE, "--tls-key", str(PEM / "key.pem"))
    assert server.url.startswith("https://")
    with pytest.raises(ssl.SSLCertVerificationError):
        get(server.url, ssl.create_default_context())
    assert get(server.url, ssl.create_default_context(cafile=CERTIFICATE)) == 200
    assert server.stop() == (0, "")

"""Header fields: what is read, and what is refused because two readers could understand it in two ways."""

import subprocess
import sys
from io import BytesIO

import pytest

from fulfil.app.headers import FIELDS_MAX, LINE_BYTES_MAX, Headers


def read(text: str) -> Headers:
    return Headers(BytesIO(text.encode("latin-1") + b"\r\n"))


def test_fields_are_found_by_any_spelling_of_their_name():
    headers = read("Host: shop.lan\r\nContent-Type:application/json \r\nX-Note:\t \u00e9\t\r\nEmpty:\r\n")
    assert headers.status == ""
    assert headers.get("host") == headers.getheader("HOST") == "shop.lan"
    assert headers.typeheader == "application/json"
    assert (headers.get("x-note"), headers.get("empty"), headers.get("none")) == ("\u00e9", "", None)
    assert headers.headers == [
        "Host: shop.lan",
        "Content-Type: application/json",
        "X-Note: \u00e9",
        "Empty: ",
    ]


def test_a_field_may_come_twice_where_that_means_a_list():
    headers = read("Accept: a\r\nAccept: b\r\n")
    assert (headers.status, headers.get("accept"), headers.headers) == ("", "a", ["Accept: a", "Accept: b"])


def test_only_line_feeds_are_understood():
    assert Headers(BytesIO(b"Host: a\n\nbody")).get("host") == "a"


@pytest.mark.parametrize(
    "text",
    [
        "Host: a\r\n folded\r\n",
        "Content-Length : 3\r\n",
        " Content-Length: 3\r\n",
        "no colon\r\n",
        ": no name\r\n",
        "N\u00e4me: x\r\n",
        "Host: a\x00b\r\n",
        "Host: a\rX-Evil: 1\r\n",
        "Content-Length: 3\r\nContent-Length: 3\r\n",
        "content-length: 3\r\nCONTENT-LENGTH: 4\r\n",
        "Content-Length: +3\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 3, 3\r\n",
        "Content-Length: 1_0\r\n",
        "Content-Length:\r\n",
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Host: a\r\nHost: b\r\n",
        f"X: {'x' * LINE_BYTES_MAX}\r\n",
        "X: x\r\n" * (FIELDS_MAX + 1),
    ],
)
def test_what_is_ambiguous_or_endless_is_refused(text: str):
    assert read(text).status


def test_fields_that_never_end_are_refused():
    assert Headers(BytesIO(b"Host: a\r\n")).status
    assert Headers(BytesIO(b"")).status


@pytest.mark.parametrize(("end", "status"), [("b\r\n", ""), ("\x00\r\n", "not a header field")])
def test_blanks_without_end_hold_up_nobody(end: str, status: str):
    """A line of the longest allowed length is read in its own process, which can be ended."""
    line = f"X: a{' ' * (LINE_BYTES_MAX - 10)}{end}".encode("latin-1")
    script = "import sys; from fulfil.app.headers import Headers; print(Headers(sys.stdin.buffer).status)"
    ended = subprocess.run(
        [sys.executable, "-c", script], input=line + b"\r\n", check=True, timeout=60, stdout=subprocess.PIPE
    )
    assert ended.stdout.decode().strip() == status

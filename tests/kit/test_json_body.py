"""Bodies that a naive reader answers with 500."""

import pytest

from fulfil.kit import json_body
from fulfil.kit.errors import Malformed

ATTACKS = {
    "nothing": b"",
    "no JSON": b"{quantity: 1}",
    "half": b'{"a": ',
    "two values": b"{} {}",
    "bad UTF-8": b'{"a": "\xff"}',
    "overlong UTF-8": b'{"a": "\xc0\x80"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "NaN": b'{"a": NaN}',
    "infinity": b'{"a": Infinity}',
    "minus infinity": b"[-Infinity]",
    "a float beyond range": b'{"a": 1e999}',
    "an endless number": b"1" * 5000,
    "NUL": b'{"a": "x\\u0000"}',
    "NUL in a key": b'{"\\u0000": 1}',
    "a raw control character": b'{"a": "\x01"}',
    "a lone surrogate": b'{"a": ["\\ud800"]}',
    "a lone surrogate in a key": b'{"\\udfff": 1}',
    "one level too deep": b"[" * 25 + b"]" * 25,
    "deep in keys": b'{"a":' * 25 + b"1" + b"}" * 25,
    "endless depth": b"[" * 60_000,
    "endless closed depth": b"[" * 30_000 + b"]" * 30_000,
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_malformed(name: str) -> None:
    with pytest.raises(Malformed) as refused:
        json_body.parse(ATTACKS[name])
    assert refused.value.status == 400 and len(refused.value.detail) < 200


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"{}", {}),
        ('{"name": "三文鱼 🐟"}'.encode(), {"name": "三文鱼 🐟"}),
        (b'"\\ud83d\\udc1f"', "🐟"),
        (b"[1.5, -0, 1e3, true, null]", [1.5, 0, 1000.0, True, None]),
        (b"[" * 24 + b"]" * 24, None),
    ],
)
def test_good_json_is_read(raw: bytes, value: object) -> None:
    parsed = json_body.parse(raw)
    assert value is None or parsed == value


def test_a_parsed_value_is_checked_alike() -> None:
    json_body.check({"seq": 1, "text": "ok"})
    with pytest.raises(Malformed):
        json_body.check({"text": ["a", "\0"]})

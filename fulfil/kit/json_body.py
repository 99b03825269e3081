"""Strict JSON from outside: what a naive reader answers with 500 is refused here with a clear 400."""

from __future__ import annotations

from typing import Any

import orjson

from fulfil.kit.errors import Malformed

DEPTH_MAX = 24
BODY_BYTES_MAX = 64 * 1024


def parse(raw: bytes) -> Any:
    """The value of a JSON text. Malformed for bad UTF-8, NaN, infinity, NUL, lone surrogates or depth."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"The body is not JSON: {str(error)[:120]}") from None
    # Without a backslash there is no NUL, and what is not opened is not deep.
    if b"\\" in raw or raw.count(b"{") + raw.count(b"[") > DEPTH_MAX:
        check(value)
    return value


def check(value: Any) -> None:
    """Refuse depth, NUL and lone surrogates anywhere in a parsed value (also for socket messages)."""
    todo = [(value, 1)]
    while todo:
        item, depth = todo.pop()
        if depth > DEPTH_MAX:
            raise Malformed(f"The body is nested deeper than {DEPTH_MAX} levels.")
        if isinstance(item, str):
            _check_text(item)
        elif isinstance(item, dict):
            todo += [(part, depth + 1) for pair in item.items() for part in pair]
        elif isinstance(item, list):
            todo += [(part, depth + 1) for part in item]


def _check_text(text: str) -> None:
    if "\0" in text:
        raise Malformed("A text contains NUL.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise Malformed("A text contains a lone surrogate.") from None

"""What is wrong for a field of a schema, whatever the route: made from the API's own document."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

NOT_WHOLE = [1.5, True, False, "7", [], {}, 2**63, -(2**63) - 1, 10**400]
NOT_TEXT = [5, 1.5, True, [], {}, [["x"]]]
NOT_ID = [5, -1, True, 1.5, [], {}, "", "x", "-1", "1" * 30, "１２", "1.0", "9" * 19]
NOT_TIME = [
    5,
    True,
    [],
    "",
    "yesterday",
    "2026-13-01T00:00:00Z",
    "2026-01-01T00:00:00",
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59",
    "2026-01-01T25:61:61Z",
]
BAD_TEXTS = ["\0", "a\0b", "\ud800", "x\udfff", "\x1b[31m"]
RAW = {
    "a list": b"[]",
    "a list of lists": b"[[[]]]",
    "a number": b"5",
    "text": b'"x"',
    "null": b"null",
    "half an object": b'{"a":',
    "no JSON": b"hello",
    "bad UTF-8": b'{"a":"\xff\xfe"}',
    "NaN": b'{"a":NaN}',
    "minus infinity": b'{"a":-Infinity}',
    "1e400": b'{"a":1e400}',
    "NUL": b'{"a":"\\u0000"}',
    "lone surrogate": b'{"a":"\\ud800"}',
    "a key with NUL": b'{"\\u0000":1}',
    "a long number": b'{"a":' + b"9" * 6000 + b"}",
    "200 000 deep": b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
    "20 000 lists": b"[" * 20_000,
    "10 000 deep": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "1 MB": b'{"a":"' + b"x" * 1_000_000 + b'"}',
}


def fields_of(
    document: Mapping[str, Any], schema: Mapping[str, Any], path: tuple = ()
) -> Iterator[tuple[tuple, Mapping[str, Any]]]:
    """Every field of a body's schema with the path to it; list items stand at index 0."""
    schema = resolved(document, schema)
    for name, told in schema.get("properties", {}).items():
        yield from _field(document, told, (*path, name))


def _field(document: Mapping, told: Mapping, path: tuple) -> Iterator[tuple[tuple, Mapping]]:
    told = resolved(document, told)
    yield path, told
    if "properties" in told:
        yield from fields_of(document, told, path)
    if "items" in told:
        yield from _field(document, told["items"], (*path, 0))


def resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema behind references."""
    for wrapped in ("allOf", "anyOf"):
        if wrapped in schema:
            inner = next(part for part in schema[wrapped] if part.get("type") != "null")
            return resolved(document, inner)
    if "$ref" in schema:
        return resolved(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    return schema


def wrong_for(told: Mapping[str, Any]) -> list[Any]:
    """Values that this field must refuse."""
    kinds = told.get("type", [])
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    none = [] if "null" in kinds else [None]
    if "integer" in kinds:
        return none + NOT_WHOLE + _outside(told)
    if "number" in kinds:
        return none + ["1", True, [], {}, 10**400, *_outside(told)]
    if "boolean" in kinds:
        return [*none, 0, 1, "true", "yes", [], {}]
    if "array" in kinds:
        return [*none, 5, "x", {}, True, [None] * 1000]
    if "object" in kinds or "properties" in told:
        return [*none, 5, "x", [], True]
    return none + _wrong_text(told)


def _wrong_text(told: Mapping[str, Any]) -> list[Any]:
    if told.get("format") == "date-time":
        return NOT_TIME + BAD_TEXTS
    if told.get("pattern"):
        return NOT_ID + BAD_TEXTS
    wrong = NOT_TEXT + BAD_TEXTS
    if told.get("enum") or told.get("format") == "uuid":
        wrong += ["", "nonsense"]
    if most := told.get("maxLength"):
        wrong += ["x" * (most + 1), "锅" * (most + 1)]
    if told.get("minLength"):
        wrong += ["", "   "]
    return wrong


def _outside(told: Mapping[str, Any]) -> list[Any]:
    beyond = []
    if (least := told.get("minimum")) is not None:
        beyond.append(least - 1)
    if (most := told.get("maximum")) is not None:
        beyond.append(most + 1)
    return beyond


def spoiling(told: Mapping[str, Any]) -> list[Callable[[Any, tuple], bytes]]:
    """Ways to write a good body with what this field must refuse, of the body and the path of the field."""
    values = [
        lambda good, path, value=value: json.dumps(with_value(good, path, value)).encode()
        for value in wrong_for(told)
    ]
    numbers = [lambda good, path, text=text: bare(good, path, text) for text in ("NaN", "1e400")]
    return values + numbers


def with_value(good: Any, path: tuple, value: Any) -> Any:
    """A copy of the good body with `value` at `path`."""
    body = copy.deepcopy(good)
    place = body
    for step, following in zip(path, path[1:], strict=False):
        if isinstance(step, int):
            if not place:
                place.append([] if isinstance(following, int) else {})
            place = place[0]
        else:
            if step not in place or not place[step]:
                place[step] = [] if isinstance(following, int) else {}
            place = place[step]
    if isinstance(path[-1], int):
        place[:] = [value]
    else:
        place[path[-1]] = value
    return body


def bare(good: Any, path: tuple, text: str) -> bytes:
    """The body with `text` written bare at `path`, such as NaN."""
    return json.dumps(with_value(good, path, "@@")).replace('"@@"', text).encode()

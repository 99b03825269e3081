"""Schemas at the edge: strict types with limits. Keys that nobody asked for are ignored."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, missing, validate

from fulfil.kit.clock import parse_rfc3339, rfc3339

ID_MAX = 2**63 - 1
INT_MAX = 2**53 - 1


class Strict(Schema):
    """Base of every schema of a request or an answer."""

    class Meta:
        unknown = EXCLUDE

    def _serialize(self, obj: Any, *, many: bool = False) -> Any:
        """As the library does it, but what its field would give as it is costs no call: most of an answer."""
        if many or type(obj) is not dict:
            return super()._serialize(obj, many=many)
        told = self.dict_class()
        for name, key, field, ready in self._told:
            value = obj.get(key, missing)
            if type(value) not in ready:
                value = field.serialize(name, obj, accessor=self.get_attribute)
                if value is missing:
                    continue
            told[field.data_key or name] = value
        return told

    @cached_property
    def _told(self) -> list[tuple[str, str, fields.Field, frozenset[type]]]:
        """Each field with its names outside and inside, and the types of values it gives as they are."""
        return [
            (name, field.attribute or name, field, _ready(field)) for name, field in self.dump_fields.items()
        ]


class StrictInt(fields.Integer):
    """A whole number, neither text nor true nor 1.0, within `min`..`max`."""

    def __init__(self, min: int = 0, max: int = INT_MAX, **options: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(min, max), **options)

    def _validated(self, value: Any) -> int | None:
        if isinstance(value, (bool, str, float)):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class QueryInt(fields.Integer):
    """A whole number in a query string."""

    def __init__(self, min: int = 0, max: int = INT_MAX, **options: Any) -> None:
        super().__init__(validate=validate.Range(min, max), **options)

    def _validated(self, value: Any) -> int | None:
        if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > 16:
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class StrictBool(fields.Boolean):
    """true or false, nothing that looks like it."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Float(fields.Float):
    """A finite number within `min`..`max`."""

    def __init__(self, min: float, max: float, **options: Any) -> None:
        super().__init__(allow_nan=False, validate=validate.Range(min, max), **options)

    def _validated(self, value: Any) -> float | None:
        if isinstance(value, (bool, str)):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class Str(fields.String):
    """A text without NUL, control characters or lone surrogates; outer blanks are cut; `min`..`max` long."""

    def __init__(self, max: int, min: int = 1, **options: Any) -> None:
        super().__init__(validate=validate.Length(min, max), **options)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs).strip()
        if any(ord(c) < 32 and c not in "\n\t" or ord(c) == 127 for c in text):
            raise ValidationError("Control characters are not allowed.")
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise ValidationError("A lone surrogate is not a character.") from None
        return text


class Choice(fields.String):
    """One of a fixed set of texts."""

    def __init__(self, choices: Any, **options: Any) -> None:
        super().__init__(validate=validate.OneOf([str(choice) for choice in choices]), **options)


class IdStr(fields.Field):
    """An id: a text of digits outside, a bigint inside."""

    default_error_messages = {"invalid": "Not an id."}

    def __init__(self, **options: Any) -> None:
        options.setdefault("metadata", {"type": "string", "pattern": r"^[0-9]{1,18}$"})
        super().__init__(**options)

    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else str(value)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> int:
        if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > 18:
            raise self.make_error("invalid")
        return int(value)


class TimeIn(fields.Field):
    """An instant: RFC 3339 with offset outside, an aware UTC datetime inside."""

    default_error_messages = {"invalid": "Not an RFC 3339 time with an offset."}

    def __init__(self, **options: Any) -> None:
        options.setdefault("metadata", {"type": "string", "format": "date-time"})
        super().__init__(**options)

    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> str | None:
        return value if value is None or isinstance(value, str) else rfc3339(value)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str) or len(value) > 40:
            raise self.make_error("invalid")
        try:
            return parse_rfc3339(value)
        except ValueError:
            raise self.make_error("invalid") from None


NOTHING = type(None)
READY: Mapping[Any, frozenset[type]] = {  # by how a field writes
    fields.String._serialize: frozenset((str, NOTHING)),
    fields.Number._serialize: frozenset((NOTHING,)),
    fields.Boolean._serialize: frozenset((bool, NOTHING)),
    IdStr._serialize: frozenset((str, NOTHING)),
    TimeIn._serialize: frozenset((str, NOTHING)),
}


def _ready(field: fields.Field) -> frozenset[type]:
    kept = READY.get(type(field)._serialize, frozenset())
    if isinstance(field, fields.Integer) and kept and not field.as_string:
        return kept | {int}
    return kept

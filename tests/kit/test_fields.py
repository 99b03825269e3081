"""Field types at the edge, by tables."""

from datetime import UTC, datetime
from enum import StrEnum
from types import SimpleNamespace

import pytest
from marshmallow import ValidationError, missing
from marshmallow.fields import Boolean, Integer, List, Nested, String

from fulfil.kit import fields

BAD = object()
TRUE_FLOAT = 1.0

CASES = [
    (fields.StrictInt(1, 5), 1, 1),
    (fields.StrictInt(1, 5), 5, 5),
    (fields.StrictInt(1, 5), 0, BAD),
    (fields.StrictInt(1, 5), 6, BAD),
    (fields.StrictInt(), "1", BAD),
    (fields.StrictInt(), True, BAD),
    (fields.StrictInt(), TRUE_FLOAT, BAD),
    (fields.StrictInt(), None, BAD),
    (fields.StrictInt(), [], BAD),
    (fields.StrictInt(), {}, BAD),
    (fields.StrictInt(), 2**53 - 1, 2**53 - 1),
    (fields.StrictInt(), 2**53, BAD),
    (fields.StrictInt(), -1, BAD),
    (fields.StrictInt(-5), -5, -5),
    (fields.StrictInt(), 10**4000, BAD),
    (fields.QueryInt(1, 50), "50", 50),
    (fields.QueryInt(1, 50), "51", BAD),
    (fields.QueryInt(), "-1", BAD),
    (fields.QueryInt(), " 1", BAD),
    (fields.QueryInt(), "1.0", BAD),
    (fields.QueryInt(), "１", BAD),
    (fields.QueryInt(), "1_0", BAD),
    (fields.QueryInt(), "", BAD),
    (fields.QueryInt(), "9" * 17, BAD),
    (fields.StrictBool(), True, True),
    (fields.StrictBool(), False, False),
    (fields.StrictBool(), 1, BAD),
    (fields.StrictBool(), "true", BAD),
    (fields.StrictBool(), None, BAD),
    (fields.Float(-90, 90), 1.5, 1.5),
    (fields.Float(-90, 90), 2, 2.0),
    (fields.Float(-90, 90), 90.1, BAD),
    (fields.Float(-90, 90), float("nan"), BAD),
    (fields.Float(-90, 90), float("inf"), BAD),
    (fields.Float(-90, 90), "1", BAD),
    (fields.Float(-90, 90), True, BAD),
    (fields.Float(0, 1), 10**400, BAD),
    (fields.Str(3), "abc", "abc"),
    (fields.Str(3), "  abc ", "abc"),
    (fields.Str(3), "abcd", BAD),
    (fields.Str(3), "", BAD),
    (fields.Str(3), "   ", BAD),
    (fields.Str(3, min=0), "  ", ""),
    (fields.Str(3), 1, BAD),
    (fields.Str(3), None, BAD),
    (fields.Str(3), ["a"], BAD),
    (fields.Str(3), "a\0b", BAD),
    (fields.Str(3), "a\x1bb", BAD),
    (fields.Str(3), "a\x7fb", BAD),
    (fields.Str(3), "a\nb", "a\nb"),
    (fields.Str(3), "\ud800", BAD),
    (fields.Str(1), "🐟", "🐟"),
    (fields.Choice(["add", "set"]), "set", "set"),
    (fields.Choice(["add", "set"]), "Set", BAD),
    (fields.Choice(["add", "set"]), None, BAD),
    (fields.Choice(["add", "set"]), ["set"], BAD),
    (fields.IdStr(), "100001", 100001),
    (fields.IdStr(), 100001, BAD),
    (fields.IdStr(), "", BAD),
    (fields.IdStr(), "1" * 18, int("1" * 18)),
    (fields.IdStr(), "1" * 19, BAD),
    (fields.IdStr(), "-1", BAD),
    (fields.IdStr(), "²", BAD),
    (fields.IdStr(), "1e3", BAD),
    (fields.IdStr(), None, BAD),
    (fields.TimeIn(), "2026-03-02T08:00:00Z", datetime(2026, 3, 2, 8, tzinfo=UTC)),
    (fields.TimeIn(), "2026-03-02T16:00:00.5+08:00", datetime(2026, 3, 2, 8, 0, 0, 500_000, UTC)),
    (fields.TimeIn(), "2026-03-02T08:00:00", BAD),
    (fields.TimeIn(), "2026-03-02", BAD),
    (fields.TimeIn(), "20260302T080000Z", BAD),
    (fields.TimeIn(), "2026-W10-1T08:00:00Z", BAD),
    (fields.TimeIn(), "2026-02-30T08:00:00Z", BAD),
    (fields.TimeIn(), "2026-03-02T25:00:00Z", BAD),
    (fields.TimeIn(), "0001-01-01T00:00:00+23:59", BAD),
    (fields.TimeIn(), 1772438400, BAD),
    (fields.TimeIn(), "9999-12-31T23:59:59-23:59", BAD),
    (fields.TimeIn(), "2026-03-02T08:00:00Z" * 3, BAD),
]


@pytest.mark.parametrize(("field", "given", "read"), CASES)
def test_reading(field, given: object, read: object) -> None:
    if read is not BAD:
        result = field.deserialize(given)
        assert result == read and type(result) is type(read)
        return
    with pytest.raises(ValidationError):
        field.deserialize(given)


def test_writing() -> None:
    shape = fields.Strict.from_dict(
        {"id": fields.IdStr(), "at": fields.TimeIn(), "due": fields.TimeIn(), "none": fields.IdStr()}
    )()
    given = {
        "id": 100001,
        "at": datetime(2026, 3, 2, 8, tzinfo=UTC),
        "due": "2026-03-02T08:00:00.000Z",
        "none": None,
    }
    assert shape.dump(given) == {
        "id": "100001",
        "at": "2026-03-02T08:00:00.000Z",
        "due": "2026-03-02T08:00:00.000Z",
        "none": None,
    }


def test_unknown_keys_are_ignored() -> None:
    shape = fields.Strict.from_dict({"a": fields.StrictInt()})()
    assert shape.load({"a": 1, "later": "x"}) == {"a": 1}


class Inner(fields.Strict):
    number = fields.IdStr()


class Told(fields.Strict):
    """Fields of every kind that answers have."""

    text, chosen, nothing = String(), fields.Choice(["a"]), String()
    whole, counted, share, yes = Integer(), Integer(as_string=True), fields.Float(0, 1), Boolean()
    number, at, inner = fields.IdStr(), fields.TimeIn(), List(Nested(Inner))
    renamed = String(data_key="outside", attribute="inside")
    default, left_out = Integer(dump_default=7), String()


class Color(StrEnum):
    RED = "red"


VALUES = {
    "text": "x",
    "chosen": Color.RED,
    "nothing": None,
    "whole": 3,
    "counted": 3,
    "share": 1,
    "yes": False,
    "number": 100001,
    "at": datetime(2026, 3, 2, 8, tzinfo=UTC),
    "inner": [{"number": 1}, {"number": "2"}],
    "inside": "y",
    "nobody_asked": 1,
}


@pytest.mark.parametrize(
    "values",
    [
        VALUES,
        {**VALUES, "whole": True, "yes": "true", "share": None, "counted": None, "text": 5, "at": "now"},
        {**VALUES, "whole": 2.0, "number": None, "inner": None},
        {},
        SimpleNamespace(**VALUES),
    ],
    ids=["as told", "as other types", "as others still", "nothing", "an object"],
)
def test_an_answer_is_written_as_the_library_writes_it(values: object) -> None:
    schema = Told()
    library = {
        field.data_key or name: value
        for name, field in schema.dump_fields.items()
        if (value := field.serialize(name, values, accessor=schema.get_attribute)) is not missing
    }
    assert schema.dump(values) == library
    assert [(type(value)) for value in schema.dump(values).values()] == [type(v) for v in library.values()]
    assert schema.dump([values], many=True) == [library]

"""What a customer may complain of and how much of it is granted; what a photo is."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from PIL import Image

from fulfil.trade.aftersales.errors import MoreThanLeft, PartNeeded
from fulfil.trade.aftersales.rules import complaints
from fulfil.trade.aftersales.rules.shares import Given, Line
from fulfil.trade.orders.errors import LineUnknown

LINES = [Line(1, 3, 900), Line(2, 500, 700)]
TAKEN_ONE = Given({1: 1}, {})


def picture(kind: str, width: int = 3, height: int = 2) -> bytes:
    body = io.BytesIO()
    Image.new("RGB", (width, height)).save(body, kind)
    return body.getvalue()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (picture("JPEG"), "image/jpeg"),
        (picture("PNG"), "image/png"),
        (picture("WEBP"), "image/webp"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", None),
        (b"GIF89a", None),
        (b"<svg/>", None),
        (b"", None),
    ],
)
def test_a_picture_is_what_its_first_bytes_say(body, kind):
    assert complaints.media_type(body) == kind


@pytest.mark.parametrize(
    ("body", "pixels"),
    [
        (picture("PNG", 3, 2), 6),
        (picture("PNG", 1, 1), 1),
        (picture("JPEG", 40, 30), 1200),
        (picture("WEBP", 5, 7), 35),
        (b"\xff\xd8\xff", 0),
        (b"", 0),
    ],
)
def test_how_much_a_picture_would_fill(body, pixels):
    assert complaints.pixels(body) == pixels


@pytest.mark.parametrize(
    ("asked", "taken", "above"),
    [
        ({1: 2}, {}, None),
        ({1: 2, 2: 500}, {}, None),
        ({1: 1}, {1: 1}, None),
        ({1: 3}, {}, [(1, 2)]),
        ({1: 2}, {1: 1}, [(1, 1)]),
        ({2: 501, 1: 3}, {}, [(1, 2), (2, 500)]),
        ({1: 1}, {1: 5}, [(1, 0)]),
    ],
)
def test_no_more_is_complained_of_than_is_left(asked, taken, above):
    if above is None:
        complaints.check_left(LINES, asked, TAKEN_ONE, taken)
        return
    with pytest.raises(MoreThanLeft) as refused:
        complaints.check_left(LINES, asked, TAKEN_ONE, taken)
    assert refused.value.extra["lines"] == [{"line_no": no, "left": left} for no, left in above]


def test_lines_that_the_order_does_not_have_are_named():
    with pytest.raises(LineUnknown) as refused:
        complaints.check_left(LINES, {9: 1, 1: 1, 7: 1}, TAKEN_ONE, {})
    assert refused.value.extra["lines"] == [7, 9]


@pytest.mark.parametrize(
    ("asked", "taken", "gets"),
    [
        ({1: 2}, {}, {1: 2}),
        ({1: 3}, {}, {1: 2}),
        ({1: 2, 2: 20}, {1: 1}, {1: 1, 2: 20}),
        ({1: 1}, {1: 2}, {1: 0}),
        ({1: 1}, {1: 9}, {1: 0}),
    ],
)
def test_silence_grants_what_is_left(asked, taken, gets):
    assert complaints.granted_by_silence(LINES, asked, TAKEN_ONE, taken) == gets


@pytest.mark.parametrize(
    ("decision", "part", "gets"),
    [
        ("approve", {}, {1: 2, 2: 20}),
        ("refuse", {}, {1: 0, 2: 0}),
        ("approve_part", {1: 1}, {1: 1, 2: 0}),
        ("approve_part", {1: 2, 2: 20}, {1: 2, 2: 20}),
        ("approve_part", {1: 0, 2: 1}, {1: 0, 2: 1}),
    ],
)
def test_what_a_decision_grants(decision, part, gets):
    assert complaints.granted(decision, {1: 2, 2: 20}, part) == gets


@pytest.mark.parametrize(
    ("part", "refusal", "lines"),
    [
        ({3: 1, 1: 1}, LineUnknown, [3]),
        ({1: 3, 2: 21}, MoreThanLeft, [{"line_no": 1, "left": 2}, {"line_no": 2, "left": 20}]),
        ({1: 0}, PartNeeded, None),
        ({}, PartNeeded, None),
    ],
)
def test_what_is_no_part_of_what_was_asked(part, refusal, lines):
    with pytest.raises(refusal) as refused:
        complaints.granted("approve_part", {1: 2, 2: 20}, part)
    assert refused.value.extra.get("lines") == lines


@pytest.mark.parametrize(
    ("policy", "alarm", "default"), [({}, 24, 72), ({"case_alarm_hours": 1, "case_default_hours": 2}, 1, 2)]
)
def test_how_long_a_case_waits_for_somebody(policy, alarm, default):
    assert complaints.alarm_after(policy) == timedelta(hours=alarm)
    assert complaints.default_after(policy) == timedelta(hours=default)


@pytest.mark.parametrize(
    ("amount", "policy", "two"),
    [
        (20_000, {}, False),
        (20_001, {}, True),
        (500, {"refund_audit_minor": 500}, False),
        (501, {"refund_audit_minor": 500}, True),
    ],
)
def test_so_much_needs_a_second_person(amount, policy, two):
    assert complaints.needs_two(amount, policy) is two


def test_the_limits_of_complaints():
    """F7: 300 KB a photo, 24 million pixels, three of a case, twelve of an order, twenty complaints."""
    assert (complaints.PHOTO_BYTES_MAX, complaints.PIXELS_MAX) == (307_200, 24_000_000)
    assert (complaints.PHOTOS_OF_CASE_MAX, complaints.PHOTOS_OF_ORDER_MAX) == (3, 12)
    assert complaints.COMPLAINTS_OF_ORDER_MAX == 20

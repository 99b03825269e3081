"""Tables of phones and codes."""

from datetime import UTC, datetime, timedelta

import pytest

from fulfil.trade.customers import rules

T = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("19900000001", "19900000001"),
        (" +86 199-0000.0001 ", "19900000001"),
        ("13000000000", "13000000000"),
        ("+86 (21) 5555 1234", "+862155551234"),
        ("+44 20 7946 0958", "+442079460958"),
        ("+1234567", "+1234567"),
        ("12345", None),
        ("1" * 11, None),
        ("12900000001", None),
        ("1990000001", None),
        ("199000000011", None),
        ("02155551234", None),
        ("8619900000001", None),
        ("+8611900000001", None),
        ("+861990000001", None),
        ("+0123456789", None),
        ("+123456", None),
        ("+" + "1" * 16, None),
        ("+", None),
        ("", None),
        ("abc123456", None),
        ("١٩٩٠٠٠٠٠٠٠١", None),
        ("199+00000001", None),
    ],
)
def test_phone(text: str, phone: str | None) -> None:
    assert rules.phone(text) == phone


@pytest.mark.parametrize(("number", "code"), [(0, "000000"), (42, "000042"), (1_000_007, "000007")])
def test_code(number: int, code: str) -> None:
    assert rules.code_of(number) == code


@pytest.mark.parametrize(
    ("sent", "minutes", "may"), [(0, 0, True), (4, 59, True), (5, 59, False), (5, 60, True)]
)
def test_may_send(sent: int, minutes: int, may: bool) -> None:
    assert rules.may_send(sent, T, T + timedelta(minutes=minutes)) is may

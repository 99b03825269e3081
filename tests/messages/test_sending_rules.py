"""When a message is tried again; what is an address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fulfil.messages.rules import sending

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
FAR = NOW + timedelta(days=9)


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 5), (2, 30), (3, 120), (9, 28_800), (10, None), (11, None)]
)
def test_pauses_grow_until_it_is_given_up(attempts: int, seconds: int | None) -> None:
    expected = None if seconds is None else NOW + timedelta(seconds=seconds)
    assert sending.next_try(attempts, NOW, FAR) == expected


def test_all_tries_fit_into_a_day() -> None:
    assert timedelta(hours=12) < timedelta(seconds=sum(sending.PAUSES_SECONDS)) < timedelta(hours=24)


def test_nothing_is_tried_after_its_time() -> None:
    assert sending.next_try(1, NOW, NOW + timedelta(seconds=5)) is None
    assert sending.next_try(1, NOW, NOW + timedelta(seconds=6)) is not None


@pytest.mark.parametrize(
    ("contact", "channel"),
    [
        ("13900000001", "sms"),
        ("+8613900000001", "sms"),
        ("1390000000x", None),
        ("", None),
        ("1234", None),
        ("1" * 16, None),
        ("a@example.org", "email"),
        ("a.b+c@mail.example.co", "email"),
        ("a@localhost", None),
        ("a@-x.org", None),
        ("a@@example.org", None),
        ("a b@example.org", None),
        ("a@example.org\nBcc: b@example.org", None),
        ("a@example.org\n", None),
        ('"a"@example.org', None),
        ("<a@example.org>", None),
        ("a@example.org,b@example.org", None),
        ("ä@example.org", None),
        ("a" * 65 + "@example.org", None),
        ("a@" + "b." * 130 + "org", None),
        ("１３９０００００００１", None),
    ],
)
def test_what_is_an_address_and_what_a_phone(contact: str, channel: str | None) -> None:
    assert sending.channel_of(contact) == channel


@pytest.mark.parametrize(
    ("status", "for_good"),
    [
        (200, False),
        (302, False),
        (400, True),
        (401, False),
        (403, False),
        (404, True),
        (407, False),
        (408, False),
        (410, True),
        (422, True),
        (425, False),
        (429, False),
        (451, True),
        (500, False),
    ],
)
def test_which_answers_are_final(status: int, for_good: bool) -> None:
    assert sending.refused_for_good(status) is for_good

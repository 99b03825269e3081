"""A phone is recognised by its owner and by nobody else."""

import pytest

from fulfil.messages.rules.phones import masked


@pytest.mark.parametrize(
    ("phone", "shown"),
    [("13800005678", "*******5678"), ("+8613800005678", "**********5678"), ("5678", "5678"), ("56", "56")],
)
def test_only_the_last_digits_are_shown(phone, shown):
    assert masked(phone) == shown

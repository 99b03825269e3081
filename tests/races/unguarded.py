"""`fulfil serve` with its guards against races taken out: what the races must find on it."""

from __future__ import annotations

from tests import preloaded  # first: it patches what the others import

# isort: split
from pytest import MonkeyPatch

from tests.races import guards


def main() -> None:
    """As `preloaded.main`."""
    for take_out in guards.ALL:
        take_out(MonkeyPatch())
    preloaded.main()

"""`fulfil serve` with its guards against races taken out: what the races must find on it."""

from __future__ import annotations

from tests.preloaded import serve_on_demand  # first: it patches what the others import

# isort: split
from pytest import MonkeyPatch

from tests.races import guards

if __name__ == "__main__":
    for take_out in guards.ALL:
        take_out(MonkeyPatch())
    serve_on_demand()

"""`fulfil serve` that waits for a tenth of the usual time for whoever does not go on."""

from __future__ import annotations

from tests import preloaded  # first: it patches what the others import

# isort: split
from fulfil.app import serving


def main() -> None:
    """As `preloaded.main`."""
    serving.IDLE_SECONDS_MAX, serving.HEADER_SECONDS_MAX = 1.0, 0.5
    preloaded.main()

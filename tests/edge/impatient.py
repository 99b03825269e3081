"""`fulfil serve` that waits for a tenth of the usual time for whoever does not go on."""

from __future__ import annotations

from tests.preloaded import serve_on_demand  # first: it patches what the others import

# isort: split
from fulfil.app import serving

if __name__ == "__main__":
    serving.IDLE_SECONDS_MAX, serving.HEADER_SECONDS_MAX = 1.0, 0.5
    serve_on_demand()

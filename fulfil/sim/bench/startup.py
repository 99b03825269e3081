"""`fulfil bench startup`: how soon the shop is there, and how much a handheld has to load."""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median
from typing import Any

from fulfil.sim.bench import machine
from fulfil.sim.bench.progress import Tell
from fulfil.sim.bench.quiet import QuietShop
from fulfil.sim.clients import Http
from terminal_ui.assets import LIBRARIES, Assets

ROUNDS = 5
PICKER = "handheld/main.js"


def run(*, tell: Tell) -> dict[str, Any]:
    """Measure; JSON-ready. Start-up and help are medians of several rounds, in a new process each."""
    pages, helps = [], []
    for turn in range(ROUNDS):
        tell("Starting the demo", turn / ROUNDS)
        pages.append(_first_page())
        helps.append(_help())
    whole, socket_io = _script_bytes()
    return {
        "bench": "startup",
        "first_page_seconds": round(median(pages), 2),
        "help_seconds": round(median(helps), 2),
        "picker_js_gz_kb": round(whole / 1000, 1),
        "picker_js_gz_kb_without_socket_io": round((whole - socket_io) / 1000, 1),
        "calibration": machine.calibration(),
        "versions": machine.versions(),
    }


def _first_page() -> float:
    """From the command to the first page of `fulfil demo --quiet-shop`."""
    started = time.perf_counter()
    with QuietShop() as shop:
        http = Http(shop.access["base_url"])
        status = http.get("/")
        http.close()
        if status != 200:
            raise OSError(f"the first page was answered {status}")
        return time.perf_counter() - started


def _help() -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "fulfil", "--help"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def _script_bytes() -> tuple[int, int]:
    """Bytes of all modules that the picker's page loads, gzipped, and how many of them are socket.io."""
    assets = Assets()
    return (
        sum(len(assets.files[path].gzipped) for path in assets.modules_of(PICKER)),
        len(assets.files[LIBRARIES["socket.io-client"]].gzipped),
    )

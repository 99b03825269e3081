"""Founds a yardstick's shop on an empty database: `python -m fulfil.sim.bench.founding PICKERS`.

A process of its own: the generator stays as small as it is, and knows the inside of no shop. The settings
come from FULFIL_… variables; all access to the shop is one JSON object on standard output.
"""

from __future__ import annotations

import json
import sys

from fulfil.app import serving
from fulfil.app.wiring import wire
from fulfil.kit import logs
from fulfil.kit.base import Kit
from fulfil.kit.config import Config
from fulfil.sim import shop


def main(pickers: int) -> None:
    config = Config.load()
    logs.install(config.log_level)
    serving.open_database(config.database_url)
    kit = wire(Kit(config))
    print(json.dumps(shop.found(kit, quiet=True, plenty=pickers).shown(), ensure_ascii=False))
    kit.close()


if __name__ == "__main__":
    main(int(sys.argv[1]))

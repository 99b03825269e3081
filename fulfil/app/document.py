"""Prints the OpenAPI document of the whole API: `python -m fulfil.app.document > docs/openapi.json`."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from fulfil.app.wiring import create_app, wire
from fulfil.kit.base import Kit
from fulfil.kit.config import Config


def document() -> str:
    """What a server answers at /openapi.json, indented; needs no database."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        kit = wire(Kit(Config(database_url=f"sqlite:///{path}/none.db", carts_path=f"{path}/carts.db")))
        try:
            served = create_app(kit).test_client().get("/openapi.json").get_json()
        finally:
            kit.close()
    return json.dumps(served, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())

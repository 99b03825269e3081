"""What nobody needs is not loaded by who serves; in processes of their own, for imports cannot be undone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from fulfil.cli.running import UNUSED

SERVES = """
import sys
from fulfil.cli import running
running.leave_out(*sys.argv[1:])
from fulfil.app import serving, worker
from fulfil.kit.barcodes import code128
assert code128("FS1", 10.0)
print(*sorted(name for name in sys.argv[1:] if sys.modules[name]))
"""

ALEMBIC = """
import sys
from fulfil.app import serving
serving.join_database(sys.argv[1])
print("alembic" in sys.modules)
"""

KEEPS = """
import json, sys
from fulfil.cli import running
running.leave_out("json")
print(sys.modules["json"] is json)
"""


def test_a_shop_is_served_without_what_libraries_load_for_others() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", SERVES, *UNUSED, "redis"], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.split() == []


def test_what_is_loaded_already_stays() -> None:
    kept = subprocess.run([sys.executable, "-c", KEEPS], capture_output=True, text=True, check=True)
    assert kept.stdout == "True\n"


def test_alembic_is_loaded_only_where_a_database_has_to_move(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/shop.db"
    words = [sys.executable, "-c", ALEMBIC, url]
    told = [subprocess.run(words, capture_output=True, text=True, check=True).stdout for _ in range(2)]
    assert told == ["True\n", "False\n"]

"""Known weaknesses of what is installed, by `pip-audit --strict`: `python -m tests.audit`.

Exit status: 0 none is known, 1 some are, 2 nobody here could tell. What pip and setuptools of the virtual
environment lack is not looked at: they install, and serve nobody.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

CLEAN, WEAK, UNKNOWN = 0, 1, 2
SECONDS_MAX, WORDS_MAX = 120, 150


def weaknesses(report: str) -> list[str]:
    """One line for each, of pip-audit's JSON."""
    return [
        f"{one['name']} {one['version']}: {found['id']}, "
        f"mended in {' or '.join(found['fix_versions']) or 'none'}"
        for one in json.loads(report)["dependencies"]
        for found in one.get("vulns", [])
    ]


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="fulfil-audit-") as folder:
        wanted, report = Path(folder) / "installed.txt", Path(folder) / "report.json"
        wanted.write_text(_run("pip", "freeze", "--exclude-editable").stdout, "utf-8")
        try:
            asked = _run(
                *("pip_audit", "--strict", "--no-deps", "--disable-pip", "--progress-spinner", "off"),
                *("--requirement", str(wanted), "--format", "json", "--output", str(report)),
            )
            told = asked.stderr.strip().splitlines()
        except subprocess.TimeoutExpired:
            told = [f"no answer within {SECONDS_MAX} s"]
        if not report.exists():  # it is written once every package was answered for
            print(
                "Not audited, for PyPI's answers can't be had from here:",
                *(line[:WORDS_MAX] for line in told[-1:]),
            )
            return UNKNOWN
        found = weaknesses(report.read_text("utf-8"))
    print(*found or ["No weakness is known of what is installed."], sep="\n")
    return WEAK if found else CLEAN


def _run(*module: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *module], capture_output=True, text=True, timeout=SECONDS_MAX, check=False
    )


if __name__ == "__main__":
    raise SystemExit(main())

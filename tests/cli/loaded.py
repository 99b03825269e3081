"""A process that has the commands loaded and forks one per line on its standard input: each starts at once.

In: folder, environment, arguments and where to write, as JSON. Out: the command's exit status.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

WAIT_SECONDS = 60


class Loaded:
    """The process, from here."""

    def __init__(self) -> None:
        self._written = tempfile.TemporaryDirectory(prefix="fulfil-commands-")
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess:
        """One command until its end, in a process of its own; after WAIT_SECONDS it is killed."""
        out, err = (Path(self._written.name, name) for name in ("out", "err"))
        self._process.stdin.write(
            json.dumps(
                {
                    "arguments": arguments,
                    "folder": str(folder),
                    "environment": dict(environment),
                    "written": [str(out), str(err)],
                }
            )
            + "\n"
        )
        self._process.stdin.flush()
        status = int(self._process.stdout.readline())
        return subprocess.CompletedProcess(arguments, status, out.read_text("utf-8"), err.read_text("utf-8"))

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait(WAIT_SECONDS)
        self._process.stdout.close()
        self._written.cleanup()


def fork_on_demand() -> None:
    """Fork commands until standard input ends."""
    from fulfil.app import commands, copies, inspection, serving  # noqa: F401  loaded here, once for all
    from fulfil.cli import main

    gc.freeze()  # or each would look through all of that for garbage as it ends: half a second
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _move(asked)
            main(asked["arguments"])
            sys.exit()
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def _move(asked: Mapping[str, Any]) -> None:
    """To where the command is run, as a shell would do it."""
    signal.alarm(WAIT_SECONDS)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, name in enumerate(asked["written"], 1):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)


if __name__ == "__main__":
    fork_on_demand()

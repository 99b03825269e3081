"""Child processes that end with their parent, however it ends (Linux)."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

PR_SET_PDEATHSIG = 1
END_SECONDS = 2


def start(command: Sequence[str], **options: Any) -> subprocess.Popen:
    """Start a child that gets SIGTERM when this process dies, and no Ctrl-C of the terminal: we end it."""
    return subprocess.Popen(command, start_new_session=True, preexec_fn=_with_parent(), **options)


def first_line(child: subprocess.Popen, who: str) -> Any:
    """The first line that a child prints, text or bytes as it was started. Raises OSError without one."""
    assert child.stdout is not None
    line = child.stdout.readline()
    if not line:
        raise OSError(f"{who} did not start")
    return line


def end(children: Sequence[subprocess.Popen]) -> None:
    """End all of them together; who does not within two seconds is killed."""
    for child in children:
        child.terminate()
    for child in children:
        try:
            child.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _with_parent() -> Callable[[], None]:
    # Looked up before the fork: afterwards nothing may be loaded any more.
    return partial(_tie, ctypes.CDLL(None).prctl, os.getpid())


def _tie(prctl: Callable[[int, int], int], parent: int) -> None:
    prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)

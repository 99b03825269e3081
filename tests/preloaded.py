"""A process that has the server loaded and forks one per line on its standard input: it starts in no time.

In: the environment of the server as JSON. Out: the server's process id, its own line `Serving at …`, and when
it has ended its exit status as `os.waitpid` gives it. One server at a time, which ends with that input. On
SIGUSR1 and SIGUSR2 a server writes to standard error where it is: its running stack, and all its greenlets.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import faulthandler
import gc
import json
import os
import signal
import sys

import gevent
from apscheduler.executors import gevent as _  # noqa: F401  loaded here, so that no server has to
from gevent.util import print_run_info
from sqlalchemy.orm import configure_mappers

from fulfil import cli
from fulfil.app import serving  # noqa: F401  likewise
from fulfil.app.wiring import create_app, wire
from fulfil.kit.base import Kit
from fulfil.kit.config import Config
from terminal_ui import pages

# The parent knows no greenlets: it forks and waits as the system does.
fork, waitpid = monkey.get_original("os", ("fork", "waitpid"))
select = monkey.get_original("select", "select")
pages.built()


def _know_all_routes() -> None:
    """Build an application that nobody is served by: it loads every folder's routes, schemas and tables."""
    kit = wire(Kit(Config(database_url="sqlite://")))
    create_app(kit)
    configure_mappers()
    kit.close()


_know_all_routes()


def main() -> None:
    """Fork servers with the command line of this process until standard input ends."""
    gc.freeze()  # or each server would look through all that is loaded for garbage as it ends
    for line in sys.stdin:
        pid = fork()
        if pid == 0:
            gevent.reinit()
            faulthandler.register(signal.SIGUSR1)
            gevent.signal_handler(signal.SIGUSR2, print_run_info)
            os.environ.update(json.loads(line))
            cli.main()
            os._exit(0)
        print(pid, flush=True)
        _wait_for(pid)
        print(waitpid(pid, 0)[1], flush=True)


def _wait_for(pid: int) -> None:
    """Wait until the server has ended. When nobody can ask for another one any more, it ends at once."""
    ended = os.pidfd_open(pid)
    if ended not in select([ended, sys.stdin], [], [])[0]:
        os.kill(pid, signal.SIGKILL)
    os.close(ended)

"""A process that has the server loaded and forks one per line on its standard input: it starts in no time.

In: the environment of the server as JSON. Out: the server's process id, its own line `Serving at …`, and when
it has ended its exit status as `os.waitpid` gives it. One server at a time.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all(os=False, signal=False)

import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402

import gevent  # noqa: E402

from fulfil.app import serving  # noqa: E402,F401  loaded here, so that no server has to
from fulfil.cli import main  # noqa: E402


def serve_on_demand() -> None:
    """Fork servers with the command line of this process until standard input ends."""
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            gevent.reinit()
            os.environ.update(json.loads(line))
            main()
            os._exit(0)
        print(pid, flush=True)
        print(os.waitpid(pid, 0)[1], flush=True)


if __name__ == "__main__":
    serve_on_demand()

"""A process that works off tasks and wakes sweeps, beside those that serve. Import after `patch_all()`."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

from gevent.pywsgi import WSGIServer

from fulfil.app import health, levels
from fulfil.app.serving import join_database, listen, port_of, require_postgres
from fulfil.app.wiring import wire
from fulfil.app.working import Work, settle_memory, wait_for_signal
from fulfil.kit import logs
from fulfil.kit.base import Kit
from fulfil.kit.config import Config

log = logging.getLogger("fulfil.worker")


def work(config: Config, host: str, health_port: int | None) -> None:
    """Work until SIGTERM or SIGINT, then end what is under way. Raises NeedsPostgres, OtherVersion.

    At `health_port` (0: any free) the process tells `/health` and `/metrics`, and nothing else.
    """
    logs.install(config.log_level)
    require_postgres(config.database_url)
    join_database(config.database_url)
    listener = None if health_port is None else listen(host, health_port)
    kit = wire(Kit(config))
    running, probes = Work(kit, tasks=True), None
    running.start()
    if listener is not None:
        probes = WSGIServer(
            listener, probe_application(kit), log=None, error_log=logging.getLogger("fulfil.http")
        )
        probes.start()
    settle_memory()
    where = f" Health at http://{host}:{port_of(listener)}/health" if listener is not None else ""
    print(f"Working.{where}", flush=True)
    wait_for_signal()
    if probes is not None:
        probes.stop(timeout=1)
    running.stop()
    kit.close()


def probe_application(kit: Kit) -> Callable:
    """The WSGI application of a process without any other: GET /health and /metrics."""

    def application(environ: dict, start_response: Callable) -> list[bytes]:
        if environ["PATH_INFO"] == "/metrics":
            start_response("200 OK", [("Content-Type", "text/plain; version=0.0.4")])
            return [levels.measured(kit)]
        if environ["PATH_INFO"] != "/health":
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"/health or /metrics\n"]
        status, told = health.health(kit)
        start_response(
            "200 OK" if status == 200 else "503 Service Unavailable", [("Content-Type", "application/json")]
        )
        return [json.dumps(told).encode()]

    return application

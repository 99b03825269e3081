"""Commands that run the shop: serve, worker, the demo, the sandbox payment channel."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from fulfil.cli import options
from fulfil.sim.sandbox.command import sandbox_pay

# What libraries load where it is there, for what nobody here does: 13 MiB of a process, and 6 for Redis.
UNUSED = ("PIL", "pygments", "requests", "websocket")


def serve_by_greenlets() -> None:
    """Let what waits be greenlets. None remembers who began it: that took two thirds of its beginning, and a
    kilobyte of each handheld's for as long as it is connected.
    """
    import gevent
    from gevent import monkey

    monkey.patch_all()
    gevent.config.track_greenlet_tree = False


def leave_out(*names: str) -> None:
    """Let the libraries of this process believe that these are not installed."""
    for name in names:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]


@click.command()
@options.shared
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 for the shop's network.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any free.")
@click.option("--public-url", help="How browsers reach the shop, such as https://shop.lan:8000.")
@click.option("--tls-cert", type=click.Path(exists=True, dir_okay=False), help="Certificate chain, PEM.")
@click.option("--tls-key", type=click.Path(exists=True, dir_okay=False), help="Private key, PEM.")
@options.redis_url
@click.option("--no-tasks", is_flag=True, help="Leave tasks to `fulfil worker` processes.")
def serve(
    file: Path | None,
    database_url: str | None,
    host: str,
    port: int,
    public_url: str | None,
    tls_cert: str | None,
    tls_key: str | None,
    redis_url: str | None,
    no_tasks: bool,
) -> None:
    """Serve the shop: API, screens, sockets and the task worker in one process, until SIGTERM.

    Handhelds work offline only over HTTPS with a certificate that they trust (or on localhost). On
    PostgreSQL several of these may serve one shop, each on its port, behind a balancer.

    \b
    Example:
      fulfil serve --host 0.0.0.0 --tls-cert shop.crt --tls-key shop.key
    """
    if bool(tls_cert) != bool(tls_key):
        raise click.UsageError("--tls-cert and --tls-key go together.")
    serve_by_greenlets()
    config = options.load(file, database_url=database_url, public_url=public_url, redis_url=redis_url)
    leave_out(*UNUSED, *(() if config.redis_url else ("redis",)))
    from fulfil.app import serving

    serving.serve(
        config, host, port, tls=(tls_cert, tls_key) if tls_cert and tls_key else None, tasks=not no_tasks
    )


@click.command()
@options.shared
@options.redis_url
@click.option("--host", default="127.0.0.1", show_default=True, help="Where --health-port listens.")
@click.option(
    "--health-port",
    type=click.IntRange(0, 65535),
    help="Tell /health and /metrics there; 0: any free. Without it nothing listens.",
)
def worker(
    file: Path | None, database_url: str | None, redis_url: str | None, host: str, health_port: int | None
) -> None:
    """Work off tasks beside `serve`, on PostgreSQL, until SIGTERM; what is under way then ends first.

    Give it the settings of `serve`: it talks to the payment channel, too.

    \b
    Example:
      fulfil worker --database-url postgresql+psycopg://fulfil@db/fulfil --redis-url redis://cache:6379/0
    """
    serve_by_greenlets()
    leave_out(*UNUSED)
    from fulfil.app import worker as working

    working.work(options.load(file, database_url=database_url, redis_url=redis_url), host, health_port)


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any free.")
@click.option("--database-url", metavar="URL", help="Default: a fresh SQLite file that goes with the demo.")
@click.option("--seed", type=int, help="The same data, codes and people every time.")
@click.option(
    "--speed",
    type=click.FloatRange(0.5, 100),
    default=1.0,
    show_default=True,
    help="How fast shoppers order and colleagues work.",
)
@click.option("--quiet-shop", is_flag=True, help="The same shop without simulated people.")
@click.option("--json", "as_json", is_flag=True, help="First line on stdout: a JSON object with all access.")
def demo(
    port: int, database_url: str | None, seed: int | None, speed: float, quiet_shop: bool, as_json: bool
) -> None:
    """A shop at work: products, staff, shoppers and colleagues. Take part in it.

    Prints the addresses of every screen with badges, PINs and enrolment codes to try; Ctrl-C ends it all.

    \b
    Example:
      fulfil demo --speed 3
    """
    serve_by_greenlets()
    from fulfil.sim.demo import run

    run(port=port, database_url=database_url, seed=seed, speed=None if quiet_shop else speed, as_json=as_json)


COMMANDS = (serve, worker, demo, sandbox_pay)

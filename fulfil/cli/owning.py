"""Commands of the shop's owner: found it, its people, its devices, tokens of programs, members."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fulfil.cli import options
from fulfil.cli.asking import ask, tell
from fulfil.staff.states import Role

ROLES = tuple(role.value for role in Role)


@click.command()
@options.shared
@click.option("--name-zh", prompt="Name of the shop (Chinese)", help="Name of the shop, Chinese.")
@click.option("--name-en", prompt="Name of the shop (English)", help="Name of the shop, English.")
@click.option("--tz", default="Asia/Shanghai", show_default=True, help="IANA time zone.")
@click.option("--currency", default="CNY", show_default=True)
@click.option("--lat", type=click.FloatRange(-90, 90), prompt="Latitude", help="Where the shop is, degrees.")
@click.option("--lng", type=click.FloatRange(-180, 180), prompt="Longitude")
@click.option(
    "--radius",
    "radius_m",
    type=click.IntRange(100, 100_000),
    default=3000,
    show_default=True,
    help="How far riders go, metres.",
)
@click.option("--open", "opens", default="07:00", show_default=True, help="Opening time, every day.")
@click.option("--close", "closes", default="22:00", show_default=True, help="Closing time, every day.")
@click.option("--delivery-fee", type=click.IntRange(0), default=500, show_default=True, help="Minor units.")
@click.option(
    "--free-delivery-from",
    type=click.IntRange(0),
    default=6900,
    show_default=True,
    help="Goods worth this much go without a fee; 0 for never.",
)
@click.option("--bag-fee", type=click.IntRange(0), default=30, show_default=True, help="Minor units.")
@click.option("--admin-badge", default="A001", show_default=True, help="Badge of the first administrator.")
@click.option("--admin-name-zh", default="店长", show_default=True)
@click.option("--admin-name-en", default="Administrator", show_default=True)
@options.json_output
def init(
    file: Path | None,
    database_url: str | None,
    admin_badge: str,
    admin_name_zh: str,
    admin_name_en: str,
    as_json: bool,
    opens: str,
    closes: str,
    **shop: Any,
) -> None:
    """Found a shop and its first administrator.

    \b
    Example:
      fulfil init --name-zh 静安店 --name-en "Jing'an shop" --lat 31.2304 --lng 121.4737
    """
    from fulfil.store.rules import WEEKDAYS

    shop["opening"] = {day: [[opens, closes]] for day in WEEKDAYS}
    answer = ask(
        file, database_url, "init", shop=shop, badge=admin_badge, name_zh=admin_name_zh, name_en=admin_name_en
    )
    many = (
        f"It is one of {answer['shops']} shops here: say --store NUMBER where a command is meant for one.\n"
    )
    tell(
        as_json,
        answer,
        f"The shop has number {answer['store_id']}.\n{many if answer['shops'] > 1 else ''}"
        f"Administrator: badge {answer['badge']}, PIN {answer['pin']} (shown only now).\n"
        "Next: `fulfil import catalog FILE.csv`, `fulfil staff add`, `fulfil enrol`, `fulfil serve`.",
    )


@click.group()
def staff() -> None:
    """People of the shop: add, roles, reset-pin, disable, list.

    \b
    Example:
      fulfil staff list
    """


@staff.command("add")
@options.shared
@options.store
@click.argument("badge")
@click.option("--name-zh", required=True)
@click.option("--name-en", required=True)
@click.option(
    "--role",
    "roles",
    type=click.Choice(ROLES),
    multiple=True,
    required=True,
    help="May be given several times.",
)
@options.json_output
def add(file: Path | None, database_url: str | None, as_json: bool, **person: Any) -> None:
    """Somebody starts to work. Prints the PIN, once.

    \b
    Example:
      fulfil staff add P001 --name-zh 李雷 --name-en "Li Lei" --role picker --role packer
    """
    answer = ask(file, database_url, "staff_add", **_listed(person))
    tell(as_json, answer, f"Badge {answer['badge']}, PIN {answer['pin']} (shown only now).")


@staff.command("roles")
@options.shared
@options.store
@click.argument("badge")
@click.argument("roles", nargs=-1, required=True, type=click.Choice(ROLES))
@options.json_output
def roles(file: Path | None, database_url: str | None, as_json: bool, **change: Any) -> None:
    """Give BADGE these ROLES instead of the ones it has; they hold at once.

    \b
    Example:
      fulfil staff roles P001 picker packer
    """
    answer = ask(file, database_url, "staff_roles", **_listed(change))
    tell(as_json, answer, f"{answer['badge']}: {', '.join(answer['roles'])}.")


@staff.command("reset-pin")
@options.shared
@options.store
@click.argument("badge")
@options.json_output
def reset_pin(file: Path | None, database_url: str | None, as_json: bool, **change: Any) -> None:
    """A new PIN for BADGE; it also unlocks and ends the open session.

    \b
    Example:
      fulfil staff reset-pin P001
    """
    answer = ask(file, database_url, "staff_reset_pin", **change)
    tell(as_json, answer, f"Badge {answer['badge']}, new PIN {answer['pin']} (shown only now).")


@staff.command("disable")
@options.shared
@options.store
@click.argument("badge")
@options.json_output
def disable(file: Path | None, database_url: str | None, as_json: bool, **change: Any) -> None:
    """Somebody leaves: BADGE can't sign in any more and its session ends.

    \b
    Example:
      fulfil staff disable P001
    """
    answer = ask(file, database_url, "staff_disable", **change)
    tell(as_json, answer, f"{answer['badge']} is disabled.")


@staff.command("list")
@options.shared
@options.store
@options.json_output
def list_people(file: Path | None, database_url: str | None, as_json: bool, store: int | None) -> None:
    """Everybody of the shop.

    \b
    Example:
      fulfil staff list --json
    """
    answer = ask(file, database_url, "staff_list", store=store)
    lines = [
        f"{p['badge']:8} {'disabled' if p['disabled'] else ', '.join(p['roles']):30} "
        f"{p['name_zh']} {p['name_en']}"
        for p in answer["people"]
    ]
    tell(as_json, answer, "\n".join(lines))


@click.command()
@options.shared
@options.store
@click.option("--count", type=click.IntRange(1, 500), default=1, show_default=True, help="How many devices.")
@options.json_output
def enrol(file: Path | None, database_url: str | None, as_json: bool, **wanted: Any) -> None:
    """Print a one-time code that enrols a handheld or a station.

    \b
    Example:
      fulfil enrol --count 3
    """
    answer = ask(file, database_url, "enrol", **wanted)
    tell(as_json, answer, "\n".join(answer["codes"]))


@click.group()
def token() -> None:
    """Tokens of programs that call the API: add, list, revoke.

    \b
    Example:
      fulfil token list
    """


@token.command("add")
@options.shared
@click.option("--store", type=int, help="The only shop that the token counts in; without it, every shop.")
@click.argument("program")
@click.option(
    "--role",
    "roles",
    type=click.Choice(ROLES),
    multiple=True,
    required=True,
    help="May be given several times.",
)
@options.json_output
def add_token(file: Path | None, database_url: str | None, as_json: bool, **wanted: Any) -> None:
    """A token for PROGRAM, a name of your choice. Prints it, once; only its hash is kept.

    \b
    Example:
      fulfil token add till --role operator
    """
    answer = ask(file, database_url, "token_add", **_listed(wanted))
    tell(as_json, answer, f"{answer['token']}\nToken number {answer['id']} (shown only now).")


@token.command("list")
@options.shared
@options.json_output
def list_tokens(file: Path | None, database_url: str | None, as_json: bool) -> None:
    """Every token by its number, never the token itself.

    \b
    Example:
      fulfil token list --json
    """
    answer = ask(file, database_url, "token_list")
    tell(as_json, answer, "\n".join(map(_token_line, answer["tokens"])))


@token.command("revoke")
@options.shared
@click.argument("number", type=click.IntRange(1))
@options.json_output
def revoke_token(file: Path | None, database_url: str | None, as_json: bool, number: int) -> None:
    """Token NUMBER opens nothing any more, at once. `fulfil token list` shows the numbers.

    \b
    Example:
      fulfil token revoke 100042
    """
    answer = ask(file, database_url, "token_revoke", number=number)
    tell(as_json, answer, f"Token {answer['id']} is revoked.")


@click.group()
def customers() -> None:
    """Members of the shop: erase.

    \b
    Example:
      fulfil customers erase 13900000001
    """


@customers.command("erase")
@options.shared
@click.argument("phone")
@options.json_output
def erase(file: Path | None, database_url: str | None, phone: str, as_json: bool) -> None:
    """End the account of PHONE and erase who it was, also in past orders. There is no way back.

    \b
    Example:
      fulfil customers erase 13900000001
    """
    answer = ask(file, database_url, "customers_erase", phone=phone)
    tell(as_json, answer, f"Member {answer['customer_id']} is erased.")


def _token_line(one: dict[str, Any]) -> str:
    may = "revoked" if one["revoked_at"] else ", ".join(one["roles"])
    where = "every shop" if one["stores"] is None else f"shop {', '.join(one['stores'])}"
    return f"{one['id']:10} {may:30} {where:14} {one['name']}"


def _listed(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in arguments.items()}


COMMANDS = (init, staff, enrol, token, customers)

"""The group of all commands and the one place where refusals become a line on standard error."""

from __future__ import annotations

import atexit
import gc
import sys

import click

from fulfil.cli import importing, keeping, measuring, messaging, owning, proving, running, simulating

EPILOG = """\b
Try it:            fulfil demo
For real:          fulfil init
                   fulfil import catalog products.csv
                   fulfil staff add P001 --name-zh 李雷 --name-en "Li Lei" --role picker
                   fulfil enrol
                   fulfil serve --host 0.0.0.0 --tls-cert shop.crt --tls-key shop.key
"""


SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(epilog=EPILOG, context_settings=SETTINGS)
@click.version_option(package_name="fulfil")
def fulfil() -> None:
    """In-store fulfilment: online orders are picked in the shop, packed and handed to a rider."""


for group in (running, owning, importing, messaging, keeping, proving, measuring, simulating):
    for command in group.COMMANDS:
        fulfil.add_command(command)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 refused or failed, 2 wrong usage."""
    from fulfil.kit.errors import ConfigError, Refusal

    atexit.register(gc.freeze)  # who ends needs no search for garbage, which takes half a second
    try:
        fulfil.main(args=arguments, prog_name="fulfil", standalone_mode=False)
    except click.exceptions.Abort:
        _fail("Stopped.", 130)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "fulfil"
        _fail(f"{error.format_message()} `{where} --help` shows how it is used.", error.exit_code)
    except click.ClickException as error:
        _fail(error.format_message(), error.exit_code)
    except ConfigError as error:
        _fail(f"{error}. `fulfil config` shows all settings.", 2)
    except Refusal as refusal:
        _fail(_of_database(refusal.__cause__) or refusal.detail, 1)
    except OSError as error:
        _fail(f"{error.strerror or error}: {error.filename}" if error.filename else str(error), 1)
    except Exception as error:
        if (line := _of_database(error)) is None:
            raise
        _fail(line, 1)


def _of_database(error: BaseException | None) -> str | None:
    """What a database that cannot be worked with says, None for every other error."""
    from sqlalchemy.exc import DatabaseError

    if not isinstance(error, DatabaseError):
        return None
    first = str(error.orig).strip().partition("\n")[0]
    return f"The database can't be used: {first}. `fulfil config` shows its address."


def _fail(line: str, code: int) -> None:
    click.echo(f"fulfil: {line}", err=True)
    sys.exit(code)

"""Commands about messages."""

from __future__ import annotations

from pathlib import Path

import click

from fulfil.cli import options
from fulfil.cli.asking import ask, tell


@click.group()
def messages() -> None:
    """Short messages and e-mail: test.

    \b
    Example:
      fulfil messages test --to 13900000001
    """


@messages.command("test")
@options.shared
@click.option(
    "--to", "contact", required=True, metavar="CONTACT", help="A phone number, or an e-mail address."
)
@options.json_output
def test(file: Path | None, database_url: str | None, contact: str, as_json: bool) -> None:
    """Send one message now, with the settings in force, and say whether the provider took it.

    \b
    Example:
      fulfil messages test --to 13900000001
      fulfil messages test --to ops@example.org
    """
    answer = ask(file, database_url, "messages_test", to=contact)
    tell(as_json, answer, f"A message was handed over ({answer['channel']}, {answer['gateway']}).")


COMMANDS = (messages,)

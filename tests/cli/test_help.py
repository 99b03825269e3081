"""The help of every command says what it does and shows how it is typed."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from fulfil.cli.entry import fulfil


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


def test_the_list_of_commands_is_the_promised_one():
    assert {path[0] for path in commands(fulfil)} == {
        "serve",
        "worker",
        "demo",
        "sandbox-pay",
        "migrate",
        "config",
        "backup",
        "restore",
        "rebuild-views",
        "init",
        "staff",
        "enrol",
        "token",
        "customers",
        "import",
        "messages",
        "check",
        "pick-lists",
        "bench",
        "simulate",
    }


@pytest.mark.parametrize("path", list(commands(fulfil)), ids=" ".join)
def test_help_teaches(path):
    shown = CliRunner().invoke(fulfil, [*path, "--help"], prog_name="fulfil")
    assert shown.exit_code == 0
    assert "Example:" in shown.output
    assert f"fulfil {' '.join(path)}" in shown.output.partition("Example:")[2]


@pytest.mark.parametrize("path", [(), ("staff",), ("token",), ("bench",)], ids=" ".join)
def test_a_group_alone_shows_what_it_can_do(path):
    shown = CliRunner().invoke(fulfil, path, prog_name="fulfil")
    assert "Commands:" in shown.output

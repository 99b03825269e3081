"""The files in deploy/ call the program as it is."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from fulfil.cli.entry import fulfil
from fulfil.kit.config import Config

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


def calls() -> Iterator[list[str]]:
    for unit in UNITS:
        line = re.search(r"^ExecStart=\S+/fulfil (.+)$", unit.read_text("utf-8"), re.MULTILINE)
        assert line, f"{unit.name} starts nothing"
        # Its settings are a file that is not there yet.
        yield shlex.split(line[1].replace("%i", "8001").replace("--config /etc/fulfil/shop.conf", ""))
    for name in ("compose.yaml", "Dockerfile"):
        for words in re.findall(
            r"(?:command: |CMD )\[((?:\"?(?:migrate|worker|serve)).*?)\]", (DEPLOY / name).read_text("utf-8")
        ):
            yield [word.strip(' "') for word in words.split(",")]


@pytest.mark.parametrize("words", list(calls()), ids=lambda words: " ".join(words[:3]))
def test_every_call_is_right(words: list[str]) -> None:
    shown = CliRunner().invoke(fulfil, [*words, "--help"])
    assert shown.exit_code == 0, shown.output


def test_five_calls_are_looked_at() -> None:
    assert sorted(words[0] for words in calls()) == ["migrate", "serve", "serve", "worker", "worker"]


def test_the_settings_are_right() -> None:
    config = Config.load({}, DEPLOY / "shop.conf")
    assert config.redis_url and config.database_url.startswith("postgresql")


def test_every_setting_of_the_containers_exists() -> None:
    named = set(re.findall(r"FULFIL_(\w+):", (DEPLOY / "compose.yaml").read_text("utf-8")))
    assert named and named <= {name.upper() for name in Config.__dataclass_fields__}

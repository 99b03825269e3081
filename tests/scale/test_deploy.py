"""The files in deploy/ call the program as it is."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from fulfil.cli.entry import fulfil
from fulfil.kit.config import Config

DEPLOY = Path(__file__).parents[2] / "deploy"
README = DEPLOY.with_name("README.md")
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


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is missing")
def test_systemd_understands_every_line_of_its_files(tmp_path: Path) -> None:
    """Also the one that the README shows; it ignores what it doesn't know, and says so."""
    (alone,) = re.findall(
        r"```ini\n# /etc/systemd[^\n]*\n(\[Unit\].*?)```", README.read_text("utf-8"), re.DOTALL
    )
    texts = {"fulfil-alone.service": alone, "fulfil-wrong.service": f"{alone}Wish=1\n"}
    texts |= {path.name.replace("@.", "@8001."): path.read_text("utf-8") for path in UNITS}
    for name, text in texts.items():
        # Neither the program nor its user is on this machine.
        here = text.replace("/opt/fulfil/bin/fulfil", "/bin/true").replace("User=fulfil", "User=root")
        (tmp_path / name).write_text(here, "utf-8")
    said = {name: _verified(tmp_path / name) for name in texts}
    assert "Wish" in said.pop("fulfil-wrong.service")
    assert set(said.values()) == {""}, said


def _verified(unit: Path) -> str:
    ended = subprocess.run(
        ["systemd-analyze", "verify", unit], capture_output=True, text=True, timeout=60, check=False
    )
    return "\n".join(line for line in ended.stderr.splitlines() if "fulfil" in line)


def test_the_settings_are_right() -> None:
    config = Config.load({}, DEPLOY / "shop.conf")
    assert config.redis_url and config.database_url.startswith("postgresql")


def test_every_setting_of_the_containers_exists() -> None:
    named = set(re.findall(r"FULFIL_(\w+):", (DEPLOY / "compose.yaml").read_text("utf-8")))
    assert named and named <= {name.upper() for name in Config.__dataclass_fields__}

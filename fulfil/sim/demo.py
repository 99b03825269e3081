"""The demo: a founded shop, its payment channel, its server and, unless quiet, its people."""

from __future__ import annotations

import json
import os
import random
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from fulfil.app import serving
from fulfil.app.locking import DatabaseLock
from fulfil.app.wiring import wire
from fulfil.kit import logs
from fulfil.kit.base import Kit
from fulfil.messages.service.console import SMS
from fulfil.sim import children, shop
from fulfil.sim.codes import CodesAlone
from fulfil.sim.welcome import ROLES_TO_PLAY, welcome

HOST = "127.0.0.1"


def run(*, port: int, database_url: str | None, seed: int | None, speed: float | None, as_json: bool) -> None:
    """Serve a demo shop until SIGTERM or Ctrl-C; `speed` None leaves it without simulated people."""
    logs.install("WARNING")
    folder = Path(tempfile.mkdtemp(prefix="fulfil-demo-"))
    around: list[subprocess.Popen] = []
    try:
        _run(folder, around, port, database_url or f"sqlite:///{folder}/shop.db", seed, speed, as_json)
    finally:
        children.end(around)
        shutil.rmtree(folder, ignore_errors=True)


def _run(
    folder: Path,
    around: list[subprocess.Popen],
    port: int,
    database_url: str,
    seed: int | None,
    speed: float | None,
    as_json: bool,
) -> None:
    rng: random.Random = random.SystemRandom() if seed is None else random.Random(seed)
    lock = DatabaseLock(database_url).acquire()
    listener = serving.listen(HOST, port)
    base_url = f"http://{HOST}:{serving.port_of(listener)}"
    secret = secrets.token_hex(32)
    sandbox, sandbox_url = start_sandbox(secret, seed)
    around.append(sandbox)
    serving.open_database(database_url)
    config = shop.demo_config(
        database_url=database_url,
        carts_path=f"{folder}/carts.db",
        public_url=base_url,
        sandbox_url=sandbox_url,
        sandbox_secret=secret,
        log_level="WARNING",
    )
    kit = Kit(config, rng=rng)
    kit.services[SMS] = CodesAlone(kit.gateway, sys.stderr, SMS)
    wire(kit)
    access = shop.found(kit, quiet=speed is None, lively=speed is not None)
    server = serving.Server(kit, listener, lock=lock)
    server.start()
    shown = {"base_url": base_url, "sandbox_url": sandbox_url, **access.shown()}
    if as_json:
        print(json.dumps(shown, ensure_ascii=False), flush=True)
    if speed is not None:
        around.append(_start_people(shown, speed, seed))
    if not as_json:
        click.echo(welcome(shown, access.names, spare(access.staff) if speed else []))
    server.serve_until_signal()


def start_sandbox(secret: str, seed: int | None = None) -> tuple[subprocess.Popen, str]:
    """The sandbox channel as a child that ends with this process, and its address."""
    command = [sys.executable, "-m", "fulfil.sim.sandbox", "--port", "0"]
    if seed is not None:
        command += ["--seed", str(seed)]
    child = children.start(
        command, stdout=subprocess.PIPE, env=os.environ | {"FULFIL_SANDBOX_SECRET": secret}
    )
    return child, json.loads(children.first_line(child, "the sandbox payment channel"))["sandbox_url"]


def _start_people(shown: Mapping[str, Any], speed: float, seed: int | None) -> subprocess.Popen:
    child = children.start([sys.executable, "-m", "fulfil.sim.people"], stdin=subprocess.PIPE)
    assert child.stdin is not None
    told = {**shown, "speed": speed, "seed": seed, "spare": spare(shown["staff"])}
    child.stdin.write(json.dumps(told).encode() + b"\n")
    child.stdin.close()
    return child


def spare(staff: Sequence[Mapping[str, Any]]) -> list[str]:
    """Badges that nobody plays: the last of every role that somebody else has, too."""
    badges = []
    for role in ROLES_TO_PLAY:
        of_role = [person["badge"] for person in staff if person["roles"][0] == role]
        badges += of_role[-1:] if len(of_role) > 1 or role == "supervisor" else []
    return badges

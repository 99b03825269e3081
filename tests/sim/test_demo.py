"""The demo as a process: what it prints, and that nothing of it stays behind."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fulfil.app.wiring import wire
from fulfil.kit.base import Kit
from fulfil.picking.rules import second_look_from
from fulfil.sim import shop
from fulfil.sim.clients import Http
from fulfil.sim.demo import spare
from fulfil.sim.welcome import welcome
from fulfil.staff import queries as staff
from fulfil.store import queries as stores

# Of a busy machine. Whatever waits for its clients to leave takes half a minute or more.
START_SECONDS_MAX, STOP_SECONDS_MAX = 120, 25
KEYS = {
    "base_url",
    "sandbox_url",
    "store_id",
    "staff",
    "enrolment_codes",
    "skus",
    "admin_token",
    "supervisor",
    "administrator",
}


class Demo:
    """`fulfil demo` with these options; its first line is in `access`."""

    def __init__(self, *options: str) -> None:
        command = [sys.executable, "-m", "fulfil", "demo", "--port", "0", "--json", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.access = json.loads(self.process.stdout.readline())

    def children(self) -> list[int]:
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in listed.split()]

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """Exit code, and all else that it wrote."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=STOP_SECONDS_MAX)
        return self.process.returncode, out, err


def gone(pids: list[int]) -> bool:
    """Whether these processes have ended, or do so soon."""
    return all(_ends(pid) for pid in pids)


def _ends(pid: int) -> bool:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    ended, _, _ = select.select([descriptor], [], [], STOP_SECONDS_MAX)
    os.close(descriptor)
    return bool(ended)


def test_a_quiet_shop_prints_one_line_serves_and_ends_with_its_children():
    demo = Demo("--quiet-shop", "--seed", "7")
    access, children = demo.access, demo.children()
    assert access.keys() == KEYS
    assert all(person.keys() == {"badge", "pin", "roles"} for person in access["staff"])
    assert access["supervisor"].keys() == {"badge", "pin"}
    administrator = access["administrator"]
    code, http = access["enrolment_codes"][0], Http(access["base_url"])
    device = http.call("POST", "/api/v1/terminal/devices", {"enrolment_code": code, "name": "board"})
    http.headers["X-Device-Key"] = device["device_key"]
    signed_in = http.call(
        "POST", "/api/v1/terminal/sessions", {"badge": administrator["badge"], "pin": administrator["pin"]}
    )
    assert signed_in["roles"] == administrator["roles"] == ["admin", "supervisor"]
    assert all({"sku", "gtin", "price"} <= row.keys() for row in access["skus"])
    assert isinstance(access["store_id"], str) and len(access["enrolment_codes"]) > 10
    assert Http(access["base_url"]).get("/") == 200
    assert Http(access["base_url"]).get("/terminal") == 200
    assert demo.end() == (0, "", "")
    assert len(children) == 1 and gone(children)
    again = Demo("--quiet-shop", "--seed", "7")
    same = [name for name in KEYS - {"base_url", "sandbox_url"} if again.access[name] == access[name]]
    assert set(same) == KEYS - {"base_url", "sandbox_url"}
    children = again.children()
    again.process.kill()
    again.process.communicate()
    assert gone(children)


def test_ctrl_c_ends_a_lively_shop_soon_and_quietly():
    demo = Demo("--speed", "20")
    http = Http(demo.access["base_url"])
    http.headers["Authorization"] = f"Bearer {demo.access['admin_token']}"
    board = f"/api/v1/dispatch/board?store_id={demo.access['store_id']}"
    until = time.monotonic() + START_SECONDS_MAX
    while not http.call("GET", board)["orders"]:
        assert time.monotonic() < until, "nobody ordered"
    children = demo.children()
    assert demo.end(signal.SIGINT) == (0, "", "")
    assert len(children) == 2 and gone(children)


def test_a_port_that_is_taken_is_said_in_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [sys.executable, "-m", "fulfil", "demo", "--quiet-shop", "--port", port],
            capture_output=True,
            text=True,
            timeout=START_SECONDS_MAX,
        )
    assert ended.returncode == 1 and ended.stdout == ""
    assert port in ended.stderr and ended.stderr.count("\n") == 1


@pytest.mark.parametrize("lively", [True, False])
def test_only_a_lively_shop_has_experts_who_look_for_more_goods(sqlite_url, tmp_path, lively):
    kit = wire(
        Kit(
            shop.demo_config(
                database_url=sqlite_url,
                carts_path=f"{tmp_path}/carts.db",
                public_url="http://inside",
                sandbox_url="http://sandbox.invalid",
                sandbox_secret="a secret of the sandbox channel",
            )
        )
    )
    access = shop.found(kit, lively=lively)
    with kit.db.read() as tx:
        policy = stores.store(tx, access.store_id).policy
        people = staff.people(tx, access.store_id)
    experts = {row.badge: row.expert_zones for row in people if row.expert_zones}
    dear = [row["sku"] for row in access.skus if 2 * row["price"] >= second_look_from(policy)]
    kit.close()
    if not lively:
        assert experts == {} and policy.get("second_look_minor") is None
        return
    # Whoever misses goods does not look again: each zone has two, and the one whom nobody plays knows all.
    for zone in ("ambient", "chilled", "frozen"):
        assert sum(zone in zones for zones in experts.values()) >= 2
    assert experts[spare(access.staff)[0]] == ["ambient", "chilled", "frozen"]
    assert len(dear) > 20


def test_a_demo_lives_on_postgresql(postgres_url):
    demo = Demo("--quiet-shop", "--database-url", postgres_url)
    assert Http(demo.access["base_url"]).call("GET", "/readyz")["status"] == "ready"
    assert demo.end() == (0, "", "")


@pytest.mark.parametrize("free", [[], ["P002"]])
def test_the_welcome_names_screens_people_and_hints(free):
    shown = {
        "base_url": "http://127.0.0.1:1",
        "enrolment_codes": ["AAAA", "BBBB"],
        "staff": [{"badge": badge, "pin": "246810", "roles": ["picker"]} for badge in ("P001", "P002")],
        "administrator": {"badge": "A001", "pin": "135790", "roles": ["admin"]},
    }
    text = welcome(
        shown,
        {
            "P001": ("周海燕", "Zhou Haiyan"),
            "P002": ("陈国栋", "Chen Guodong"),
            "A001": ("店长", "Administrator"),
        },
        free,
    )
    for part in (
        "http://127.0.0.1:1/terminal",
        "http://127.0.0.1:1/board",
        "http://127.0.0.1:1/console",
        "周海燕",
        "Zhou Haiyan",
        "AAAA",
        "246810",
        "13900000001",
        "A001",
        "135790",
        "Administrator",
    ):
        assert part in text
    assert ("→ P002" in text) == ("→ A001" in text) == bool(free)
    assert "→ P001" not in text

"""A device that asks and never reads: what waits for it is bounded, it is cut off, and others are served."""

from __future__ import annotations

from contextlib import suppress

import sqlalchemy as sa
import websocket

from fulfil.app.sockets import WAITING_PACKETS_MAX
from fulfil.kit.base import Kit
from fulfil.staff.model import Person
from tests.edge.test_sockets import Socket
from tests.house import API, House
from tests.servers import SqliteDatabases

PUSHES, LETTERS, HELLOS = 450, 8000, 200


def test_a_slow_reader_is_cut_off(sqlite_databases: SqliteDatabases, tmp_path) -> None:
    house = House(tmp_path, sqlite_databases.fresh(tmp_path))
    kit = Kit(house.config)
    badge = next(person["badge"] for person in house.access.staff if person["roles"] == ["packer"])
    with kit.db.read() as tx:
        packer = tx.scalar(sa.select(Person.id).where(Person.badge == badge))
    kit.db.write(lambda tx: [tx.live(packer, "message", {"text": "x" * LETTERS}) for _ in range(PUSHES)], "t")
    kit.close()
    house.start()
    token = house.staff("packer").session["token"]
    device = Socket(house, "/terminal", {"token": token})
    with suppress(OSError):
        for _ in range(HELLOS):
            device.emit("hello", {"since": 0})
            house.http().call("GET", f"{API}/stores")
    assert "does not read" in house.log()
    assert received(device) < 2 * WAITING_PACKETS_MAX
    other = Socket(house, "/terminal", {"token": token})
    other.emit("hello", {"since": 2**53})
    assert other.event()[0] == "reset"
    other.close()
    house.close()


def received(device: Socket) -> int:
    """How many packets still come before the connection ends, cleanly or in the middle of one."""
    packets = 0
    with suppress(OSError, websocket.WebSocketException):
        while device.next():
            packets += 1
    return packets

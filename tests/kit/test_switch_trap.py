"""The trap for greenlet switches, in processes of their own: patching cannot be undone."""

import subprocess
import sys

import pytest

START = """
from gevent import monkey; monkey.patch_all()
import sys, gevent
from fulfil.kit.base import Kit
from fulfil.kit.config import Config
from fulfil.kit.switch_trap import SwitchInTransaction
from tests.kit.parcels import Parcel, ids
kit = Kit(Config(database_url=sys.argv[1]))
def place(number, wait=False):
    def work(tx):
        tx.insert(Parcel, id=number)
        if wait:
            gevent.sleep(0.01)
    kit.db.write(work, "place")
"""

SCRIPTS = {
    "a wait inside is refused and nothing is written": (
        """
try:
    place(1, wait=True)
    print("passed")
except SwitchInTransaction as error:
    print("refused", ids(kit))
place(2)
print(ids(kit))
""",
        "refused []\n[2]\n",
    ),
    "without a wait it passes": (
        """
place(1)
gevent.sleep(0)
place(2)
print(ids(kit))
""",
        "[1, 2]\n",
    ),
    "a wait outside the writer's greenlet is no switch inside": (
        """
other = gevent.spawn(gevent.sleep, 0.01)
place(1)
other.join()
print(ids(kit))
""",
        "[1]\n",
    ),
    "writers go one after the other": (
        """
inside, most = 0, 0
def work(number):
    def write(tx):
        global inside, most
        inside += 1
        most = max(most, inside)
        tx.insert(Parcel, id=number)
        if number == 3:
            gevent.sleep(0.02)  # lets every other greenlet run, while the gate is held
        inside -= 1
    kit.db.write(write, "w")
jobs = [gevent.spawn(work, n) for n in range(6)]
gevent.joinall(jobs)
print(most, [type(job.exception).__name__ for job in jobs if job.exception], ids(kit))
""",
        "1 ['SwitchInTransaction'] [0, 1, 2, 4, 5]\n",
    ),
    "a second database does not hide the switch": (
        """
import shutil
shutil.copyfile(kit.db.url.database, kit.db.url.database + "2")
second = Kit(Config(database_url=sys.argv[1] + "2"))
def outer(tx):
    tx.insert(Parcel, id=1)
    gevent.spawn(second.db.write, lambda tx: None, "other").join()
try:
    kit.db.write(outer, "w")
    print("passed")
except SwitchInTransaction:
    print("refused", ids(kit))
""",
        "refused []\n",
    ),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_switches(sqlite_kit, sqlite_url: str, name: str) -> None:
    script, said = SCRIPTS[name]
    child = subprocess.run(
        [sys.executable, "-c", START + script, sqlite_url], capture_output=True, text=True, timeout=30
    )
    assert child.stdout == said, child.stderr


def test_threads_have_no_trap(sqlite_kit) -> None:
    from fulfil.kit.switch_trap import SwitchTrap

    assert SwitchTrap.install() is None

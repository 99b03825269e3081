"""What a process does beside its requests: its planner begins when it is asked, and ends with the process."""

from __future__ import annotations

import os
import select

from fulfil.app.wiring import wire
from fulfil.app.working import Work
from fulfil.dispatch.rules import Draft, Policy
from fulfil.kit.base import Kit
from fulfil.kit.config import Config
from tests.dispatch.test_rules import NOW, work, worker


def test_the_planner_of_a_process_begins_late_and_ends_with_it(tmp_path):
    kit = wire(Kit(Config(database_url=f"sqlite:///{tmp_path}/none.db", carts_path=f"{tmp_path}/carts.db")))
    running = Work(kit, tasks=False)
    planner = kit.services["planner"]
    assert planner.pid is None
    draft = Draft(NOW, (work(1),), (worker(7),), Policy())
    assert list(planner.call("assign", draft.packed())) == [(1, 7, False)]
    watched = os.pidfd_open(planner.pid)
    running.stop()
    assert select.select([watched], [], [], 20)[0], "it is still there"
    os.close(watched)
    kit.close()

"""The ground floor as one object."""

from datetime import timedelta

from fulfil.kit.base import Kit
from fulfil.kit.tasks import LEASE
from tests.kit.test_tasks import left, put


def test_its_sweeps_free_leases_and_prune_the_live_log(kit: Kit) -> None:
    sweeps = {sweep.name: sweep for sweep in kit.tasks.sweeps}
    assert {name: sweep.seconds for name, sweep in sweeps.items()} == {"kit.leases": 15, "kit.live": 60}
    kit.tasks.handler("call", lambda kit, payload, task_id: None, kind="call")
    put(kit, "call", {})
    kit.db.write(lambda tx: tx.live(1, "message", {}), "push")
    assert kit.tasks._lease_call() is not None
    kept = timedelta(days=kit.config.live_days)
    kit.clock.advance((kept + LEASE + timedelta(seconds=1)).total_seconds())
    for sweep in sweeps.values():
        kit.db.write(sweep.run, sweep.name)
    assert left(kit) == [(1, 0, 1)]
    with kit.db.read() as tx:
        assert kit.live.since(tx, 1, 0) is None


def test_two_kits_share_nothing_in_memory(kit: Kit, make_kit, database_url: str) -> None:
    other = make_kit(database_url)
    kit.tasks.handler("mine", lambda tx, payload: None)
    kit.gateway.dependency("bank")
    other.tasks.handler("mine", lambda tx, payload: None)
    assert other.gateway.names == [] and other.metrics.registry is not kit.metrics.registry

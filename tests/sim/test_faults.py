"""Every fault of the simulation happens, breaks nothing, and what would break by it is seen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from fulfil.dispatch.model import TerminalOp
from fulfil.dispatch.service import ops
from fulfil.kit import db, web
from fulfil.kit.clock import SystemClock
from fulfil.sim.clients import Refused
from fulfil.sim.simulation import days, series
from fulfil.sim.simulation.faults import LEVELS, Faults
from fulfil.sim.simulation.plan import Outcome, Plan
from fulfil.staff import queries as staff
from fulfil.staff.model import Device, Person, StaffSession
from fulfil.trade.payments import rules as payment_rules

SERVER = {"io_error": 0.005, "disk_full_every": 600, "worker_paused": 0.3}
CHANNEL = {
    "callback_forged": 0.9,
    "callback_double": 0.5,
    "callback_late": 0.3,
    "callback_never": 0.2,
    "wrong_amount": 0.2,
}
PEOPLE = {
    "hundredfold": 0.01,
    "second_login": 0.003,
    "device_away": 0.003,
    "device_silent": 0.04,
    "device_clock": 0.5,
    "device_lost": 0.005,
}


def a_day(
    monkeypatch: pytest.MonkeyPatch, faults: Mapping[str, float], *, seed: int = 3, orders: int = 8
) -> Outcome:
    """A short day on which nothing else goes wrong."""
    monkeypatch.setitem(LEVELS, "heavy", Faults(**faults))
    return series.simulate(
        Plan(seed=str(seed), faults="heavy", orders=orders, hours=(10, 10)), lambda step, share: None
    )


def violated(outcome: Outcome) -> str:
    return "\n".join(f"{v.invariant} {v.entity} {v.message}" for v in outcome.violations)


@pytest.mark.parametrize(
    ("faults", "kinds"),
    [
        (SERVER, ("io_error", "disk_full", "commit_refused", "worker_paused")),
        (
            CHANNEL,
            (
                "callback_unsigned",
                "callback_altered",
                "callback_stale",
                "callback_unknown",
                "callback_never",
                "wrong_amount",
            ),
        ),
        (
            PEOPLE,
            (
                "op_x100",
                "second_login",
                "device_away",
                "device_silent",
                "device_clock",
                "device_lost",
                "late_op",
                "late_op_hand_to",
            ),
        ),
    ],
    ids=["server", "channel", "people"],
)
def test_a_fault_happens_and_breaks_nothing(monkeypatch, faults: Mapping[str, float], kinds: tuple[str, ...]):
    outcome = a_day(monkeypatch, faults, seed=3, orders=16)
    assert outcome.violations == [], "\n".join(outcome.steps)
    injected = outcome.figures["faults_injected"]
    assert set(kinds) - injected.keys() == set(), injected
    assert outcome.figures["delivered"] > 0 and outcome.figures["overdue_cases"] == 0


def test_an_op_that_is_applied_again_at_every_repeat_is_seen(monkeypatch):
    monkeypatch.setattr(
        ops,
        "_STORED",
        sa.select(*TerminalOp.__table__.columns).where(TerminalOp.id == sa.bindparam("the_id"), sa.false()),
    )
    once = ops._store

    def again(tx, op, *args, **kwargs) -> None:
        tx.delete(TerminalOp, {"id": op.id})
        once(tx, op, *args, **kwargs)

    monkeypatch.setattr(ops, "_store", again)
    assert "17 ops was answered applied None, then rejected" in violated(a_day(monkeypatch, {"double": 0.5}))


def test_an_answer_before_a_commit_that_fails_is_seen(monkeypatch):
    """The disk refuses the commit, and the answer goes out as if nothing were wrong.

    What hangs on a lost op never ends, so nobody waits for it when the shop has closed.
    """
    commit = db._commit

    def believed(wire: Any, changes: sa.RootTransaction, name: str) -> None:
        if name.startswith("op.") and next(refused):
            changes.rollback()
        else:
            commit(wire, changes, name)

    monkeypatch.setattr(days, "DRAIN", timedelta())
    refused = iter([*[False] * 11, True] * 1000)
    monkeypatch.setattr(db, "_commit", believed)
    assert "17 ops" in violated(a_day(monkeypatch, {}, orders=4))


def test_a_full_disk_that_is_answered_as_a_bug_is_seen(monkeypatch):
    monkeypatch.setattr(web, "refusal_of", lambda error: None)
    try:
        seen = violated(a_day(monkeypatch, {"io_error": 0.05}, orders=3))
    except Refused as refused:  # whoever only signs in does not go on after it
        seen = f"was answered {refused.status}"
    assert "was answered 500" in seen


def test_a_clock_that_jumps_changes_nothing_and_would_if_it_were_followed(monkeypatch):
    jumps = {"clock_jump_every": 600}
    calm, wild = a_day(monkeypatch, {}, orders=4), a_day(monkeypatch, jumps, orders=4)
    assert wild.figures["faults_injected"]["clock_jump"] > 1
    assert wild.figures["digest"] == calm.figures["digest"]
    monkeypatch.setattr(SystemClock, "now", lambda clock: clock._wall())
    assert a_day(monkeypatch, jumps, orders=4).figures["digest"] != calm.figures["digest"]


def test_a_callback_whose_signature_nobody_checks_is_seen(monkeypatch):
    monkeypatch.setattr(payment_rules.hmac, "compare_digest", lambda left, right: True)
    assert "a callback that is " in violated(a_day(monkeypatch, {"callback_forged": 1.0}, orders=3))


def test_a_session_that_outlives_a_second_login_is_seen(monkeypatch):
    monkeypatch.setattr(
        staff,
        "_SESSION_OF_TOKEN",
        (
            sa.select(
                StaffSession.id,
                StaffSession.person_id,
                StaffSession.store_id,
                StaffSession.device_id,
                Person.roles,
                Person.locale,
                Device.key_hash,
            )
            .join(Person, Person.id == StaffSession.person_id)
            .join(Device, Device.id == StaffSession.device_id)
            .where(StaffSession.token_hash == sa.bindparam("token_hash"))
        ),
    )
    assert "10 sessions" in violated(a_day(monkeypatch, {"second_login": 0.05}, orders=2))

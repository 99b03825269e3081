"""The chain of steps (O1): joined into one transaction, or one commit a step with its progress stored.

Joined, a refusal or a crash rolls everything back. Step by step, each commit stores how far it came: a
refusal undoes the committed steps backwards; a submission whose worker has gone is carried on by another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy.engine import Row

from fulfil.kit.base import Kit
from fulfil.kit.db import Tx
from fulfil.kit.errors import Refusal, StaleRow
from fulfil.trade.orders import queries, rules
from fulfil.trade.orders.model import Submission
from fulfil.trade.orders.service.draft import Draft
from fulfil.trade.orders.service.steps import STEPS, OnFailure, Step
from fulfil.trade.orders.states import SubmissionState

RESUME = "orders.resume"


def chain_of(draft: Draft) -> list[Step]:
    return [STEPS[name] for name in rules.chain_of(draft.request.channel, draft.request.scene)]


def run_joined(tx: Tx, draft: Draft) -> None:
    """Do every step in the caller's transaction. Raises what the refusing step raised."""
    draft.joined = True
    for step in chain_of(draft):
        _do(tx, step, draft)


def _do(tx: Tx, step: Step, draft: Draft) -> None:
    if step.on_failure is OnFailure.UNDO:
        step.do(tx, draft)
        return
    try:
        with tx.savepoint():
            step.do(tx, draft)
    except Refusal:
        tx.after_commit(lambda: tx.kit.metrics.count("orders_step_ignored"))


def run_in_steps(kit: Kit, order_no: int) -> None:
    """Carry a submission on to its end, one commit a step. Raises the refusal of a step after undoing."""
    row = kit.db.write(lambda tx: _take(tx, order_no), "order-take")
    draft = Draft.of_json(row.draft)
    steps = chain_of(draft)
    done, version = row.done, row.version
    if row.state == SubmissionState.UNDOING:
        _undo(kit, draft, steps, done, version)
        return
    while done < len(steps):
        try:
            _commit(kit, f"order-{steps[done].name}", _step, steps, draft, done, version)
        except StaleRow:
            raise
        except Refusal:
            _commit(kit, "order-undoing", _store, draft, SubmissionState.UNDOING, done, version)
            _undo(kit, draft, steps, done, version + 1)
            raise
        done, version = done + 1, version + 1


def _take(tx: Tx, order_no: int) -> Row:
    """Take the lease of a submission; a worker that held it before finds another version."""
    row = queries.submission_of(tx, order_no)
    if row is None or row.state not in (SubmissionState.RUNNING, SubmissionState.UNDOING):
        raise StaleRow()
    _store(tx, Draft.of_json(row.draft), row.state, row.done, row.version)
    return queries.submission_of(tx, order_no)


def _step(tx: Tx, steps: Sequence[Step], draft: Draft, done: int, version: int) -> None:
    draft.shown = None
    last = done + 1 == len(steps)
    _do(tx, steps[done], draft)
    _store(tx, draft, SubmissionState.ACCEPTED if last else SubmissionState.RUNNING, done + 1, version)


def _undo(kit: Kit, draft: Draft, steps: Sequence[Step], done: int, version: int) -> None:
    while done:
        _commit(kit, f"order-undo-{steps[done - 1].name}", _unstep, steps, draft, done, version)
        done, version = done - 1, version + 1
    _commit(kit, "order-undone", _store, draft, SubmissionState.UNDONE, 0, version)


def _unstep(tx: Tx, steps: Sequence[Step], draft: Draft, done: int, version: int) -> None:
    steps[done - 1].undo(tx, draft)
    _store(tx, draft, SubmissionState.UNDOING, done - 1, version)


def _commit(kit: Kit, name: str, work: Callable[..., None], *args: object) -> None:
    kit.db.write(lambda tx: work(tx, *args), name)


def _store(tx: Tx, draft: Draft, state: str, done: int, version: int) -> None:
    """Store the progress and renew the lease. Raises StaleRow when another worker took over."""
    changed = tx.update(
        Submission,
        Submission.id == draft.order_no,
        Submission.version == version,
        state=state,
        done=done,
        version=version + 1,
        draft=draft.as_json(),
        lease_until=tx.now + rules.SUBMISSION_LEASE,
    )
    if changed != 1:
        raise StaleRow()


def resume(kit: Kit, order_no: int) -> None:
    """Carry on a stranded submission. A refusal has been undone; nobody waits for its answer any more."""
    try:
        run_in_steps(kit, order_no)
    except Refusal:
        return


def resume_stranded(tx: Tx) -> None:
    """Sweep: hand submissions whose worker has gone to the task engine."""
    for order_no in queries.stranded_submissions(tx):
        tx.kit.tasks.add(tx, RESUME, {"order_no": order_no})

"""Routes of the task engine: look at tasks, try them again, skip them."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from fulfil.app import tasks
from fulfil.kit.web import (
    Choice,
    IdStr,
    QueryInt,
    Requires,
    Str,
    Strict,
    StrictInt,
    TimeIn,
    access,
    blueprint,
    principal,
    read,
    write,
)
from fulfil.store.schema import NamesOut

bp = blueprint("tasks", "The task engine: what is to be done, and what gave up.")
OVERSEERS = Requires("staff", roles=("supervisor", "operator"))
HANDLER_CHARS_MAX, PAGE_MAX = 100, 100


class TasksQuery(Strict):
    """`state`: due (wants to run now) | waiting (for its time, or for another task) | running | dead."""

    state = Choice(tasks.STATES, load_default=None)
    handler = Str(max=HANDLER_CHARS_MAX, load_default=None)
    order_no = IdStr(load_default=None)
    cursor = IdStr(load_default=None)
    limit = QueryInt(min=1, max=PAGE_MAX, load_default=50)


class TaskView(Strict):
    """A task. `store_id` and `order_no` are null where nobody can tell; `error` is the kind of error alone.

    `said` is what it does, null where a plug-in does not say. `ahead` is the task that must end first;
    `actions` is what the caller may do now: retry, skip.
    """

    id = IdStr()
    handler = fields.String()
    said = fields.Nested(NamesOut, allow_none=True)
    state = Choice(tasks.STATES)
    store_id = IdStr(allow_none=True)
    order_no = IdStr(allow_none=True)
    priority = StrictInt()
    attempts = StrictInt()
    attempts_max = StrictInt()
    error = fields.String(allow_none=True)
    run_at = TimeIn()
    created_at = TimeIn()
    age_seconds = StrictInt()
    ahead = IdStr(allow_none=True)
    actions = fields.List(fields.String())


class WaitingTask(Strict):
    id = IdStr()
    handler = fields.String()


class TaskWhole(TaskView):
    """`payload` without what could be somebody's, which `withheld` names; `behind`: up to 50 that wait."""

    payload = fields.Dict()
    withheld = fields.List(fields.String())
    behind = fields.List(fields.Nested(WaitingTask))


class TasksView(Strict):
    tasks = fields.List(fields.Nested(TaskView))
    cursor = fields.String(allow_none=True)


class SkipIn(Strict):
    reason = Str(max=200, required=True)


class DrainIn(Strict):
    handler = Str(max=HANDLER_CHARS_MAX, required=True)


class Drained(Strict):
    retried = StrictInt()
    left = StrictInt()


@bp.get("/tasks")
@access(OVERSEERS)
@bp.arguments(TasksQuery, location="query")
@bp.response(200, TasksView)
def all_tasks(query: dict[str, Any]) -> dict[str, Any]:
    """Tasks of the caller's shops, newest first; what belongs to no shop for those who see every shop."""
    with read() as tx:
        return tasks.tasks(
            tx,
            principal(),
            state=query["state"],
            handler=query["handler"],
            order_no=query["order_no"],
            before=query["cursor"],
            limit=query["limit"],
        )


@bp.get("/tasks/<id:task_id>")
@access(OVERSEERS)
@bp.response(200, TaskWhole)
def one_task(task_id: int) -> dict[str, Any]:
    """One task. 404 unknown_task also when it has been done."""
    with read() as tx:
        return tasks.task(tx, principal(), task_id)


@bp.post("/tasks/<id:task_id>/retry")
@access(Requires("staff", roles=("supervisor",)))
@bp.response(204)
def retry_task(task_id: int) -> None:
    """Let a task of one's shops that gave up try again; administrators also one that belongs to no shop.

    404 unknown_task when there is none.
    """
    who = principal()
    write(lambda tx: tasks.retry(tx, who, task_id))


@bp.post("/tasks/<id:task_id>/skip")
@access(Requires("staff", roles=("admin",)))
@bp.arguments(SkipIn)
@bp.response(204)
def skip_task(body: dict[str, Any], task_id: int) -> None:
    """Take a task away undone: its effect never comes, and what waits behind it goes on.

    404 unknown_task; 409 task_running.
    """
    who = principal()
    write(lambda tx: tasks.skip(tx, who, task_id, body["reason"]))


@bp.post("/tasks/drain")
@access(Requires("staff", roles=("supervisor",)))
@bp.arguments(DrainIn)
@bp.response(200, Drained)
def drain_tasks(body: dict[str, Any]) -> dict[str, int]:
    """Let all tasks of a handler that gave up try again, up to 200 at once; `left` may be tried next."""
    who = principal()
    return write(lambda tx: tasks.drain(tx, who, body["handler"]))

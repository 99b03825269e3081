"""Routes that belong to no folder: health, metrics, degradation switches, exceptions of all folders."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Response, jsonify
from marshmallow import fields

from fulfil import migrations
from fulfil.app import exceptions, health, levels
from fulfil.kit.errors import Unavailable
from fulfil.kit.gateway import CLOSED, OPENED, TRYING
from fulfil.kit.web import (
    Choice,
    IdStr,
    Public,
    Requires,
    Str,
    Strict,
    StrictBool,
    StrictInt,
    TimeIn,
    access,
    blueprint,
    in_store,
    keyed,
    kit,
    principal,
    read,
    write,
    write_once,
)
from fulfil.store.schema import NamesOut

bp = blueprint("system", "Health, metrics, degradation switches and exceptions.")
probes = blueprint("probes", "Health and metrics.", prefix="")


class NotReady(Unavailable):
    code, title = "not_ready", "The server can't work yet."


class SwitchView(Strict):
    """A degradation switch: `on` is the normal way; `changed_by` is null while nobody has flipped it.

    `broken`, `breaker` and the last four are of the process that answers. `breaker` is closed |
    open | trying: the next call tells whether it closes. `opened_at` is since when nothing has come through;
    `silent_since` is since when calls, at least two, have got no answer;
    `key_refused_at` is since when the other side has answered that it does not know our key (401, 403).
    `refusals` counts calls that were not tried since the process began.
    """

    name = fields.String()
    on = fields.Boolean()
    reason = fields.String()
    changed_by = fields.String(allow_none=True)
    changed_at = TimeIn(allow_none=True)
    broken = fields.Boolean()
    breaker = Choice((CLOSED, OPENED, TRYING))
    opened_at = TimeIn(allow_none=True)
    silent_since = TimeIn(allow_none=True)
    key_refused_at = TimeIn(allow_none=True)
    refusals = StrictInt()


class SwitchFlip(Strict):
    """Where the switch shall stand, and why."""

    on = StrictBool(required=True)
    reason = Str(max=200, min=0, load_default="")


class ExceptionsQuery(Strict):
    """`resolved`: also the payment notices that somebody has resolved."""

    store_id = IdStr(required=True)
    resolved = fields.Boolean(truthy={"true"}, falsy={"false"}, load_default=False)


class NoticeResolution(Strict):
    """What came of a payment notice."""

    note = Str(max=500, required=True)


class ExceptionView(Strict):
    """Something that waits for a person. `kind` is payment_notice | refund_failed | dead_task.

    `store_id` is null for what belongs to no shop as far as anybody can tell: an administrator's to act on.
    `said` is what a task does that gave up, null where a plug-in does not say. The last three are those of a
    payment notice; `resolved_by` is `staff:` and an id.
    """

    kind = fields.String()
    id = IdStr()
    store_id = IdStr(allow_none=True)
    order_no = IdStr(allow_none=True)
    amount = StrictInt(allow_none=True)
    currency = fields.String(allow_none=True)
    reason = fields.String()
    said = fields.Nested(NamesOut, allow_none=True)
    at = TimeIn()
    age_seconds = StrictInt()
    resolved_at = TimeIn(allow_none=True)
    resolved_by = fields.String(allow_none=True)
    note = fields.String(allow_none=True)


class ExceptionsView(Strict):
    exceptions = fields.List(fields.Nested(ExceptionView))


@probes.get("/healthz")
@access(Public())
def healthz() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@probes.get("/health")
@access(Public())
def state_of_health() -> Response:
    """What works and what does not: 503 when this process is of no use, 200 also when something is away."""
    status, told = health.health(kit())
    answer = jsonify(told)
    answer.status_code = status
    return answer


@probes.get("/readyz")
@access(Public())
def readyz() -> Response:
    """The database answers and has the tables that this code needs; `tasks_due` wait to be worked off."""
    try:
        with read() as tx:
            version = tx.scalar(migrations.VERSION)
            due = kit().tasks.due(tx)
    except sa.exc.SQLAlchemyError:
        raise NotReady("The database does not answer.") from None
    if not migrations.suffices(version):
        raise NotReady("The database has another version. Run `fulfil migrate`.")
    return jsonify(status="ready", version=version, tasks_due=due)


@probes.get("/metrics")
@access(Public())
def metrics() -> Response:
    """Prometheus text."""
    return Response(levels.measured(kit()), mimetype="text/plain; version=0.0.4")


@bp.get("/switches")
@access(Requires("staff", roles=("admin",)))
@bp.response(200, SwitchView(many=True))
def switches() -> list[dict]:
    """Every degradation switch."""
    with read() as tx:
        return kit().gateway.switches(tx)


@bp.get("/switches/<string(maxlength=60):name>")
@access(Requires("staff", roles=("admin",)))
@bp.response(200, SwitchView)
def switch(name: str) -> dict:
    """One degradation switch."""
    with read() as tx:
        return kit().gateway.switch(tx, name)


@bp.put("/switches/<string(maxlength=60):name>")
@access(Requires("staff", roles=("admin",)))
@bp.arguments(SwitchFlip)
@bp.response(200, SwitchView)
def flip(body: dict, name: str) -> dict:
    """Flip a degradation switch; every call to that dependency obeys within a second."""
    actor = principal().name

    def effect(tx) -> dict:
        kit().gateway.flip(tx, name, body["on"], body["reason"], actor)
        return kit().gateway.switch(tx, name)

    return write(effect)


@bp.get("/exceptions")
@access(Requires("staff", roles=("supervisor", "operator")))
@bp.arguments(ExceptionsQuery, location="query")
@bp.response(200, ExceptionsView)
def open_exceptions(query: dict) -> dict:
    """Held payments, refunds that failed and tasks that gave up in a shop, newest first."""
    store_id = in_store(query["store_id"])
    with read() as tx:
        return {"exceptions": exceptions.exceptions(tx, principal(), store_id, resolved=query["resolved"])}


@bp.post("/payments/notices/<id:notice_id>/resolve")
@keyed
@access(Requires("staff", roles=("operator",)))
@bp.arguments(NoticeResolution)
@bp.response(200, ExceptionView)
def resolve_notice(body: dict, notice_id: int) -> dict:
    """Say what came of a held payment; it leaves the list, and no money is booked.

    404 unknown_notice; 409 notice_resolved when somebody resolved it with another note.
    """
    who = principal()
    return write_once(lambda tx: exceptions.resolve(tx, who, notice_id, body["note"]))

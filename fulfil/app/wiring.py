"""Joins the folders: what one hands to another that may not import it, and who serves which routes."""

from __future__ import annotations

from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from flask import Flask

from fulfil.app import archived, order_search, system, task_routes, watching
from fulfil.contracts.folders import FOLDERS, STAGES
from fulfil.contracts.fulfilment import SessionEnded
from fulfil.dispatch import queries as dispatch_queries
from fulfil.dispatch.service.promise import DispatchPromise
from fulfil.kit import web
from fulfil.kit.base import Kit
from fulfil.kit.db import Tx
from fulfil.kit.signals import SESSIONS
from fulfil.planner.inside import PlannerInside
from fulfil.retention import jobs as retention
from fulfil.trade.orders import service as orders
from fulfil.trade.orders.service import intake
from terminal_ui import pages
from terminal_ui.console import api as console_api
from terminal_ui.track import api as track_api


def wire(kit: Kit) -> Kit:
    """Join the folders over `kit`; returns it. Nothing runs yet."""
    kit.services["stages"] = {name: import_module(f"fulfil.{name}.stage").stage for name in STAGES}
    kit.services["promise"] = DispatchPromise()
    kit.services.setdefault("planner", PlannerInside())
    kit.services["order_to_pay"] = orders.to_pay
    kit.services["picked"] = dispatch_queries.picked_not_shipped
    for folder in FOLDERS:
        module = f"fulfil.{folder}.jobs"
        if find_spec(module):
            import_module(module).register(kit)
    watching.register(kit)
    retention.register(kit)
    intake.check(kit)
    kit.events.subscribe(SessionEnded, "signals.session", _tell_of_session, inline=True)
    return kit


def _tell_of_session(tx: Tx, ended: SessionEnded) -> None:
    """Whichever process ends a session, the one that holds its sockets cuts them."""
    tx.after_commit(lambda: tx.kit.signals.tell(SESSIONS, {ended.session_id}))


def create_app(kit: Kit) -> Flask:
    """The HTTP application over a wired kit. Raises RuntimeError for a route without an access policy."""
    app = web.Application("fulfil", static_folder=None)
    api = web.install(app, kit)
    api.register_blueprint(system.probes)
    api.register_blueprint(system.bp)
    api.register_blueprint(task_routes.bp)
    api.register_blueprint(archived.bp)
    api.register_blueprint(order_search.bp)
    for folder in FOLDERS:
        module = f"fulfil.{folder}.api"
        if find_spec(module):
            api.register_blueprint(import_module(module).bp)
    api.register_blueprint(track_api.bp)
    api.register_blueprint(console_api.bp)
    pictures = Path(str(files("fulfil.sim") / "data" / "pictures"))
    app.register_blueprint(pages.blueprint(web.access(web.Public()), pictures))
    web.require_policies(app)
    web.require_called(app)
    web.describe(app, api)
    return app

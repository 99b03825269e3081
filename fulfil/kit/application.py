"""The application: who asks and whether they may, before every view; what is counted, after it.

A route says who may call it with `web.access(...)`; what it answers protects itself.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import flask
import orjson
from flask import Flask, Response, g, request
from flask.json.provider import DefaultJSONProvider
from flask.sessions import NullSession, SessionInterface
from werkzeug.routing import MapAdapter, Rule
from werkzeug.wsgi import get_host

from fulfil.kit.base import Kit
from fulfil.kit.errors import Forbidden, Malformed, Unauthenticated
from fulfil.kit.security import Principal

log = logging.getLogger("fulfil.web")
PROTECTION = {
    name.lower(): (name, value)
    for name, value in (  # of an answer that says nothing else itself
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
        ("Cache-Control", "no-store"),
    )
}
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
ANYONE = Principal("anyone", 0)


@dataclass(frozen=True)
class Public:
    """Anyone may call; a valid token is still understood."""


@dataclass(frozen=True)
class Requires:
    """One of these kinds of principal; staff also need one of `roles` where given (an admin has them all).

    `person`: somebody who signed in, not a program with a token.
    """

    kinds: tuple[str, ...]
    roles: tuple[str, ...] = ()
    person: bool = False

    def __init__(self, *kinds: str, roles: tuple[str, ...] = (), person: bool = False) -> None:
        object.__setattr__(self, "kinds", kinds)
        object.__setattr__(self, "roles", roles)
        object.__setattr__(self, "person", person)

    def allows(self, who: Principal) -> bool:
        if who.kind not in self.kinds or (self.person and who.session_id is None):
            return False
        return who.kind != "staff" or not self.roles or bool(who.roles & {*self.roles, "admin"})


class BearerMissing(Unauthenticated):
    code, title = "unauthenticated", "Send a bearer token in the Authorization header."


class Json(DefaultJSONProvider):
    """Answers are written by orjson; what it does not know it asks Flask's provider about."""

    def response(self, *args: Any, **kwargs: Any) -> Response:
        told = orjson.dumps(self._prepare_response_obj(args, kwargs), self.default, orjson.OPT_NON_STR_KEYS)
        return self._app.response_class(told, mimetype=self.mimetype)


class Answer(Response):
    """A response that protects itself where it does not say otherwise."""

    def get_wsgi_response(self, environ: Any) -> tuple[Any, str, list[tuple[str, str]]]:
        body, status, headers = super().get_wsgi_response(environ)
        given = {name.lower() for name, _ in headers}
        return body, status, headers + [pair for name, pair in PROTECTION.items() if name not in given]


class NoSessions(SessionInterface):
    """There are no cookies to look for: who calls says so in each request."""

    _none = NullSession()

    def open_session(self, app: Flask, request: flask.Request) -> NullSession:
        return self._none


class Route(Rule):
    """A rule that compiles what writes its address when somebody asks for one. To do so for every route was a
    third of a start, and nobody asks: addresses are given by whoever links to them.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # werkzeug's
        compiled = cache(super()._compile_builder)
        return lambda rule, /, **values: compiled(append_unknown)(rule, **values)


class Application(Flask):
    """Flask without what no part of the house uses, each of which it looks for in every request.

    Views are plain functions, there are no sessions, and one function comes before all views. After them come
    those that a folder registered for all (`after_app_request`); `require_called` refuses other hooks.
    """

    json_provider_class = Json
    response_class = Answer
    url_rule_class = Route
    session_interface = NoSessions()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func

    def create_url_adapter(self, request: flask.Request | None) -> MapAdapter | None:
        """As Flask's of an application that knows no subdomains; a Host that is none is refused alike."""
        if request is None:
            return None
        host = request.host = get_host(request.environ)  # type: ignore[misc]
        return MapAdapter(
            self.url_map,
            host,
            request.root_path,
            "",
            request.scheme,
            request.path,
            request.method,
            request.query_string.decode("latin-1"),
        )

    def preprocess_request(self) -> None:
        _authorise(self, request._get_current_object(), g._get_current_object())

    def process_response(self, response: Response) -> Response:
        for change in self.after_request_funcs.get(None, ()):
            response = change(response)
        return _finish(self, request._get_current_object(), g._get_current_object(), response)


def require_called(app: Application) -> None:
    """Refuse to start with a hook that this application does not call."""
    after = {owner: hooks for owner, hooks in app.after_request_funcs.items() if owner is not None}
    for kind, hooks in (
        ("before", app.before_request_funcs),
        ("after", after),
        ("url value", app.url_value_preprocessors),
    ):
        if any(hooks.values()):
            raise RuntimeError(f"{kind} hooks that are not called: {sorted(map(str, hooks))}")


def policy_of(app: Flask, endpoint: str) -> Public | Requires | None:
    """The policy of an endpoint; the documents of the API itself are public."""
    if endpoint.startswith("api-docs."):
        return Public()
    view = app.view_functions[endpoint]
    return getattr(view, "fulfil_access", None)


def authenticate(ground: Kit, header: str, headers: Any) -> Principal:
    """The principal of an Authorization header. Raises Unauthenticated."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise BearerMissing()
    token = token.strip()
    if known := ground.security.remembered(token, ground.clock.now()):
        return known
    with ground.db.look() as tx:
        return ground.security.principal(tx, token, headers)


def _authorise(app: Flask, asked: flask.Request, known: Any) -> None:
    """Find out who asks, and whether they may; what is `known` of the request is its `g`."""
    known.started = time.perf_counter()
    known.principal = ANYONE
    if CONTROL.search(asked.path):
        raise Malformed("A path holds no control characters.")  # PostgreSQL could not even compare NUL
    endpoint = asked.endpoint
    if endpoint is None:
        return
    policy = policy_of(app, endpoint)
    if policy is None:
        raise Forbidden("This route has no access policy.")
    header = asked.environ.get("HTTP_AUTHORIZATION", "")
    if isinstance(policy, Public) and not header:
        return
    known.principal = who = authenticate(app.extensions["fulfil"], header, asked.headers)
    if isinstance(policy, Requires) and not policy.allows(who):
        raise Forbidden()


def _finish(app: Flask, asked: flask.Request, known: Any, response: Response) -> Response:
    endpoint = asked.endpoint or "none"
    seconds = time.perf_counter() - known.get("started", time.perf_counter())
    app.extensions["fulfil"].metrics.request(endpoint, response.status_code, seconds)
    if log.isEnabledFor(logging.DEBUG):
        log.debug(
            "request",
            extra={"endpoint": endpoint, "status": response.status_code, "ms": round(seconds * 1000, 2)},
        )
    return response

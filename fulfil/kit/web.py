"""The HTTP edge: strict bodies, problem documents, default deny, one transaction a request.

A route says who may call it with `@access(...)` below its route decorator; an application with a route that
does not say so refuses to start.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import flask
import flask_smorest
from apispec.ext.marshmallow import MarshmallowPlugin, common
from flask import Flask, Response, current_app, g, request
from marshmallow import ValidationError, fields
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import BaseConverter

from fulfil.kit import idempotency, json_body
from fulfil.kit.application import (
    ANYONE,
    Application,
    Public,
    Requires,
    authenticate,
    policy_of,
    require_called,
)
from fulfil.kit.base import Kit
from fulfil.kit.db import Tx
from fulfil.kit.errors import Invalid, Malformed, NotFound, Refusal
from fulfil.kit.fields import Choice, Float, IdStr, QueryInt, Str, Strict, StrictBool, StrictInt, TimeIn
from fulfil.kit.outages import refusal_of
from fulfil.kit.security import Principal

__all__ = [
    "ANYONE",
    "Application",
    "Choice",
    "Float",
    "IdStr",
    "QueryInt",
    "Str",
    "Strict",
    "StrictBool",
    "StrictInt",
    "TimeIn",
    "Public",
    "Requires",
    "access",
    "authenticate",
    "blueprint",
    "in_store",
    "install",
    "keyed",
    "kit",
    "paper",
    "paper_style",
    "policy_of",
    "principal",
    "read",
    "require_called",
    "write",
    "write_once",
]

log = logging.getLogger("fulfil.web")
T = TypeVar("T")
KEY_CHARS_MAX = 128
PRUNE_SECONDS = 60
PATH_PARAMETER = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "maxLength": KEY_CHARS_MAX},
    "description": "The same key and body get the same answer; another body is refused.",
}
ANONYMOUS_KEY_CHARS_MIN = 16
PAPER = "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-ancestors 'self'; base-uri 'none'"


class KeyMissing(Malformed):
    code, title = "idempotency_key_missing", "Send an Idempotency-Key header, such as a fresh UUID."


class KeyGuessable(Malformed):
    code = "idempotency_key_guessable"
    title = "Without a sign-in an Idempotency-Key must be a long random text, such as a fresh UUID."


class NotJson(Refusal):
    status, code, title = 415, "unsupported_media_type", "Send the body as application/json."


class StrictParser(FlaskParser):
    """webargs, reading bodies through the strict JSON reader."""

    def parse(self, argmap: Any, req: Any = None, *, location: str | None = None, **options: Any) -> Any:
        if location != "json":
            return super().parse(argmap, req, location=location, **options)
        try:
            return argmap.load(self._raw_load_json(request))  # as the library's, which asks first what it is
        except ValidationError as error:
            self._on_validation_error(
                error,
                request,
                argmap,
                location,
                **{name: options.get(name) for name in ("error_status_code", "error_headers")},
            )

    def _raw_load_json(self, req: flask.Request) -> Any:
        raw = req.get_data(cache=True)
        if not raw:
            return {}
        if not req.is_json:
            raise NotJson()
        value = json_body.parse(raw)
        if not isinstance(value, dict):
            raise Malformed("The body must be a JSON object.")
        return value


class Blueprint(flask_smorest.Blueprint):
    """A blueprint whose arguments are read strictly."""

    ARGUMENTS_PARSER = StrictParser()

    def arguments(self, schema: Any, **options: Any) -> Any:
        """As the library's, with the schema made once instead of at every request."""
        return super().arguments(schema() if isinstance(schema, type) else schema, **options)


class Problem(Strict):
    """RFC 9457 problem document, the shape of every refusal."""

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    code = fields.String()
    detail = fields.String()
    errors = fields.Dict()


class Api(flask_smorest.Api):
    """OpenAPI 3.1 of all blueprints, at /openapi.json, written when it is first asked for.

    To write it took longer than all else of a start, and most processes are never asked.
    """

    ERROR_SCHEMA = Problem

    def __init__(self, *args: Any, **options: Any) -> None:
        self._unwritten: list[Callable[[], None]] = []
        super().__init__(*args, **options)

    def register_blueprint(self, blp: Blueprint) -> None:
        """Serve a blueprint now; it is described later."""
        self._app.register_blueprint(blp)
        self.write_later(lambda: self._write(blp))

    def write_later(self, part: Callable[[], None]) -> None:
        """Add to what writes the document, in this order."""
        self._unwritten.append(part)

    def _write(self, blp: Blueprint) -> None:
        blp.register_views_in_doc(self, self._app, self.spec, name=blp.name, parameters=None)
        self.spec.tag({"name": blp.name, "description": blp.description})

    def _openapi_json(self) -> Response:
        while self._unwritten:
            self._unwritten.pop(0)()
        return super()._openapi_json()


class IdConverter(BaseConverter):
    """A bigint in a path: 1 to 18 digits."""

    regex = r"[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        return int(value)


def blueprint(name: str, description: str, prefix: str = "/api/v1") -> Blueprint:
    """A blueprint of the outside contract; paths begin with `prefix`."""
    return Blueprint(name, name, url_prefix=prefix, description=description)


def access(policy: Public | Requires) -> Callable[[T], T]:
    """Say who may call this view."""

    def mark(view: T) -> T:
        view.fulfil_access = policy  # type: ignore[attr-defined]
        return view

    return mark


def keyed(view: T) -> T:
    """Mark a view that answers through `write_once`, for the API's document."""
    view.fulfil_keyed = True  # type: ignore[attr-defined]
    return view


def kit() -> Kit:
    return current_app.extensions["fulfil"]


def principal() -> Principal:
    """Who is calling; kind "anyone" on public routes without a token."""
    return g.principal


def write(effect: Callable[[Tx], T], name: str | None = None) -> T:
    """Run `effect(tx)` in the one transaction of this request."""
    return kit().db.write(effect, name or _name())


def _name() -> str:
    """What this request's transaction is called."""
    return request.endpoint or "request"


def write_once(effect: Callable[[Tx], Any], *, required: bool = False, part: str = "", **hidden: Any) -> Any:
    """As `write`, once per Idempotency-Key of this caller. `effect` returns a JSON-ready answer.

    What is `hidden` is told only once: a repeat is answered with the value given here in its place. `part`
    names the effect where one request has several, each in a transaction of its own.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not key and not required:
        return write(effect)
    if not key or len(key) > KEY_CHARS_MAX or not key.isascii() or not key.isprintable():
        raise KeyMissing()
    if principal() == ANYONE and len(key) < ANONYMOUS_KEY_CHARS_MIN:
        raise KeyGuessable()  # callers without a name share their keys: a guess would give another's answer
    digest = hashlib.sha256(f"{request.method} {request.full_path} ".encode())
    digest.update(request.get_data(cache=True))
    return idempotency.once(
        kit().db, _name(), principal().name, f"{key} {part}".rstrip(), digest.hexdigest(), effect, hidden
    )


def read() -> AbstractContextManager[Tx]:
    """One consistent snapshot."""
    return kit().db.read()


def in_store(store_id: int) -> int:
    """The store id, if the caller's scope holds it. Raises NotFound, as for a store that does not exist."""
    if not principal().sees(store_id):
        raise NotFound("There is no such store.")
    return store_id


def paper(page: str) -> Response:
    """A page to be printed: no script, a style sheet of ours, and it may stand in a frame of ours."""
    return Response(page, mimetype="text/html", headers={"Content-Security-Policy": PAPER})


def paper_style(style: str) -> Response:
    """The style sheet of such pages, which hardly ever changes."""
    return Response(style, mimetype="text/css", headers={"Cache-Control": "public, max-age=86400"})


def problem(refusal: Refusal) -> Response:
    """The response of a refusal."""
    answer = flask.jsonify(refusal.problem())
    answer.status_code = refusal.status
    answer.mimetype = "application/problem+json"
    if refusal.status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if (seconds := refusal.extra.get("retry_after_seconds")) is not None:
        answer.headers["Retry-After"] = str(seconds)
    return answer


def install(app: Application, ground: Kit) -> Api:
    """Make an application strict, and give it the API documentation."""
    app.extensions["fulfil"] = ground
    app.config.update(
        API_TITLE="fulfil",
        API_VERSION="1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
        OPENAPI_JSON_PATH="openapi.json",
        MAX_CONTENT_LENGTH=json_body.BODY_BYTES_MAX,
        PROPAGATE_EXCEPTIONS=False,
    )
    app.json.sort_keys = False
    app.url_map.converters["id"] = app.url_map.converters["int"] = IdConverter
    api = Api(app, spec_kwargs={"marshmallow_plugin": MarshmallowPlugin(schema_name_resolver=_schema_name)})
    # After the documentation's own handler, which they replace.
    app.register_error_handler(Refusal, problem)
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(Exception, _bug)
    api.register_converter(IdConverter, lambda _: {"type": "string", "pattern": "^[0-9]{1,18}$"})
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    ground.tasks.sweep("kit.idempotency", PRUNE_SECONDS, idempotency.prune)
    return api


def _schema_name(schema: Any) -> str:
    """The name of a schema in the documentation: its folder and its class, which no two share."""
    schema_class = common.resolve_schema_cls(schema)
    folder = schema_class.__module__.split(".")[-2]
    return f"{folder.capitalize()}{schema_class.__name__.removesuffix('Schema')}"


def require_policies(app: Flask) -> None:
    """Refuse to start with a route that does not say who may call it (default deny)."""
    open_routes = [rule.rule for rule in app.url_map.iter_rules() if policy_of(app, rule.endpoint) is None]
    if open_routes:
        raise RuntimeError(f"routes without an access policy: {sorted(open_routes)}")


def describe(app: Flask, api: Api) -> None:
    """Say in the API's document who may call what, and where a key makes a repeat harmless."""
    api.write_later(lambda: _describe(app, api))


def _describe(app: Flask, api: Api) -> None:
    for rule in app.url_map.iter_rules():
        operations = api.spec._paths.get(PATH_PARAMETER.sub(r"{\1}", rule.rule), {})
        view = app.view_functions[rule.endpoint]
        for method in rule.methods & {name.upper() for name in operations}:
            operation = operations[method.lower()]
            if isinstance(policy_of(app, rule.endpoint), Requires):
                operation["security"] = [{"bearer": []}]
            if getattr(view, "fulfil_keyed", False):
                operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)


def _http_problem(error: HTTPException) -> Response:
    status = error.code or 500
    messages = getattr(error, "data", {}).get("messages") if hasattr(error, "data") else None
    if status == 422:
        return problem(Invalid(errors=_flat(messages or {})))
    refusal = Refusal(error.description or error.name)
    refusal.status, refusal.title = status, error.name
    refusal.code = error.name.lower().replace(" ", "_")
    answer = problem(refusal)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return answer


def _flat(messages: Any) -> Any:
    """Field errors without the name of the place they came from (json, query)."""
    if isinstance(messages, dict) and len(messages) == 1 and next(iter(messages)) in ("json", "query"):
        return next(iter(messages.values()))
    return messages


def _bug(error: Exception) -> Response:
    if (outage := refusal_of(error)) is not None:
        log.warning("the database went away", extra={"endpoint": request.endpoint, "code": outage.code})
        return problem(outage)
    log.exception("a bug answered %s", request.endpoint, exc_info=error)
    refusal = Refusal("Something went wrong here. It has been noted.")
    refusal.status, refusal.code, refusal.title = 500, "internal", "Internal error"
    return problem(refusal)

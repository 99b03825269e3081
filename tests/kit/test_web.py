"""The strict HTTP edge, on a small application of its own."""

import logging

import pytest
from flask import Blueprint, Flask, Response, url_for
from flask.testing import FlaskClient
from flask.views import MethodView
from werkzeug.routing import Rule

from fulfil.kit import web
from fulfil.kit.base import Kit
from fulfil.kit.security import Principal
from fulfil.kit.web import Choice, IdStr, Public, QueryInt, Requires, Str, Strict, StrictInt
from tests.kit.parcels import Parcel, ids, together

ADMIN = Principal("staff", 1, frozenset({"admin"}))
TOKENS = {
    "ft_guest": Principal("guest", 5),
    "ft_other": Principal("guest", 6),
    "ft_admin": ADMIN,
    "ft_picker": Principal("staff", 2, frozenset({"picker"}), frozenset({1})),
    "ft_lead": Principal("staff", 3, frozenset({"supervisor"}), frozenset({1})),
}


class ParcelIn(Strict):
    id = StrictInt(min=1, required=True)
    note = Str(max=20)
    kind = Choice(["box", "bag"])


class ParcelOut(Strict):
    id = IdStr()


class PageIn(Strict):
    limit = QueryInt(min=1, max=50, load_default=20)


def routes() -> web.Blueprint:
    bp = web.blueprint("parcels", "Parcels of the tests")

    @bp.post("/parcels")
    @web.access(Requires("guest"))
    @bp.arguments(ParcelIn)
    @bp.response(201, ParcelOut)
    def place(body: dict) -> dict:
        def effect(tx) -> dict:
            tx.insert(Parcel, id=body["id"])
            return {"id": str(body["id"])}

        return web.write_once(effect)

    @bp.post("/guests")
    @web.access(Public())
    @bp.response(201)
    def greet() -> dict:
        return web.write_once(lambda tx: {"number": tx.number()})

    @bp.get("/parcels")
    @web.access(Requires("guest", "staff"))
    @bp.arguments(PageIn, location="query")
    @bp.response(200)
    def show(query: dict) -> dict:
        return {"limit": query["limit"]}

    @bp.get("/stores/<int:store_id>/board")
    @web.access(Requires("staff", roles=("supervisor",)))
    def board(store_id: int) -> dict:
        return {"store": web.in_store(store_id)}

    @bp.get("/me")
    @web.access(Public())
    def me() -> dict:
        return {"name": web.principal().name}

    @bp.get("/bug")
    @web.access(Public())
    def bug() -> dict:
        raise RuntimeError("secret-of-the-bug")

    @bp.get("/slow")
    @web.access(Public())
    def slow() -> dict:
        raise web.Refusal("Wait.", retry_after_seconds=7)

    return bp


@pytest.fixture
def app(kit: Kit) -> Flask:
    return make_app(kit)


def make_app(kit: Kit) -> Flask:
    kit.security.authenticator("ft_", lambda tx, token, headers: TOKENS.get(token))
    app = web.Application("parcels")
    web.install(app, kit).register_blueprint(routes())
    web.require_policies(drop_static(app))
    return app


def drop_static(app: Flask) -> Flask:
    app.view_functions["static"].fulfil_access = Public()
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def sqlite_client(sqlite_kit: Kit) -> FlaskClient:
    return make_app(sqlite_kit).test_client()


def bearer(token: str) -> dict:
    return {"Authorization": f"Bearer {token}"}


GUEST = bearer("ft_guest")


def is_problem(answer, status: int, code: str) -> dict:
    document = answer.get_json()
    assert answer.mimetype == "application/problem+json", answer.data
    assert (answer.status_code, document["status"], document["code"]) == (status, status, code)
    assert document["type"] == f"urn:fulfil:problem:{code}" and document["title"] and document["detail"]
    return document


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "code"),
    [
        ("get", "/nowhere", {}, 404, "not_found"),
        ("get", "/api/v1/stores/one/board", {}, 404, "not_found"),
        ("get", "/api/v1/stores/-1/board", {}, 404, "not_found"),
        ("get", f"/api/v1/stores/{'9' * 19}/board", {}, 404, "not_found"),
        ("delete", "/api/v1/parcels", {}, 405, "method_not_allowed"),
        (
            "post",
            "/api/v1/parcels",
            {"headers": GUEST, "data": b"{" + b" " * 70_000, "content_type": "application/json"},
            413,
            "request_entity_too_large",
        ),
        (
            "post",
            "/api/v1/parcels",
            {"headers": GUEST, "data": b"id=1", "content_type": "application/x-www-form-urlencoded"},
            415,
            "unsupported_media_type",
        ),
        ("post", "/api/v1/parcels", {"headers": GUEST, "data": b"{}"}, 415, "unsupported_media_type"),
        ("post", "/api/v1/parcels", {"headers": GUEST, "json": {}}, 422, "invalid"),
        ("post", "/api/v1/parcels", {"headers": GUEST}, 422, "invalid"),
        ("post", "/api/v1/parcels", {"headers": GUEST, "json": {"id": "1"}}, 422, "invalid"),
        ("post", "/api/v1/parcels", {"headers": GUEST, "json": [1]}, 400, "malformed"),
        (
            "post",
            "/api/v1/parcels",
            {"headers": GUEST, "data": b"null", "content_type": "application/json"},
            400,
            "malformed",
        ),
        (
            "post",
            "/api/v1/parcels",
            {"headers": GUEST, "data": b'{"id": NaN}', "content_type": "application/json"},
            400,
            "malformed",
        ),
        (
            "post",
            "/api/v1/parcels",
            {"headers": GUEST, "data": b"[" * 60_000, "content_type": "application/json"},
            400,
            "malformed",
        ),
        ("get", "/api/v1/parcels?limit=51", {"headers": GUEST}, 422, "invalid"),
        ("get", "/api/v1/parcels?limit=x", {"headers": GUEST}, 422, "invalid"),
        ("get", "/api/v1/bug", {}, 500, "internal"),
    ],
)
def test_every_error_is_a_problem_document(sqlite_client, method, path, options, status, code) -> None:
    is_problem(getattr(sqlite_client, method)(path, **options), status, code)


def test_a_wrong_field_is_named(sqlite_client: FlaskClient) -> None:
    body = {"id": True, "kind": "tin", "note": "x" * 21, "unknown": 1}
    document = is_problem(sqlite_client.post("/api/v1/parcels", json=body, headers=GUEST), 422, "invalid")
    assert set(document["errors"]) == {"id", "kind", "note"}


def test_a_bug_tells_nothing_outside(sqlite_client: FlaskClient, caplog) -> None:
    with caplog.at_level(logging.ERROR):
        answer = sqlite_client.get("/api/v1/bug")
    assert b"secret-of-the-bug" not in answer.data and b"RuntimeError" not in answer.data
    assert any(record.exc_info[0] is RuntimeError for record in caplog.records if record.exc_info)


def test_headers_of_refusals(sqlite_client: FlaskClient) -> None:
    assert sqlite_client.get("/api/v1/slow").headers["Retry-After"] == "7"
    assert sqlite_client.get("/api/v1/parcels").headers["WWW-Authenticate"] == "Bearer"
    allowed = sqlite_client.delete("/api/v1/parcels").headers["Allow"]
    assert set(allowed.split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


@pytest.mark.parametrize("path", ["/api/v1/me", "/nowhere", "/api/v1/bug"])
def test_every_answer_has_safe_headers(sqlite_client: FlaskClient, path: str) -> None:
    headers = sqlite_client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic ft_guest",
        "ft_guest",
        "Bearer ft_nobody",
        "Bearer xx_guest",
        "Bearer " + "x" * 5000,
    ],
)
def test_who_is_nobody_is_unauthenticated(sqlite_client: FlaskClient, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    is_problem(sqlite_client.get("/api/v1/parcels", headers=headers), 401, "unauthenticated")


@pytest.mark.parametrize(
    ("token", "store", "status"),
    [
        ("ft_guest", 1, 403),
        ("ft_picker", 1, 403),
        ("ft_lead", 1, 200),
        ("ft_lead", 2, 404),
        ("ft_admin", 2, 200),
    ],
)
def test_roles_and_stores(sqlite_client: FlaskClient, token: str, store: int, status: int) -> None:
    answer = sqlite_client.get(f"/api/v1/stores/{store}/board", headers=bearer(token))
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({}, "anyone:0"),
        (GUEST, "guest:5"),
        ({"Authorization": "bearer  ft_guest "}, "guest:5"),
        ({"fulfil.local": "1", "Fulfil-Local": "1"}, "anyone:0"),
    ],
)
def test_a_public_route_understands_a_token(sqlite_client: FlaskClient, headers: dict, name: str) -> None:
    assert sqlite_client.get("/api/v1/me", headers=headers).get_json() == {"name": name}


def test_a_wrong_token_is_refused_on_a_public_route_too(sqlite_client: FlaskClient) -> None:
    is_problem(sqlite_client.get("/api/v1/me", headers=bearer("ft_nobody")), 401, "unauthenticated")


@pytest.mark.parametrize("address", ["/api/v1/me%00", "/api/v1/%1bme", "/none%7f"])
def test_control_characters_in_a_path_are_refused(sqlite_client: FlaskClient, address: str) -> None:
    is_problem(sqlite_client.get(address), 400, "malformed")


def test_the_same_key_gets_the_same_answer(client: FlaskClient, kit: Kit) -> None:
    headers = {**GUEST, "Idempotency-Key": "k"}
    answers = [client.post("/api/v1/parcels", json={"id": 7}, headers=headers) for _ in range(2)]
    assert [(answer.status_code, answer.get_json()) for answer in answers] == [(201, {"id": "7"})] * 2
    is_problem(client.post("/api/v1/parcels", json={"id": 8}, headers=headers), 422, "idempotency_key_reused")
    other = {**bearer("ft_other"), "Idempotency-Key": "k"}
    assert client.post("/api/v1/parcels", json={"id": 9}, headers=other).status_code == 201
    assert ids(kit) == [7, 9]


def test_twenty_requests_at_once_have_one_answer(postgres_kit: Kit) -> None:
    app = make_app(postgres_kit)
    headers = {**GUEST, "Idempotency-Key": "k"}
    results = together(
        [lambda: app.test_client().post("/api/v1/parcels", json={"id": 7}, headers=headers).get_json()] * 20
    )
    assert results == [{"id": "7"}] * 20 and ids(postgres_kit) == [7]


@pytest.mark.parametrize("key", ["x" * 129, "schlüssel", "a\tb"])
def test_a_key_must_be_a_short_plain_text(sqlite_client: FlaskClient, key: str) -> None:
    answer = sqlite_client.post("/api/v1/parcels", json={"id": 7}, headers={**GUEST, "Idempotency-Key": key})
    is_problem(answer, 400, "idempotency_key_missing")


def test_callers_without_a_name_need_a_key_that_nobody_guesses(sqlite_client: FlaskClient) -> None:
    def greet(key: str):
        return sqlite_client.post("/api/v1/guests", headers={"Idempotency-Key": key})

    is_problem(greet("1"), 400, "idempotency_key_guessable")
    uuid = "2f1c8a52-8f0e-4b57-9a33-1d2e3f405162"
    assert greet(uuid).get_json() == greet(uuid).get_json()
    first, second = (sqlite_client.post("/api/v1/guests").get_json() for _ in range(2))
    assert first != second


def test_an_app_with_a_route_that_says_nothing_does_not_start(sqlite_kit: Kit) -> None:
    app = web.Application("open")
    web.install(app, sqlite_kit)
    drop_static(app)
    web.require_policies(app)
    app.add_url_rule("/open", view_func=lambda: "open")
    with pytest.raises(RuntimeError, match=r"routes without an access policy: \['/open'\]"):
        web.require_policies(app)
    is_problem(app.test_client().get("/open"), 403, "forbidden")


def test_what_is_registered_for_all_answers_changes_them(sqlite_kit: Kit) -> None:
    app = make_app(sqlite_kit)

    @app.after_request
    def marked(answer: Response) -> Response:
        answer.headers["X-Marked"] = "yes"
        return answer

    web.require_called(app)
    assert app.test_client().get("/nowhere").headers["X-Marked"] == "yes"


@pytest.mark.parametrize("hook", ["before_request", "url_value_preprocessor"])
def test_hooks_that_nobody_would_call_are_refused(sqlite_kit: Kit, hook: str) -> None:
    app = make_app(sqlite_kit)
    getattr(app, hook)(lambda *_: None)
    with pytest.raises(RuntimeError, match="hooks that are not called"):
        web.require_called(app)


def test_a_folders_own_hook_behind_its_answers_is_refused(sqlite_kit: Kit) -> None:
    app, folder = make_app(sqlite_kit), Blueprint("folder", __name__)
    folder.after_request(lambda answer: answer)
    app.register_blueprint(folder)
    with pytest.raises(RuntimeError, match="after hooks that are not called"):
        web.require_called(app)


def test_the_policy_belongs_to_the_outermost_view(sqlite_kit: Kit) -> None:
    class View(MethodView):
        def get(self) -> str:
            return "open"

    app = web.Application("open")
    web.install(app, sqlite_kit)
    app.add_url_rule("/view", view_func=View.as_view("view"))
    assert web.policy_of(app, "view") is None


def test_what_writes_addresses_is_compiled_when_one_is_asked_for(sqlite_kit: Kit, monkeypatch) -> None:
    compiled, compile_builder = [], Rule._compile_builder

    def noted(rule: Rule, append_unknown: bool = True):
        compiled.append(rule.rule)
        return compile_builder(rule, append_unknown)

    monkeypatch.setattr(Rule, "_compile_builder", noted)
    app = make_app(sqlite_kit)
    assert compiled == []
    with app.test_request_context():
        for store in (5, 6):
            board = url_for("parcels.board", store_id=store, page="2 3")
            assert board == f"/api/v1/stores/{store}/board?page=2+3"
    assert compiled == ["/api/v1/stores/<int:store_id>/board"]


def test_the_documentation_lists_routes_and_problems(sqlite_client: FlaskClient) -> None:
    document = sqlite_client.get("/openapi.json").get_json()
    assert document["openapi"] == "3.1.0"
    assert {"/api/v1/parcels", "/api/v1/stores/{store_id}/board"} <= set(document["paths"])
    assert {"KitProblem", "KitParcelOut"} <= set(document["components"]["schemas"])


def test_requests_are_measured(sqlite_kit: Kit) -> None:
    client = make_app(sqlite_kit).test_client()
    client.get("/api/v1/me")
    client.get("/nowhere")
    text = sqlite_kit.metrics.text()
    assert b'fulfil_request_seconds_count{endpoint="parcels.me",status="200"} 1.0' in text
    assert b'fulfil_request_seconds_count{endpoint="none",status="404"} 1.0' in text

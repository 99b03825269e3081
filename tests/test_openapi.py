"""The API's document: valid OpenAPI 3.1, the same in docs/ as served, and nothing left out."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from flask import Flask
from openapi_spec_validator import validate

from fulfil.app.document import document
from fulfil.app.wiring import create_app, wire
from fulfil.kit.base import Kit
from fulfil.kit.config import Config

STORED = Path(__file__).parent.parent / "docs" / "openapi.json"
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    folder = tmp_path_factory.mktemp("openapi")
    kit = wire(Kit(Config(database_url=f"sqlite:///{folder}/none.db", carts_path=f"{folder}/carts.db")))
    yield create_app(kit)
    kit.close()


@pytest.fixture(scope="module")
def served(app: Flask) -> dict:
    return app.test_client().get("/openapi.json").get_json()


def test_it_is_valid_openapi_3_1(served: dict) -> None:
    assert served["openapi"].startswith("3.1")
    validate(served)


def test_the_stored_document_is_the_served_one(served: dict) -> None:
    """`make openapi` writes it anew after a change."""
    assert json.loads(STORED.read_text("utf-8")) == served
    assert document() == STORED.read_text("utf-8")


def test_every_call_of_the_api_is_in_it(app: Flask, served: dict) -> None:
    described = {(method, path) for path, calls in served["paths"].items() for method in METHODS & set(calls)}
    real = {
        (method.lower(), re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in rule.methods
        if method.lower() in METHODS
    }
    assert real and real == {call for call in described if call[1].startswith("/api/")}


def test_every_body_has_a_schema_with_types(served: dict) -> None:
    """A field without a type promises nothing to who builds a client."""
    schemas = served["components"]["schemas"]
    untyped = [
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, told in schema.get("properties", {}).items()
        if not {"type", "$ref", "anyOf", "allOf", "oneOf", "enum"} & set(told)
    ]
    assert untyped == []

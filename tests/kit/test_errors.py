"""Refusals: a status and a stable code each."""

import pytest

from fulfil.kit import errors, gateway, idempotency, web
from fulfil.kit.errors import Conflict, Refusal

REFUSALS = sorted(
    {
        found
        for module in (errors, gateway, idempotency, web)
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, Refusal)
    },
    key=lambda each: each.__name__,
)


@pytest.mark.parametrize("refusal", REFUSALS)
def test_each_has_a_client_status_a_code_and_a_sentence(refusal: type[Refusal]) -> None:
    assert refusal.status in (400, 401, 403, 404, 409, 415, 422, 429, 503)
    assert refusal.code.isascii() and refusal.code.replace("_", "").isalpha() and refusal.code.islower()
    assert refusal.title.endswith(".") and refusal.title[0].isupper()


def test_the_document_carries_the_extras_but_they_cannot_forge_it() -> None:
    refusal = Conflict("Too late.", lines=[1], status=200, code="fine", title="x", type="y")
    assert refusal.problem() == {
        "lines": [1],
        "type": "urn:fulfil:problem:conflict",
        "title": "The state does not allow this.",
        "status": 409,
        "code": "conflict",
        "detail": "Too late.",
    }


def test_without_words_the_title_is_the_detail() -> None:
    assert Conflict().detail == Conflict.title == str(Conflict())

"""Calls of programs with a token at the routes of the whole application."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fulfil.app.wiring import create_app
from fulfil.staff import service as staff
from tests.trade.shop import Shop

API = "/api/v1"
Ask = Callable[..., tuple[int, Any]]


def asking(shop: Shop, usual_role: str) -> Ask:
    """`ask(method, path, role, store_ids, body)` → (status, answer): by a program with that role alone.

    `store_ids` are the shops in which its token counts: this one if none are named, None for every shop.
    """
    client = create_app(shop.kit).test_client()

    def ask(
        method: str,
        path: str,
        role: str = usual_role,
        store_ids: tuple[int, ...] | None = (),
        body: dict[str, Any] | None = None,
    ) -> tuple[int, Any]:
        scope = (shop.store_id,) if store_ids == () else store_ids
        token = shop.write(lambda tx: staff.create_api_token(tx, name="t", roles=[role], store_ids=scope))
        answer = client.open(
            API + path, method=method, headers={"Authorization": f"Bearer {token}"}, json=body
        )
        return answer.status_code, answer.get_json(silent=True)

    return ask

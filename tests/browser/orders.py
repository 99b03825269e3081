"""Orders for journeys: placed and paid over the API by a guest, as the shop's page would."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from fulfil.sim.clients import Customer
from tests.house import CONTACT, House


@dataclass(frozen=True)
class Placed:
    """A paid order and the guest who placed it."""

    customer: Customer
    order_no: str
    pin: str
    track_url: str

    def sign_in(self, page: Page) -> None:
        """Make this page's browser the guest's."""
        token = self.customer.http.headers["Authorization"].removeprefix("Bearer ")
        page.add_init_script(f"localStorage.setItem('fulfil.shop.guest', {json.dumps(json.dumps(token))})")

    def shop_url(self, house: House) -> str:
        """The order on the ordering page."""
        return f"{house.base_url}/#/order/{self.order_no}"

    def view(self) -> dict[str, Any]:
        """The order as its owner sees it."""
        return self.customer.order_view(self.order_no)


def product(house: House, zone: str, *, weighed: bool = False, nth: int = 0) -> str:
    """The sku of a product of that temperature zone."""
    return [row["sku"] for row in house.access.skus if row["zone"] == zone and row["weighed"] == weighed][nth]


def buy(house: House, *lines: tuple[str, int]) -> Placed:
    """A paid order of `(sku, quantity)`; the picker's offer is on its way."""
    customer = house.customer()
    for sku, quantity in lines:
        customer.put(sku, quantity)
    answer = customer.order(CONTACT)
    placed = Placed(customer, answer["order_no"], answer["delivery_pin"], answer["track_url"])
    customer.pay(placed.order_no)
    house.until(lambda: placed.view()["state"] == "paid")
    return placed

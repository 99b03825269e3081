"""Lives an order in this process, so that what is made at its first use is made for all that fork from it.

What stays is kept by its content, such as compiled statements, schemas and walks. What belongs to a shop goes
with its kit.
"""

from __future__ import annotations

import sys

import gevent

from fulfil.sim.inside import CONTACT, InsideShop
from fulfil.sim.workers import next_act

LIVES = 2  # a statement is prepared when it is met again
PIECES = 3


def main() -> None:
    """In the folder and over the empty databases that the command line names.

    Leaves no greenlet, thread or connection.
    """
    folder, *database_urls = sys.argv[1:]
    for number, url in enumerate(database_urls):
        _live(InsideShop(url, f"{folder}/carts-{number}.db"))
    gevent.get_hub().destroy(destroy_loop=True)


def _live(shop: InsideShop) -> None:
    picker = shop.staff("picker")
    sku = next(row["sku"] for row in shop.access.skus if row["zone"] == "ambient" and not row["weighed"])
    for _ in range(LIVES):
        customer = shop.customer()
        customer.put(sku, PIECES, "set")
        order_no = customer.order(CONTACT)["order_no"]
        shop.pay(customer, order_no)
        for offer in picker.work()["offers"]:
            ticket = picker.accept(offer)
            while ticket["state"] != "done":
                ticket = picker.do(ticket, *next_act(ticket, shop.totes))
        assert customer.order_view(order_no)["delivery_state"] == "preparing"
        shop.sweep()
    shop.kit.close()
    shop.kit.services["carts"].close()

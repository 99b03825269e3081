"""What a cart refuses."""

from __future__ import annotations

from fulfil.kit.errors import CallRefused, Conflict, NotFound, Unauthenticated


class UnknownProduct(NotFound):
    code, title = "unknown_product", "The shop does not sell this."


class QuantityLimit(Conflict):
    code, title = "quantity_limit", "That is more than one order may hold of it."


class LinesLimit(Conflict):
    code, title = "lines_limit", "A cart holds at most 100 different things."


class CartBusy(Conflict):
    code, title = "cart_busy", "The cart is being changed elsewhere. Try again."


class CartsAway(CallRefused):
    code, title = "carts_unavailable", "Carts do not work at the moment. Orders that were placed are safe."


class WrongGuest(Unauthenticated):
    code, title = "wrong_guest_token", "This guest token is not valid."

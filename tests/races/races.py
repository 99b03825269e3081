"""The races of the served shop. Each lets its parties act together and gives what went wrong, in words.

A crowd does the same thing many times; a duel is two parties of whom one may win. A duel also runs in either
order, one after the other: its losing order is what a server without guards gets wrong every time.
"""

from __future__ import annotations

from tests.races import floor, money, orders, people

CROWDS = {
    race.__name__: race
    for race in (
        orders.last_unit,
        orders.same_order,
        orders.other_body,
        orders.same_cart,
        orders.till_against_sale,
        money.same_callback,
        money.same_nonce,
        floor.same_offer,
        floor.same_op,
        people.guessed_pins,
        people.guessed_everywhere,
        people.same_code,
    )
}
DUELS = {
    race.__name__: race
    for race in (
        floor.cancel_against_release,  # first: the others leave much to pack
        orders.add_against_order,
        money.capture_against_cancel,
        money.cancel_against_shortage,
        floor.accept_against_reassign,
        floor.complete_against_reassign,
        floor.shortage_against_pick,
        floor.cancel_against_last_scan,
        people.logout_against_accept,
        people.role_against_accept,
    )
}

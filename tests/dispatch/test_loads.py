"""What everybody on duty was given counts from the offer on, and goes when the work goes to somebody else."""

from __future__ import annotations

from fulfil.dispatch import queries
from fulfil.dispatch.model import Fulfilment
from fulfil.dispatch.service import supervise, takeover
from tests.dispatch.small import SmallShop, Somebody


def load(shop: SmallShop, somebody: Somebody) -> int | None:
    """Seconds given to somebody; None of whom nothing is known."""
    rows = shop.read(lambda tx: queries.loads_on_duty(tx, shop.store_id))
    return {row.person_id: row.seconds for row in rows}.get(somebody.id)


def estimate(shop: SmallShop, fulfilment_id: int) -> int:
    return shop.tickets(fulfilment_id)[0].estimate_seconds


def test_an_offer_counts_at_once_and_stays_when_it_is_done(shop):
    picker = shop.hire("P1", "picker")
    assert load(shop, picker) == 0
    seconds = estimate(shop, shop.paid(("tea", 1)))
    assert load(shop, picker) == seconds > 0
    ticket = shop.accepts(picker)
    assert shop.does(picker, ticket, "finish")["status"] == "applied"
    assert load(shop, picker) == seconds


def test_what_is_declined_or_runs_out_does_not_count(shop):
    picker = shop.hire("P1", "picker")
    shop.paid(("tea", 1))
    (offer,) = shop.work(picker)["offers"]
    assert (
        shop.does(picker, offer["ticket"], "decline", offer=offer["id"], reason="busy")["status"] == "applied"
    )
    assert load(shop, picker) == 0
    other = shop.hire("P2", "picker")
    shop.run()
    once = load(shop, other)
    shop.passes(16.5, picker, other)
    assert shop.work(other)["offers"], "nobody else is left to ask"
    assert load(shop, other) == once > 0


def test_what_is_given_back_taken_over_or_cancelled_does_not_count(shop):
    picker = shop.hire("P1", "picker")
    shop.paid(("tea", 1))
    assert shop.does(picker, shop.accepts(picker), "give_back", reason="break")["status"] == "applied"
    assert load(shop, picker) == 0
    other = shop.hire("P2", "picker")
    shop.run()
    ticket = shop.accepts(other)
    row = shop.ticket(int(ticket["id"]))
    shop.write(lambda tx: takeover.take_over(tx, row, reason="silent"))
    assert load(shop, other) == 0


def test_what_is_cancelled_does_not_count(shop):
    picker = shop.hire("P1", "picker")
    shop.cancel(shop.paid(("tea", 1)))
    assert load(shop, picker) == 0
    fulfilment_id = shop.paid(("rice", 1))
    shop.accepts(picker)
    shop.cancel(fulfilment_id)
    assert load(shop, picker) == 0


def test_an_offer_that_is_withdrawn_does_not_count(shop):
    picker = shop.hire("P1", "picker")
    shop.paid(("tea", 1))
    shop.shift(picker, "break")
    assert load(shop, picker) == 0


def test_work_that_is_given_without_asking_counts(shop):
    first, second = shop.hire("P1", "picker"), shop.hire("P2", "picker")
    fulfilment_id = shop.paid(("tea", 1))
    other = second if load(shop, first) else first
    number = shop.tickets(fulfilment_id)[0].id
    shop.write(lambda tx: supervise.reassign(tx, number, other.id, actor="staff:9", confirmed=True))
    assert load(shop, other) == estimate(shop, fulfilment_id)
    assert load(shop, first) + load(shop, second) == load(shop, other)


def test_a_break_changes_nothing_and_the_end_of_a_shift_forgets(shop):
    picker = shop.hire("P1", "picker")
    seconds = estimate(shop, shop.paid(("tea", 1)))
    shop.does(picker, shop.accepts(picker), "finish")
    for state in ("break", "available"):
        shop.shift(picker, state)
        assert load(shop, picker) == seconds
    shop.shift(picker, "off")
    assert load(shop, picker) is None


def test_who_comes_late_begins_where_the_least_loaded_colleague_is(shop):
    first = shop.hire("P1", "picker")
    seconds = estimate(shop, shop.paid(("tea", 1)))
    shop.does(first, shop.accepts(first), "finish")
    late, alone = shop.hire("P2", "picker"), shop.hire("C1", "counter")
    assert (load(shop, late), load(shop, alone)) == (seconds, 0)


def test_work_given_off_duty_leaves_nobody_behind_the_others(shop):
    """Whoever got a ticket before they came on duty begins where their colleagues are, as anybody does."""
    first = shop.hire("P1", "picker")
    for _ in range(2):
        shop.paid(("tea", 1))
        shop.does(first, shop.accepts(first), "finish")
    late = shop.hire("P2", "picker", on_duty=False)
    shop.shift(first, "break")
    number = shop.tickets(shop.paid(("tea", 1)))[0].id
    shop.write(lambda tx: takeover.bring_to(tx, number, late.id, actor="staff:9"))
    shop.shift(first, "available")
    shop.shift(late, "available")
    assert load(shop, late) == load(shop, first) > 0


def test_a_ride_counts_as_long_as_its_way(shop):
    rider, picker = shop.hire("R1", "rider"), shop.hire("P1", "picker", "packer")
    order = shop.paid(("tea", 1))
    ticket = shop.accepts(picker)
    shop.does(picker, ticket, "pick", line_no=1, quantity=1)
    shop.does(picker, ticket, "finish")
    shop.write(lambda tx: tx.update(Fulfilment, {"id": order}, ride_seconds=777))
    shop.does(picker, shop.accepts(picker), "finish")
    assert load(shop, rider) == 777

"""Ops: each applied once, its answer kept; whose op it is; races on both databases."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace

import pytest
import sqlalchemy as sa

from fulfil.dispatch import queries
from fulfil.dispatch.model import Offer
from fulfil.dispatch.service import ops, planning, takeover
from fulfil.staff import service as staff
from tests.dispatch.small import ADMIN, PIN, SmallShop, Somebody

AT_ONCE = 8


@pytest.fixture
def picker(shop: SmallShop) -> Somebody:
    return shop.hire("P1", "picker")


@pytest.fixture
def ticket(shop: SmallShop, picker: Somebody) -> dict:
    shop.paid(("tea", 3))
    return shop.accepts(picker)


def picked(shop: SmallShop, ticket: dict) -> int:
    return shop.read(lambda tx: queries.lines(tx, int(ticket["fulfilment_id"])))[0].picked


def all_at_once(*actions) -> list:
    """Run the actions through a barrier, each in a thread; returns results, or what was raised."""
    barrier, results = threading.Barrier(len(actions)), [None] * len(actions)

    def run(n: int) -> None:
        barrier.wait()
        try:
            results[n] = actions[n]()
        except Exception as error:
            results[n] = error

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(actions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_the_same_op_again_gets_the_same_answer_and_no_effect(shop, picker, ticket):
    op = shop.op(picker, ticket, "pick", line_no=1, quantity=1)
    (first,) = shop.send(picker, op)
    (again,) = shop.send(picker, op)
    assert (first["status"], again["status"]) == ("applied", "duplicate")
    assert again["ticket"]["version"] == first["ticket"]["version"] > ticket["version"]
    assert picked(shop, ticket) == 1


def test_the_same_op_many_times_at_once_is_applied_once(shop, picker, ticket):
    op = shop.op(picker, ticket, "pick", line_no=1, quantity=1)
    results = all_at_once(*[lambda: shop.send(picker, op)[0]["status"]] * AT_ONCE)
    assert Counter(results) == {"applied": 1, "duplicate": AT_ONCE - 1}
    assert picked(shop, ticket) == 1


def test_an_id_used_for_something_else_is_refused(shop, picker, ticket):
    op = shop.op(picker, ticket, "pick", line_no=1, quantity=1)
    shop.send(picker, op)
    (other,) = shop.send(picker, replace(op, payload={"line_no": 1, "quantity": 2}))
    assert (other["status"], other["code"]) == ("rejected", "op_id_reused")
    assert picked(shop, ticket) == 1


def test_a_rejection_leaves_no_effect_is_kept_and_does_not_stop_the_batch(shop, picker, ticket):
    refused = shop.op(picker, ticket, "refuse")
    malformed = shop.op(picker, ticket, "pick", line_no="one", quantity=1)
    unknown = shop.op(picker, ticket, "teleport")
    good = shop.op(picker, ticket, "pick", line_no=1, quantity=2)
    results = shop.send(picker, refused, malformed, unknown, good)
    assert [r["code"] for r in results] == ["not_now", "payload_invalid", "unknown_op", None]
    assert picked(shop, ticket) == 2, "what the refused op had done was undone"
    (again,) = shop.send(picker, refused)
    assert (again["status"], again["code"], again["because"]) == ("rejected", "not_now", "test")


def test_a_bug_ends_the_batch_and_what_was_done_stays(shop, picker, ticket):
    batch = [
        shop.op(picker, ticket, "pick", line_no=1, quantity=1),
        shop.op(picker, ticket, "break"),
        shop.op(picker, ticket, "pick", line_no=1, quantity=1),
    ]
    assert [r["status"] for r in shop.send(picker, *batch)] == ["applied"]
    with pytest.raises(RuntimeError):
        shop.send(picker, batch[1])
    assert picked(shop, ticket) == 1


def test_two_cannot_accept_one_offer(shop, picker):
    shop.paid(("tea", 1))
    (offer,) = shop.work(picker)["offers"]
    other = shop.hire("P2", "picker")
    taken = shop.op(picker, offer["ticket"], "accept", offer=offer["id"])
    stolen = shop.op(other, offer["ticket"], "accept", offer=offer["id"])
    again = shop.op(picker, offer["ticket"], "accept", offer=offer["id"])
    results = all_at_once(
        *[
            lambda who=who, op=op: (op.id, shop.send(who, op)[0])
            for who, op in ((picker, taken), (other, stolen), (picker, again))
        ]
    )
    outcomes = dict(results)
    assert outcomes[stolen.id]["code"] == "offer_gone"
    mine = [outcomes[taken.id], outcomes[again.id]]
    assert sorted(r["status"] for r in mine) == ["applied", "rejected"]
    assert next(r for r in mine if r["code"])["state"] == "accepted"


def test_who_accepts_too_late_hears_who_has_it(shop, picker):
    shop.paid(("tea", 1))
    (offer,) = shop.work(picker)["offers"]
    late = shop.op(picker, offer["ticket"], "accept", offer=offer["id"])
    other = shop.hire("P2", "picker")
    shop.passes(16.5, picker, other)
    shop.accepts(other)
    result = shop.send(picker, late)[0]
    assert (result["code"], result["offer_state"]) == ("offer_gone", "expired")
    assert (result["holder"]["id"], result["holder"]["badge"]) == (str(other.id), "P2")


def test_accepting_races_with_the_offers_end(shop, picker):
    shop.paid(("tea", 1))
    (offer,) = shop.work(picker)["offers"]
    shop.clock.advance(16.5)
    op = shop.op(picker, offer["ticket"], "accept", offer=offer["id"])
    answer, _ = all_at_once(lambda: shop.send(picker, op)[0], shop.kit.tasks.run_batch)
    ended = shop.read(lambda tx: tx.scalar(sa.select(Offer.state).where(Offer.id == int(offer["id"]))))
    assert (answer["status"], ended) in (("applied", "accepted"), ("rejected", "expired"))


def test_only_the_holders_ops_count(shop, picker, ticket):
    other = shop.hire("P2", "picker")
    result = shop.does(other, ticket, "pick", line_no=1, quantity=1)
    assert (result["code"], result["holder"]["badge"], result["ticket"]) == ("not_yours", "P1", None)


def test_ops_of_an_ended_session_count_when_its_device_delivers_them(shop, picker, ticket):
    made = shop.op(picker, ticket, "pick", line_no=1, quantity=1)
    answer = staff.login(shop.kit, picker.device_key, "P1", PIN)
    now = replace(picker, session_id=int(answer["session_id"]))
    assert shop.send(now, made)[0]["status"] == "applied"


def test_ops_made_on_another_device_by_another_person_do_not_count(shop, picker, ticket):
    made = shop.op(picker, ticket, "pick", line_no=1, quantity=1)
    stranger = shop.hire("P2", "picker")
    assert shop.send(stranger, made)[0]["code"] == "session_unknown"
    assert picked(shop, ticket) == 0


def test_a_colleague_delivers_the_outbox_of_the_device(shop, picker, ticket):
    made = shop.op(picker, ticket, "pick", line_no=1, quantity=1)
    colleague = shop.hire("P2", "picker")
    answer = staff.login(shop.kit, picker.device_key, "P2", PIN)
    on_it = replace(colleague, session_id=int(answer["session_id"]))
    assert shop.send(on_it, made)[0]["status"] == "applied"
    assert picked(shop, ticket) == 1


def test_new_work_cannot_be_accepted_by_a_session_that_is_over(shop, picker):
    shop.paid(("tea", 1))
    (offer,) = shop.work(picker)["offers"]
    made = shop.op(picker, offer["ticket"], "accept", offer=offer["id"])
    answer = staff.login(shop.kit, picker.device_key, "P1", PIN)
    now = replace(picker, session_id=int(answer["session_id"]))
    assert shop.send(now, made)[0]["code"] == "session_over"


def test_a_role_that_was_taken_away_is_missed_at_once(shop, picker, ticket):
    shop.write(lambda tx: staff.change_person(tx, picker.id, by=ADMIN, roles=["packer"]))
    assert shop.does(picker, ticket, "pick", line_no=1, quantity=1)["code"] == "role_missing"


def test_giving_back_ends_the_epoch(shop, picker, ticket):
    shop.does(picker, ticket, "pick", line_no=1, quantity=1)
    shop.does(picker, ticket, "give_back", reason="headache")
    row = shop.ticket(int(ticket["id"]))
    assert (row.state in ("queued", "offered"), row.epoch) == (True, 2)
    assert shop.does(picker, ticket, "pick", line_no=1, quantity=1)["code"] == "stale_epoch"


def test_who_gives_a_ticket_back_is_not_asked_at_once(shop, picker, ticket):
    shop.does(picker, ticket, "give_back", reason="headache")
    shop.run()
    assert shop.work(picker)["offers"] == []
    other = shop.hire("P2", "picker")
    shop.run()
    assert shop.accepts(other)["id"] == ticket["id"]


def test_who_gave_a_ticket_back_is_asked_again_later(shop, picker, ticket):
    shop.does(picker, ticket, "give_back", reason="headache")
    shop.run()
    shop.passes(299, picker)
    shop.write(planning.plan_waiting)
    shop.run()
    assert shop.work(picker)["offers"] == []
    shop.passes(2, picker)
    shop.write(planning.plan_waiting)
    shop.run()
    (offer,) = shop.work(picker)["offers"]
    assert offer["ticket"]["id"] == ticket["id"]


def test_whose_ticket_was_taken_over_may_be_asked_again(shop, picker, ticket):
    shop.write(
        lambda tx: takeover.take_over(
            tx, queries.ticket_row(tx, int(ticket["id"]), lock=True), reason="silent"
        )
    )
    shop.run()
    (offer,) = shop.work(picker)["offers"]
    assert offer["ticket"]["id"] == ticket["id"]


def test_pausing_changes_what_is_legal(shop, picker, ticket):
    assert shop.does(picker, ticket, "pause")["ticket"]["legal"] == ["resume", "give_back"]
    assert "pick" in shop.does(picker, ticket, "resume")["ticket"]["legal"]


def test_a_ticket_of_another_shop_is_unknown(shop, picker, ticket):
    op = shop.op(picker, ticket, "pick", line_no=1, quantity=1)
    elsewhere = replace(picker.principal(shop.store_id), store_ids=frozenset({1}))
    (result,) = ops.apply_batch(shop.kit, elsewhere, [op], lambda *_: {})
    assert (result["code"], result["ticket"]) == ("unknown_ticket", None)


def test_many_ops_on_one_ticket_at_once_are_all_counted(shop, picker):
    shop.paid(("tea", 40))
    ticket = shop.accepts(picker)
    made = [shop.op(picker, ticket, "pick", line_no=1, quantity=1) for _ in range(AT_ONCE)]
    results = all_at_once(*[lambda op=op: shop.send(picker, op)[0]["status"] for op in made])
    assert results == ["applied"] * AT_ONCE
    assert picked(shop, ticket) == AT_ONCE

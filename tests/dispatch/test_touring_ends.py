"""How a walk of several orders ends that its picker does not end: devices, shifts, closing, nobody there."""

from __future__ import annotations

from datetime import timedelta

from fulfil.dispatch.service import planning, supervise, takeover
from fulfil.staff import service as staff
from fulfil.staff.model import Shift
from fulfil.store.service import set_state
from tests.dispatch.aisles import AisleShop, a_picker, three_waiting, walking
from tests.dispatch.aisles import shop as shop
from tests.dispatch.small import PIN, Somebody


def finishes_all(shop: AisleShop, somebody: Somebody) -> list[str]:
    """The person accepts and picks whatever they are offered, counting what is in foreign totes first."""
    done = []
    while shop.work(somebody)["offers"] or shop.held(somebody):
        if shop.work(somebody)["offers"]:
            assert shop.answers(somebody)["status"] == "applied"
        for ticket in shop.held(somebody):
            for tote in ticket["recount"]:
                counted = [
                    {"line": line["id"], "quantity": line["picked"]}
                    for line in ticket["lines"]
                    if line["picked"]
                ]
                result = shop.does(somebody, ticket, "tote", code=tote, counts=counted)
                assert result["status"] == "applied", result
            shop.finishes(somebody, ticket["id"])
            done.append(ticket["id"])
    return done


def test_the_device_of_who_walks_a_tour_is_dead_for_an_hour(shop: AisleShop) -> None:
    """Its ops come when it lives again: those of tickets that others have are kept, without effect."""
    picker, held = walking(shop)
    shop.finishes(picker, held[0]["id"])
    shop.picks(picker, held[1]["id"], lines=2)
    late = shop.held(picker)[0]
    op = shop.op(picker, late, "pick", line=late["lines"][1]["id"], quantity=1)
    second = a_picker(shop, "P2")
    for _ in range(61):
        shop.passes(60, second)
        shop.write(takeover.take_over_from_gone)
        shop.run()
        if shop.work(second)["offers"]:
            break
    done = finishes_all(shop, second)
    assert sorted(done) == sorted(ticket["id"] for ticket in held[1:])
    shop.passes(3600, second)
    answer = shop.send(picker, op)[0]
    assert (answer["status"], answer["code"]) == ("rejected", "stale_epoch")
    assert answer["hand_to"]["badge"] == "P2"
    assert [len(shop.tickets(int(t["fulfilment_id"]), "packing", live=True)) for t in held] == [1, 1, 1]


def test_who_signs_in_on_a_second_device_walks_the_same_tour_there(shop: AisleShop) -> None:
    picker, held = walking(shop)
    shop.picks(picker, held[0]["id"], lines=2)
    first = shop.held(picker)[0]
    before = shop.op(picker, first, "pick", line=first["lines"][1]["id"], quantity=1)
    key = shop.enrol()
    again = Somebody(picker.id, "P1", int(staff.login(shop.kit, key, "P1", PIN)["session_id"]), key)
    shop.run()
    assert [t["id"] for t in shop.held(again)] == [t["id"] for t in held]
    assert shop.send(picker, before)[0]["status"] == "applied", "made before, on the device in the pocket"
    for ticket in held:
        shop.finishes(again, ticket["id"])
    assert shop.tour(held[0]["tour"]["id"]).state == "done"


def test_a_shift_ends_in_the_middle_of_a_tour(shop: AisleShop) -> None:
    """Who has goods in hand keeps them to the end, and gets nothing new."""
    picker, held = walking(shop)
    ends_at = shop.clock.now() + timedelta(minutes=1)
    shop.write(lambda tx: tx.update(Shift, {"person_id": picker.id}, ends_at=ends_at))
    shop.picks(picker, held[0]["id"], lines=2)
    shop.passes(300, picker)
    three_waiting(shop)
    shop.write(planning.plan_waiting)
    shop.run()
    for ticket in held:
        shop.finishes(picker, ticket["id"])
    assert shop.tour(held[0]["tour"]["id"]).state == "done"
    assert shop.work(picker)["offers"] == []


def test_who_goes_home_with_a_tour_in_hand_leaves_it_to_others(shop: AisleShop) -> None:
    picker, held = walking(shop)
    shop.picks(picker, held[0]["id"], lines=2)
    second = a_picker(shop, "P2")
    shop.shift(picker, "off")
    shop.passes(601, second)
    shop.write(takeover.take_over_from_gone)
    shop.run()
    assert sorted(finishes_all(shop, second)) == sorted(ticket["id"] for ticket in held)


def test_everybody_leaves_and_somebody_comes_back(shop: AisleShop) -> None:
    orders = three_waiting(shop)
    people = [a_picker(shop), a_picker(shop, "P2")]
    for somebody in people:
        shop.shift(somebody, "off")
    shop.passes(900)
    shop.write(planning.plan_waiting)
    shop.run()
    assert [row.state for one in orders for row in shop.tickets(one)] == ["queued"] * 3
    shop.kit.services["presence"].beat(people[0].id)
    shop.shift(people[0], "available")
    shop.run()
    assert shop.offer(people[0])["tour"]["orders"] == 3


def test_a_shop_closes_while_a_tour_is_offered_and_another_is_walked(shop: AisleShop) -> None:
    picker, held = walking(shop)
    orders = three_waiting(shop)
    second = a_picker(shop, "P2")
    tour_id = shop.offer(second)["tour"]["id"]
    shop.write(lambda tx: set_state(tx, shop.store_id, "closed", None, "flood", actor="staff:1"))
    shop.run()
    assert shop.work(second)["offers"] == [] and shop.tour(tour_id).state == "dissolved"
    assert all(row.held for one in orders for row in shop.tickets(one))
    for ticket in held:
        shop.finishes(picker, ticket["id"])
    shop.write(lambda tx: set_state(tx, shop.store_id, "open", None, "", actor="staff:1"))
    shop.passes(1, picker, second)
    assert (
        sum(
            offer["tour"]["orders"] if offer["tour"] else 1
            for one in (picker, second)
            for offer in shop.work(one)["offers"]
        )
        == 3
    )


def test_all_of_a_walked_tour_is_held_reassigned_and_let_go_at_once(shop: AisleShop) -> None:
    """Bulk acts on tickets of one tour, each decided for itself."""
    picker, held = walking(shop)
    second = a_picker(shop, "P2")
    ids = [int(ticket["id"]) for ticket in held]

    def each(act) -> list[str | None]:
        return [
            one["code"]
            for one in supervise.act_on_each(ids, lambda ticket_id: shop.write(lambda tx: act(tx, ticket_id)))
        ]

    assert each(lambda tx, one: supervise.hold(tx, one, "look", actor="staff:1")) == [None] * 3
    shop.picks(picker, held[0]["id"])
    result = shop.does(picker, shop.held(picker)[0], "complete")
    assert result["code"] == "ticket_held"
    assert each(lambda tx, one: supervise.unhold(tx, one, None, actor="staff:1")) == [None] * 3
    assert (
        each(lambda tx, one: supervise.reassign(tx, one, second.id, confirmed=False, actor="staff:1"))
        == ["takeover_unconfirmed"] * 3
    )
    assert (
        each(lambda tx, one: supervise.reassign(tx, one, second.id, confirmed=True, actor="staff:1"))
        == [None] * 3
    )
    shop.run()
    assert shop.held(picker) == []
    assert shop.tour(held[0]["tour"]["id"]).state in ("done", "dissolved")
    while shop.work(second)["offers"]:
        offer = shop.work(second)["offers"][0]
        assert shop.does(second, offer["ticket"], "accept", offer=offer["id"])["status"] == "applied"
    assert sorted(finishes_all(shop, second)) == sorted(ticket["id"] for ticket in held)

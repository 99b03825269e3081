"""Several orders in one walk: offered, answered, walked and left (F4, F5)."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

from fulfil.dispatch import queries, rules
from fulfil.dispatch.service import planning, supervise, takeover
from fulfil.staff.model import Shift
from tests.dispatch.aisles import THREE, AisleShop, a_picker, order, three_waiting, walking
from tests.dispatch.aisles import shop as shop

OUT_AND_BACK = ["A01-01-1", "A01-02-1", "A01-03-1", "A05-01-1", "A05-02-1", "A05-03-1"]
METRES = 10 + 24 + 10  # into aisle 1 and out, along the front to aisle 5 and back, into aisle 5 and out


def test_three_orders_and_one_hand_are_one_tour(shop: AisleShop) -> None:
    orders = three_waiting(shop)
    picker = a_picker(shop)
    offer = shop.offer(picker)
    assert {**offer["tour"], "id": "x"} == {
        "id": "x",
        "orders": 3,
        "lines": 6,
        "grams": 6 * 250,
        "metres": METRES,
    }
    assert shop.answers(picker)["status"] == "applied"
    held = shop.held(picker)
    assert [ticket["tour"] for ticket in held] == [
        {
            "id": offer["tour"]["id"],
            "sequence": slot,
            "of": 3,
            "metres": METRES,
            "tickets": [ticket["id"] for ticket in held],
        }
        for slot in (1, 2, 3)
    ]
    assert [int(ticket["fulfilment_id"]) for ticket in held] == orders
    walk = shop.walk(picker)
    assert [position for position, _, _ in walk] == [1, 2, 3, 4, 5, 6]
    assert [shelf for _, _, shelf in walk] == OUT_AND_BACK
    for ticket in held:
        assert shop.tour(offer["tour"]["id"]).state == "walking"
        shop.finishes(picker, ticket["id"])
    assert shop.tour(offer["tour"]["id"]).state == "done"
    assert [row.stage for row in shop.tickets(orders[2], live=True)] == ["packing"]


def test_each_order_has_a_hand_of_its_own_while_there_are_enough(shop: AisleShop) -> None:
    pickers = [shop.hire(f"P{n}", "picker") for n in range(3)]
    three_waiting(shop)
    assert [shop.offer(picker)["tour"] for picker in pickers] == [None, None, None]


def test_two_hands_share_three_orders(shop: AisleShop) -> None:
    three_waiting(shop)
    first, second = shop.hire("P1", "picker", on_duty=False), shop.hire("P2", "picker", on_duty=False)
    for picker in (first, second):
        shop.shift(picker, "available")
    shop.run()
    tours = [shop.offer(picker)["tour"] for picker in (first, second)]
    assert sorted(0 if tour is None else tour["orders"] for tour in tours) == [0, 2]


def test_without_a_plan_of_the_floor_there_are_no_tours(database_url: str) -> None:
    shop = AisleShop(database_url, floor=None)
    three_waiting(shop)
    picker = a_picker(shop)
    assert shop.offer(picker)["tour"] is None
    shop.answers(picker)
    (ticket,) = shop.held(picker)
    assert ticket["tour"] is None and ticket["estimate_seconds"] == 60 + 2 * 25 + 1
    shop.kit.close()


def test_an_estimate_follows_the_walk(shop: AisleShop) -> None:
    (ticket,) = shop.tickets(order(shop, "a11", "a51"))
    assert ticket.metres == 2 + 24 + 2
    assert ticket.estimate_seconds == 60 + 28 + 2 * 12 + 1


def test_three_urgent_orders_among_ten_others_are_a_tour_of_three(shop: AisleShop) -> None:
    urgent = [order(shop, *skus, due_minutes=200) for skus in THREE]
    others = [order(shop, "a21", due_minutes=60 + n) for n in range(10)]
    for fulfilment_id in urgent:
        (ticket,) = shop.tickets(fulfilment_id)
        shop.write(lambda tx, ticket=ticket: supervise.prioritise(tx, ticket.id, 5, actor="staff:1"))
    picker = a_picker(shop)
    shop.answers(picker)
    assert sorted(int(ticket["fulfilment_id"]) for ticket in shop.held(picker)) == urgent
    for ticket in shop.held(picker):
        shop.finishes(picker, ticket["id"])
    shop.answers(picker)
    assert [int(ticket["fulfilment_id"]) for ticket in shop.held(picker)] == others[:5]


def test_declining_a_tour_declines_its_tickets_for_this_person(shop: AisleShop) -> None:
    orders = three_waiting(shop)
    picker = a_picker(shop)
    tour_id = shop.offer(picker)["tour"]["id"]
    assert shop.answers(picker, "decline", reason="too heavy")["status"] == "applied"
    assert shop.tour(tour_id).state == "dissolved"
    assert shop.work(picker)["offers"] == []
    rows = [shop.tickets(one)[0] for one in orders]
    assert [(row.state, row.tried, row.tour_id, row.tour_sequence) for row in rows] == [
        ("queued", 1, None, None)
    ] * 3
    second = a_picker(shop, "P2")
    assert shop.offer(second)["tour"]["orders"] == 3


def test_a_tour_that_nobody_answers_is_missed_once(shop: AisleShop) -> None:
    three_waiting(shop)
    picker = a_picker(shop)
    seen = shop.work(picker)
    tour_id = seen["offers"][0]["tour"]["id"]
    shop.passes(16.5, picker)
    assert shop.read(lambda tx: queries.missed(tx, picker.id)) == 1
    assert shop.tour(tour_id).state == "dissolved"
    told = [event for event in shop.pushed(picker, seen["seq"]) if event["type"] == "ticket.withdrawn"]
    assert [(event["offer_id"], event["reason"]) for event in told] == [(seen["offers"][0]["id"], "expired")]
    again = shop.offer(picker)
    assert again["tour"]["orders"] == 3 and again["tour"]["id"] != tour_id


def test_what_is_cancelled_drops_out_of_the_offer(shop: AisleShop) -> None:
    orders = three_waiting(shop)
    picker = a_picker(shop)
    before = shop.work(picker)
    tour_id = before["offers"][0]["tour"]["id"]
    shop.cancel(orders[0])  # the one whose offer stands for all
    told = shop.pushed(picker, before["seq"])
    assert [event["type"] for event in told] == ["ticket.withdrawn", "ticket.offered"]
    assert told[0]["offer_id"] == before["offers"][0]["id"]
    offer = shop.offer(picker)
    assert told[1]["offer"]["id"] == offer["id"]
    assert (offer["tour"]["id"], offer["tour"]["orders"]) == (tour_id, 2)
    shop.answers(picker)
    held = shop.held(picker)
    assert [ticket["tour"]["sequence"] for ticket in held] == [2, 3]
    assert [int(ticket["fulfilment_id"]) for ticket in held] == orders[1:]


def test_the_offer_ends_with_its_last_ticket(shop: AisleShop) -> None:
    orders = three_waiting(shop)
    picker = a_picker(shop)
    tour_id = shop.offer(picker)["tour"]["id"]
    for fulfilment_id in orders:
        shop.cancel(fulfilment_id)
    assert shop.work(picker)["offers"] == []
    assert shop.tour(tour_id).state == "dissolved"
    shop.passes(20, picker)  # its timer finds nothing
    assert shop.read(lambda tx: queries.missed(tx, picker.id)) == 0


def test_who_goes_off_duty_is_no_longer_asked(shop: AisleShop) -> None:
    orders = three_waiting(shop)
    picker = a_picker(shop)
    tour_id = shop.offer(picker)["tour"]["id"]
    shop.shift(picker, "off")
    shop.run()
    assert shop.tour(tour_id).state == "dissolved"
    assert [(row.state, row.tried) for one in orders for row in shop.tickets(one)] == [("queued", 0)] * 3


def test_one_is_held_while_the_tour_is_offered(shop: AisleShop) -> None:
    orders = three_waiting(shop)
    picker = a_picker(shop)
    (ticket,) = shop.tickets(orders[1])
    shop.write(lambda tx: supervise.hold(tx, ticket.id, "customer calls", actor="staff:1"))
    assert shop.offer(picker)["tour"]["orders"] == 2
    shop.answers(picker)
    assert [int(t["fulfilment_id"]) for t in shop.held(picker)] == [orders[0], orders[2]]


def test_one_is_cancelled_in_mid_walk(shop: AisleShop) -> None:
    picker, held = walking(shop)
    for ticket in held:
        shop.picks(picker, ticket["id"], lines=2)  # the tote, and the first line
    seen = shop.work(picker)["seq"]
    shop.cancel(int(held[1]["fulfilment_id"]))
    rest = shop.held(picker)
    assert [(t["id"], t["tour"]["sequence"]) for t in rest] == [(held[0]["id"], 1), (held[2]["id"], 3)]
    assert rest[0]["tour"]["tickets"] == [held[0]["id"], held[2]["id"]]
    told = [
        (event["type"], event.get("ticket_id") or event["ticket"]["id"])
        for event in shop.pushed(picker, seen)
    ]
    assert told == [
        ("ticket.withdrawn", held[1]["id"]),
        ("ticket.changed", held[0]["id"]),
        ("ticket.changed", held[2]["id"]),
    ]
    put_back = shop.tickets(int(held[1]["fulfilment_id"]), kind="put_back")
    assert [row.tour_id for row in put_back] == [None]
    for ticket in rest:
        shop.finishes(picker, ticket["id"])
    assert shop.tour(rest[0]["tour"]["id"]).state == "done"


def test_what_is_given_back_goes_alone(shop: AisleShop) -> None:
    picker, held = walking(shop)
    shop.picks(picker, held[2]["id"], lines=2)
    result = shop.does(picker, held[2], "give_back", reason="too heavy")
    assert result["status"] == "applied"
    assert [t["id"] for t in shop.held(picker)] == [held[0]["id"], held[1]["id"]]
    second = a_picker(shop, "P2")
    offer = shop.offer(second)
    assert (offer["ticket"]["id"], offer["tour"], offer["ticket"]["tour"]) == (held[2]["id"], None, None)
    shop.answers(second)
    (ticket,) = shop.held(second)
    assert ticket["recount"] == [ticket["totes"][0]["code"]]
    assert [line["position"] for line in ticket["lines"]] == [3, 4]  # the picked one keeps its place


def test_the_rest_of_a_tour_is_taken_over_ticket_by_ticket(shop: AisleShop) -> None:
    picker, held = walking(shop)
    tour_id = held[0]["tour"]["id"]
    shop.finishes(picker, held[0]["id"])
    shop.picks(picker, held[1]["id"], lines=2)
    second = a_picker(shop, "P2")
    shop.passes(601, second)
    shop.write(takeover.take_over_from_gone)
    shop.run()
    assert shop.held(picker) == [] and shop.tour(tour_id).state == "done"
    offer = shop.offer(second)
    assert offer["tour"] is None, "what was in somebody's hands goes alone"
    shop.answers(second)
    (ticket,) = shop.held(second)
    assert ticket["epoch"] == 2 and ticket["tour"] is None


def test_a_tour_of_which_nothing_was_picked_is_dissolved(shop: AisleShop) -> None:
    picker, held = walking(shop)
    for ticket in held:
        assert shop.does(picker, ticket, "give_back", reason="called away")["status"] == "applied"
    assert shop.tour(held[0]["tour"]["id"]).state == "dissolved"


def test_one_is_reassigned_and_the_others_stay(shop: AisleShop) -> None:
    picker, held = walking(shop)
    second = a_picker(shop, "P2")
    shop.write(
        lambda tx: supervise.reassign(tx, int(held[0]["id"]), second.id, confirmed=True, actor="staff:1")
    )
    assert [t["id"] for t in shop.held(picker)] == [held[1]["id"], held[2]["id"]]
    assert shop.offer(second)["ticket"]["id"] == held[0]["id"]


def test_the_zones_of_an_order_meet_at_packing(shop: AisleShop) -> None:
    both = order(shop, "a11", "c11", due_minutes=60)
    order(shop, "a12", due_minutes=61)
    order(shop, "a13", due_minutes=62)
    picker = a_picker(shop)
    shop.answers(picker)
    ambient = shop.held(picker)
    assert len(ambient) == 3
    cold = a_picker(shop, "P2")
    ticket = next(t for t in ambient if int(t["fulfilment_id"]) == both)
    shop.finishes(picker, ticket["id"])
    assert shop.tickets(both, "packing") == []
    shop.answers(cold)
    shop.finishes(cold, shop.held(cold)[0]["id"])
    assert len(shop.tickets(both, "packing")) == 1


def test_goods_that_come_instead_stand_at_the_end_of_the_tour_each_at_a_place_of_its_own(
    shop: AisleShop,
) -> None:
    picker, held = walking(shop)
    before = [position for position, *_ in shop.walk(picker)]
    for ticket, sku in zip(held[:2], ("a21", "a22"), strict=True):
        shop.misses_first(picker, ticket, instead=sku)
    walk = shop.walk(picker)
    positions = [position for position, *_ in walk]
    assert len(set(positions)) == len(positions) == len(before)
    assert [shelf for *_, shelf in walk[-2:]] == ["A02-01-1", "A02-02-1"]


def test_a_patient_shop_waits_for_company_but_not_for_ever(shop: AisleShop) -> None:
    shop.policy(tour_patience_seconds=60)
    picker = a_picker(shop)
    order(shop, *THREE[0])
    assert shop.work(picker)["offers"] == []
    shop.passes(50, picker)
    order(shop, *THREE[1])
    assert shop.work(picker)["offers"] == []
    shop.passes(15, picker)
    shop.write(planning.plan_waiting)
    shop.run()
    assert shop.offer(picker)["tour"]["orders"] == 2


def test_a_patient_shop_does_not_let_an_order_become_late(shop: AisleShop) -> None:
    shop.policy(tour_patience_seconds=600)
    picker = a_picker(shop)
    order(shop, *THREE[0], due_minutes=15)
    shop.run()
    assert shop.offer(picker)["tour"] is None


def test_what_a_plan_does_not_look_at_does_not_go_before_the_others(shop: AisleShop, monkeypatch) -> None:
    for module in (rules, import_module("fulfil.dispatch.rules.tours")):
        monkeypatch.setattr(module, "LOADS_MAX", 2)
    shop.policy(tour_patience_seconds=60)
    pickers = [a_picker(shop), a_picker(shop, "P2")]
    for goods in THREE[:2]:
        order(shop, *goods)
    shop.passes(50, *pickers)
    order(shop, *THREE[2], due_minutes=90)
    shop.passes(15, *pickers)
    shop.write(planning.plan_waiting)
    shop.run()
    offers = [offer for picker in pickers for offer in shop.work(picker)["offers"]]
    assert [offer["tour"]["orders"] for offer in offers] == [2]


def test_who_goes_home_soon_does_not_stand_idle_while_a_cart_could_be_full(shop: AisleShop) -> None:
    shop.policy(tour_patience_seconds=600, tour_orders_max=3)
    picker = a_picker(shop)
    for goods in THREE:
        order(shop, *goods, due_minutes=90)
    assert shop.work(picker)["offers"] == []
    ends_at = shop.clock.now() + timedelta(minutes=25)
    shop.write(lambda tx: tx.update(Shift, {"person_id": picker.id}, ends_at=ends_at))
    shop.write(planning.plan_waiting)
    shop.run()
    assert shop.offer(picker)["tour"]["orders"] == 3

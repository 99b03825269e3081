"""Who may change whom: nobody ends their own access, and an administrator is always left."""

from __future__ import annotations

import threading

import pytest

from fulfil.kit.errors import Refusal
from fulfil.kit.security import Principal
from fulfil.staff import queries, service
from fulfil.staff.errors import DisablesSelf, LastAdministrator, ResetsOwnPin, RoleNotYours, TakesOwnRole
from tests.dispatch.small import ADMIN, SmallShop, Somebody


def as_(somebody: Somebody, *roles: str) -> Principal:
    return Principal("staff", somebody.id, frozenset(roles), None, somebody.session_id)


def change(shop: SmallShop, somebody: Somebody, by: Principal = ADMIN, **changes) -> None:
    shop.write(lambda tx: service.change_person(tx, somebody.id, by=by, **changes))


def row(shop: SmallShop, somebody: Somebody):
    return shop.read(lambda tx: queries.person(tx, somebody.id))


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"disabled": True}, DisablesSelf),
        ({"pin_hash": "x"}, ResetsOwnPin),
        ({"roles": ["picker", "admin"]}, TakesOwnRole),
        ({"roles": ["supervisor", "picker"]}, TakesOwnRole),
    ],
)
def test_nobody_ends_their_own_access(shop, changes, refusal):
    shop.hire("A0", "admin")
    me = shop.hire("A1", "admin", "supervisor", "picker")
    before = row(shop, me)
    with pytest.raises(refusal):
        change(shop, me, as_(me, "admin", "supervisor", "picker"), **changes)
    assert row(shop, me) == before
    change(shop, me, as_(me, "admin", "supervisor"), roles=["admin", "supervisor"], locale="en")
    assert row(shop, me).locale == "en"


def test_a_program_whose_number_is_somebodys_is_not_that_person(shop):
    me = shop.hire("S1", "supervisor")
    program = Principal("staff", me.id, frozenset({"admin"}), None)
    change(shop, me, program, disabled=True)
    assert row(shop, me).disabled


@pytest.mark.parametrize("changes", [{"disabled": True}, {"roles": ["picker"]}])
def test_the_last_administrator_stays(shop, changes):
    last, other, gone = (shop.hire(badge, "admin") for badge in ("A1", "A2", "A3"))
    change(shop, gone, disabled=True)
    change(shop, other, **changes)
    with pytest.raises(LastAdministrator):
        change(shop, last, **changes)
    assert not row(shop, last).disabled and row(shop, last).roles == ["admin"]
    change(shop, gone, disabled=False)
    change(shop, last, **changes)


def test_of_administrators_who_disable_each_other_at_once_one_is_left(shop):
    people = [shop.hire(f"A{n}", "admin") for n in range(4)]
    barrier, refused = threading.Barrier(len(people)), []

    def disable(somebody: Somebody) -> None:
        barrier.wait()
        try:
            change(shop, somebody, disabled=True)
        except Refusal as refusal:
            refused.append(refusal.code)

    threads = [threading.Thread(target=disable, args=(somebody,)) for somebody in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["last_administrator"]
    assert [row(shop, somebody).disabled for somebody in people].count(False) == 1


def test_a_supervisor_gives_and_takes_the_roles_of_the_floor_alone(shop):
    shop.hire("A1", "admin")
    boss, peer, hand = shop.hire("S1", "supervisor"), shop.hire("S2", "supervisor"), shop.hire("P1", "picker")
    by = as_(boss, "supervisor")
    change(shop, hand, by, roles=["packer", "rider"])
    assert row(shop, hand).roles == ["packer", "rider"]
    change(shop, peer, by, roles=["supervisor", "packer"])
    for somebody, roles in ((hand, ["packer", "supervisor"]), (peer, ["packer"]), (hand, ["operator"])):
        with pytest.raises(RoleNotYours):
            change(shop, somebody, by, roles=roles)
    with pytest.raises(RoleNotYours):  # who gives a PIN can sign in with it, and two decide about money
        change(shop, peer, by, pin_hash="x")
    change(shop, hand, by, pin_hash="x")


def test_the_zones_that_somebody_knows_best_are_given_and_taken(shop):
    picker = shop.hire("P1", "picker")
    assert row(shop, picker).expert_zones == []
    for zones in (["ambient", "frozen"], []):
        change(shop, picker, expert_zones=zones)
        assert row(shop, picker).expert_zones == zones

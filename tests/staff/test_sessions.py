"""Login, locks, devices, sessions and presence, on both databases."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from fulfil.contracts.fulfilment import SessionEnded
from fulfil.kit.errors import IllegalMove, Refusal, Unauthenticated
from fulfil.kit.moves import History
from fulfil.staff import queries, service
from fulfil.staff.errors import DeviceLocked, DeviceUnknown, EnrolmentRefused, LoginRefused, UnknownToken
from tests.dispatch.small import ADMIN, PIN, SmallShop

WRONG = "999999"
AT_ONCE = 8


def outcome(shop: SmallShop, key: str, badge: str, pin: str) -> str:
    try:
        service.login(shop.kit, key, badge, pin)
    except Refusal as refusal:
        return refusal.code
    return "in"


def all_at_once(count: int, action) -> Counter:
    barrier, results = threading.Barrier(count), []

    def run() -> None:
        barrier.wait()
        try:
            results.append(action())
        except Refusal as refusal:
            results.append(refusal.code)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(results)


def test_login_needs_an_enrolled_device(shop):
    shop.hire("P1", "picker")
    with pytest.raises(DeviceUnknown):
        service.login(shop.kit, "fd_" + "0" * 64, "P1", PIN)


def test_an_unknown_badge_a_wrong_pin_and_a_disabled_person_get_one_answer(shop):
    person = shop.hire("P1", "picker")
    key = shop.enrol()
    answers = []
    for badge, pin in (("P1", WRONG), ("NOBODY", PIN)):
        with pytest.raises(LoginRefused) as refused:
            service.login(shop.kit, key, badge, pin)
        answers.append(refused.value.problem())
    shop.write(lambda tx: service.change_person(tx, person.id, by=ADMIN, disabled=True))
    with pytest.raises(LoginRefused) as refused:
        service.login(shop.kit, key, "P1", PIN)
    answers.append(refused.value.problem())
    assert answers[0] == answers[1] == answers[2]


def test_five_wrong_pins_lock_the_person_on_every_device_for_a_quarter_of_an_hour(shop):
    shop.hire("P1", "picker")
    for _ in range(5):
        assert outcome(shop, shop.enrol(), "P1", WRONG) == "login_refused"
    assert outcome(shop, shop.enrol(), "P1", PIN) == "login_refused"
    shop.clock.advance(15 * 60)
    assert outcome(shop, shop.enrol(), "P1", PIN) == "in"


def test_guesses_sent_at_once_all_count(shop):
    shop.hire("P1", "picker")
    keys = [shop.enrol() for _ in range(AT_ONCE)]
    results = all_at_once(AT_ONCE, lambda: outcome(shop, keys.pop(), "P1", WRONG))
    assert results == {"login_refused": AT_ONCE}
    row = shop.read(lambda tx: queries.person_of_badge(tx, shop.store_id, "P1"))
    assert row.pin_failures == 5, "tries after the lock are not even looked at"
    assert row.pin_locked_until == shop.clock.now() + timedelta(minutes=15)


def test_trying_many_badges_locks_the_device(shop):
    shop.hire("P1", "picker")
    key = shop.enrol()
    for n in range(10):
        assert outcome(shop, key, f"X{n}", WRONG) == "login_refused"
    with pytest.raises(DeviceLocked):
        service.login(shop.kit, key, "P1", PIN)
    device = shop.read(lambda tx: queries.devices(tx, shop.store_id))[-1]
    shop.write(lambda tx: service.clear_locks(tx, shop.store_id, device.id, by="test"))
    assert outcome(shop, key, "P1", PIN) == "in"


def test_a_new_pin_unlocks(shop):
    person = shop.hire("P1", "picker")
    for _ in range(5):
        outcome(shop, shop.enrol(), "P1", WRONG)
    pin, pin_hash = service.new_pin(shop.kit)
    shop.write(lambda tx: service.change_person(tx, person.id, by=ADMIN, pin_hash=pin_hash))
    assert outcome(shop, shop.enrol(), "P1", PIN) == "login_refused"
    assert outcome(shop, shop.enrol(), "P1", pin) == "in"


def test_an_enrolment_code_enrols_one_device(shop):
    code = shop.write(lambda tx: service.issue_code(tx, shop.store_id, by="test"))["code"]

    def enrol() -> str:
        shop.write(lambda tx: service.enrol(tx, code.lower(), "x", "handheld"))
        return "enrolled"

    assert all_at_once(AT_ONCE, enrol) == {"enrolled": 1, "enrolment_refused": AT_ONCE - 1}


def test_an_enrolment_code_expires(shop):
    code = shop.write(lambda tx: service.issue_code(tx, shop.store_id, by="test"))["code"]
    shop.clock.advance(24 * 3600)
    with pytest.raises(EnrolmentRefused):
        shop.write(lambda tx: service.enrol(tx, code, "x", "handheld"))


def test_a_second_login_ends_the_first_session_and_keeps_the_shift(shop):
    ended = []
    shop.kit.events.subscribe(SessionEnded, "test.ended", lambda tx, event: ended.append(event), inline=True)
    person = shop.hire("P1", "picker")
    first = service.login(shop.kit, person.device_key, "P1", PIN)
    second = service.login(shop.kit, shop.enrol(), "P1", PIN)
    assert [
        shop.read(lambda tx, a=a: service.authenticate(tx, a["token"], {}) is not None)
        for a in (first, second)
    ] == [False, True]
    assert {event.reason for event in ended} == {"second_login"}
    assert second["shift"]["state"] == "available"


def test_of_many_logins_at_once_one_session_lives(shop):
    person = shop.hire("P1", "picker")
    keys = [shop.enrol() for _ in range(4)]
    results = all_at_once(4, lambda: outcome(shop, keys.pop(), "P1", PIN))
    assert results == {"in": 4}
    assert shop.read(lambda tx: queries.live_session(tx, person.id)) is not None


def test_roles_and_tokens_hold_at_once(shop):
    shop.hire("A1", "admin")
    person = shop.hire("P1", "picker")
    token = service.login(shop.kit, person.device_key, "P1", PIN)["token"]

    def who():
        return shop.read(lambda tx: shop.kit.security.principal(tx, token, {}))

    assert who().roles == {"picker"} and who().store_ids == {shop.store_id}
    shop.write(lambda tx: service.change_person(tx, person.id, by=ADMIN, roles=["packer", "admin"]))
    assert who().roles == {"packer", "admin"} and who().store_ids is None
    shop.write(lambda tx: service.change_person(tx, person.id, by=ADMIN, disabled=True))
    with pytest.raises(Unauthenticated):
        who()
    assert shop.read(lambda tx: queries.shift(tx, person.id)).state == "off"


def test_a_revoked_token_is_worth_nothing_and_that_is_written_down(shop):
    token, other = (
        shop.write(lambda tx: service.create_api_token(tx, name="till", roles=["operator"], store_ids=None))
        for _ in range(2)
    )

    def who(token):
        return shop.read(lambda tx: shop.kit.security.principal(tx, token, {}))

    token_id = who(token).id
    shop.write(lambda tx: service.revoke_api_token(tx, token_id, by=ADMIN))
    with pytest.raises(Unauthenticated):
        who(token)
    assert who(other).roles == {"operator"}
    with pytest.raises(UnknownToken):
        shop.write(lambda tx: service.revoke_api_token(tx, token_id, by=ADMIN))
    written = select(History.entity_id, History.event, History.actor).where(History.entity == "api_tokens")
    assert shop.read(lambda tx: tx.all(written)) == [(token_id, "revoked", ADMIN.name)]


def test_a_session_is_worth_nothing_with_another_devices_key(shop):
    person = shop.hire("P1", "picker")
    token = service.login(shop.kit, person.device_key, "P1", PIN)["token"]
    other = {"X-Device-Key": shop.enrol()}
    with pytest.raises(Unauthenticated):
        shop.read(lambda tx: shop.kit.security.principal(tx, token, other))


def test_a_revoked_device_ends_its_session(shop):
    person = shop.hire("P1", "picker")
    device_id = shop.read(lambda tx: queries.live_session(tx, person.id)).device_id
    shop.write(lambda tx: service.revoke_device(tx, shop.store_id, device_id, by="test"))
    assert shop.read(lambda tx: service.sessions_live(tx, {person.session_id})) == set()
    with pytest.raises(DeviceUnknown):
        service.login(shop.kit, person.device_key, "P1", PIN)


def test_nobody_takes_a_break_before_they_came(shop):
    person = shop.hire("P1", "picker", on_duty=False)
    with pytest.raises(IllegalMove):
        shop.shift(person, "break")


def test_who_signs_in_is_seen_by_every_node_at_once(shop):
    person = shop.hire("P1", "picker")
    elsewhere = service.Presence(shop.clock)
    assert shop.read(lambda tx: elsewhere.of(tx, [person.id]))[person.id].at == shop.clock.now()


def test_presence_is_flushed_and_never_goes_back(shop):
    person = shop.hire("P1", "picker")
    here, other_node = shop.kit.services["presence"], service.Presence(shop.clock)
    here.beat(person.id, battery=50, queued=3)
    shop.write(here.flush)
    first = shop.clock.now()
    shop.clock.advance(10)
    other_node.beat(person.id)
    shop.write(other_node.flush)
    here.beat(person.id, queued=0)
    late = service.Presence(shop.clock)
    seen = shop.read(lambda tx: late.of(tx, [person.id, 1]))
    assert (seen[person.id].at, seen[person.id].battery) == (first + timedelta(seconds=10), 50)
    assert 1 not in seen
    assert shop.read(lambda tx: here.of(tx, [person.id]))[person.id].queued == 0

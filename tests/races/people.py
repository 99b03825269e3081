"""Races of people: guessed PINs, one code for many devices, an action that meets the end of its right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from fulfil.sim.clients import Handheld, Http
from fulfil.staff.rules import DEVICE_TRIES_MAX, PERSON_TRIES_MAX
from tests.house import API
from tests.races.floor import offered
from tests.races.ground import Ground
from tests.races.together import Together, at_once, connected, in_reverse

SESSIONS = f"{API}/terminal/sessions"


def guessed_pins(house: Ground, guesses: int = 16) -> list[str]:
    """PINs guessed at once on one device: all are counted, and the right one comes too late."""
    device = _device(house)
    expected = {(401, "login_refused"): DEVICE_TRIES_MAX, (429, "device_locked"): guesses - DEVICE_TRIES_MAX}
    return _guessed(house, [connected(house, device) for _ in range(guesses)], expected)


def guessed_everywhere(house: Ground) -> list[str]:
    """PINs guessed at once, one on each of several devices: all are counted, as if it were one device."""
    devices = [_device(house) for _ in range(PERSON_TRIES_MAX)]
    return _guessed(house, devices, {(401, "login_refused"): PERSON_TRIES_MAX})


def _device(house: Ground) -> Http:
    return Handheld(house.line(), house.enrolment_code()).http


def _guessed(house: Ground, lines: Sequence[Http], expected: Mapping[tuple[int, str], int]) -> list[str]:
    """Somebody new, a wrong PIN of theirs over each line, and the right one on a device of its own."""
    operator = house.operator()
    badge = f"N{operator.uuid()[:6].upper()}"
    pin = operator.call(
        "POST",
        f"{API}/staff/people",
        {"store_id": house.store_id, "badge": badge, "name_zh": "新", "name_en": "New", "roles": ["picker"]},
    )["pin"]
    wrong_pins = [f"{(int(pin) + n) % 1_000_000:06}" for n, _ in enumerate(lines, 1)]
    results = at_once(
        house,
        [
            lambda http=http, guess=guess: http.exchange("POST", SESSIONS, {"badge": badge, "pin": guess})
            for http, guess in zip(lines, wrong_pins, strict=True)
        ],
    )
    seen = Counter((status, answer.get("code")) for status, answer in results)
    wrong = [] if seen == expected else [f"answers: {dict(seen)}"]
    status, _ = _device(house).exchange("POST", SESSIONS, {"badge": badge, "pin": pin})
    return wrong + ([] if status == 401 else [f"the right PIN after {len(lines)} guesses: {status}"])


def same_code(house: Ground, devices: int = 8) -> list[str]:
    """One enrolment code used by many devices at once enrols one."""
    code, lines = house.enrolment_code(), [house.line() for _ in range(devices)]
    results = at_once(
        house,
        [
            lambda http=http: http.exchange(
                "POST", f"{API}/terminal/devices", {"enrolment_code": code, "name": "n"}, key=http.uuid()
            )
            for http in lines
        ],
    )
    seen = Counter((status, answer.get("code")) for status, answer in results)
    return (
        []
        if seen == {(201, None): 1, (403, "enrolment_refused"): devices - 1}
        else [f"answers: {dict(seen)}"]
    )


def logout_against_accept(house: Ground, together: Together = at_once) -> list[str]:
    """Somebody accepts while their session ends elsewhere: nothing is accepted after the end."""
    picker, offer, order_no = offered(house)
    accept = picker.op(offer["ticket"], "accept", {"offer": offer["id"]})
    hand = connected(house, picker.http)
    (status, answer), _ = together(
        house,
        [
            lambda: hand.exchange("POST", f"{API}/terminal/ops", {"ops": [accept]}),
            lambda: picker.http.call("DELETE", SESSIONS),
        ],
    )
    _sign_in_again(house, picker)
    result = answer["results"][0] if status == 200 else answer
    decided = (result["status"], result["code"])
    accepted, refused = ("applied", None), ((401, "unauthenticated"), ("rejected", "session_over"))
    if decided not in refused and (decided != accepted or together is in_reverse):
        return [f"decided: {decided}"]
    house.finish("picker", order_no, "picking")
    return []


def _sign_in_again(house: Ground, picker: Handheld) -> None:
    badge = picker.session["person"]["badge"]
    picker.sign_in(badge, next(person["pin"] for person in house.access.staff if person["badge"] == badge))
    picker.shift("available")


def role_against_accept(house: Ground, together: Together = at_once) -> list[str]:
    """Somebody accepts while their role is taken away: nothing is accepted without the role."""
    picker, offer, order_no = offered(house)
    accept = picker.op(offer["ticket"], "accept", {"offer": offer["id"]})
    operator, hand = house.operator(), connected(house, picker.http)
    person = f"{API}/staff/people/{picker.session['person']['id']}"
    [result], _ = together(
        house,
        [
            lambda: hand.call("POST", f"{API}/terminal/ops", {"ops": [accept]})["results"],
            lambda: operator.call("PATCH", person, {"roles": ["operator"]}),
        ],
    )
    operator.call("PATCH", person, {"roles": ["picker"]})
    decided = (result["status"], result["code"])
    if decided != ("rejected", "role_missing") and (decided != ("applied", None) or together is in_reverse):
        return [f"decided: {decided}"]
    house.finish("picker", order_no, "picking")
    return []

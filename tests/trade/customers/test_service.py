"""Guests and members: tokens, one-time codes, and what may not leak."""

import pytest

from fulfil.kit.errors import Unauthenticated
from fulfil.kit.security import Principal
from fulfil.trade.customers import queries, rules, service
from fulfil.trade.customers.errors import CodesTooMany, WrongPhone
from fulfil.trade.customers.model import LoginCode
from tests.trade.shop import Shop

PHONE = "+86 199-0000-0001"
NUMBER = "19900000001"


class Inbox:
    """An SMS gateway that keeps what it sends."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    def send(self, phone: str, text: str, *, key: str) -> None:
        self.sent.append((phone, text))

    def code(self) -> str:
        return next(
            word for word in self.sent[-1][1].replace("，", " ").split() if word.isdigit() and len(word) == 6
        )


@pytest.fixture
def inbox(shop: Shop) -> Inbox:
    shop.kit.services["sms"] = Inbox()
    return shop.kit.services["sms"]


def sign_in(shop: Shop, code: str, phone: str = PHONE):
    return shop.write(lambda tx: service.sign_in(tx, phone, code))


def principal(shop: Shop, token: str) -> Principal:
    return shop.read(lambda tx: shop.kit.security.principal(tx, token, {}))


def test_a_guest_is_known_by_its_token(shop: Shop) -> None:
    guest = shop.write(service.create_guest)
    assert principal(shop, guest["token"]) == Principal("guest", int(guest["guest_id"]))
    with pytest.raises(Unauthenticated):
        principal(shop, guest["token"][:-1] + "x")


def test_a_member_signs_in_with_a_code_once(shop: Shop, inbox: Inbox) -> None:
    service.send_code(shop.kit, PHONE)
    assert inbox.sent[-1][0] == NUMBER
    first = sign_in(shop, inbox.code())
    assert principal(shop, first["token"]).kind == "customer"
    assert sign_in(shop, inbox.code()) is None
    service.send_code(shop.kit, PHONE)
    assert sign_in(shop, inbox.code())["customer_id"] == first["customer_id"]


def test_a_code_is_kept_as_a_hash(shop: Shop, inbox: Inbox) -> None:
    service.send_code(shop.kit, PHONE)
    row = shop.read(lambda tx: tx.one(LoginCode.__table__.select()))
    assert inbox.code() not in str(tuple(row))


def test_five_wrong_tries_end_a_code(shop: Shop, inbox: Inbox) -> None:
    service.send_code(shop.kit, PHONE)
    wrong = "000000" if inbox.code() != "000000" else "111111"
    assert [sign_in(shop, wrong) for _ in range(5)] == [None] * 5
    assert sign_in(shop, inbox.code()) is None


def test_a_code_lives_five_minutes(shop: Shop, inbox: Inbox) -> None:
    service.send_code(shop.kit, PHONE)
    shop.clock.advance(300)
    assert sign_in(shop, inbox.code()) is None


def test_codes_are_limited_by_phone_known_or_not(shop: Shop, inbox: Inbox) -> None:
    for _ in range(5):
        service.send_code(shop.kit, PHONE)
    with pytest.raises(CodesTooMany) as refused:
        service.send_code(shop.kit, PHONE)
    assert refused.value.extra["retry_after_seconds"] == 3601
    service.send_code(shop.kit, "19900000002")
    shop.clock.advance(3600)
    service.send_code(shop.kit, PHONE)
    assert len(inbox.sent) == 7


def test_a_signed_out_or_old_session_is_nobody(shop: Shop, inbox: Inbox) -> None:
    tokens = []
    for _ in range(2):
        service.send_code(shop.kit, PHONE)
        tokens.append(sign_in(shop, inbox.code())["token"])
    shop.write(lambda tx: service.sign_out(tx, principal(shop, tokens[0]).session_id))
    with pytest.raises(Unauthenticated):
        principal(shop, tokens[0])
    assert principal(shop, tokens[1]).kind == "customer"
    shop.clock.advance(rules.SESSION_LIFE.total_seconds())
    with pytest.raises(Unauthenticated):
        principal(shop, tokens[1])
    assert shop.read(queries.violations) == []


def test_wrong_phone(shop: Shop, inbox: Inbox) -> None:
    with pytest.raises(WrongPhone):
        service.send_code(shop.kit, "call me")
    assert inbox.sent == []

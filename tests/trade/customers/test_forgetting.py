"""The end of an account meets what the member does at the same moment."""

from __future__ import annotations

import time
from threading import Thread

import sqlalchemy as sa

from fulfil.kit.base import Kit
from fulfil.kit.config import Config
from fulfil.trade.customers import service
from fulfil.trade.customers.model import Customer, CustomerSession

PHONE = "13900000001"
WAIT_SECONDS_MAX = 20
WAITED_FOR = sa.text(
    "select count(*) from pg_locks where not granted and locktype = 'transactionid'"
    " and transactionid = pg_current_xact_id()::xid"
)


class Phone:
    """Hears the codes that are sent."""

    def send(self, phone: str, text: str, *, key: str) -> None:
        self.code = text.split()[1].rstrip("，")[:6]


def test_who_signs_in_while_their_account_ends_is_gone_with_it(postgres_url: str) -> None:
    kit, phone = Kit(Config(database_url=postgres_url)), Phone()
    kit.services["sms"] = phone
    errors: list[Exception] = []

    def code() -> str:
        service.send_code(kit, PHONE)
        return phone.code

    def forget() -> None:
        try:
            kit.db.write(lambda tx: service.forget(tx, member), "forget")
        except Exception as error:
            errors.append(error)

    first = code()
    member = int(kit.db.write(lambda tx: service.sign_in(tx, PHONE, first), "sign-in")["customer_id"])
    second, end = code(), Thread(target=forget)
    with kit.db.transaction("sign-in") as tx:
        assert service.sign_in(tx, PHONE, second)
        end.start()
        until = time.monotonic() + WAIT_SECONDS_MAX
        while not tx.scalar(WAITED_FOR):
            assert time.monotonic() < until, "the end of the account does not wait for the sign-in"
    end.join(WAIT_SECONDS_MAX)
    with kit.db.read() as tx:
        left = [
            tx.scalar(sa.select(sa.func.count()).select_from(model)) for model in (Customer, CustomerSession)
        ]
    kit.close()
    assert (errors, left) == ([], [0, 0])

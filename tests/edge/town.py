"""Two shops in one process, with one order under way in the first: what attacks aim at."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass

import redis
import sqlalchemy as sa
from flask import Flask

from fulfil.app import owner
from fulfil.kit.db import Base
from fulfil.kit.web import Public, Requires, policy_of
from fulfil.sim.clients import Handheld
from fulfil.sim.inside import CONTACT, InsideHttp, InsideShop
from fulfil.staff.states import Role
from tests.servers import redis_of

PIN, PHONE = "864209", "13900000009"
ROLES = tuple(role.value for role in Role)
CALLERS = ("guest", "customer", *ROLES, "program")
API = "/api/v1"


@dataclass(frozen=True)
class Route:
    """A method on a rule of the application; `path` is written as OpenAPI writes it."""

    method: str
    path: str
    endpoint: str
    policy: Public | Requires

    def callers(self) -> list[str]:
        """Everybody of the town's callers who may call it; "" is nobody in particular."""
        if isinstance(self.policy, Public):
            return ["", *CALLERS]
        by_kind = [kind for kind in ("guest", "customer") if kind in self.policy.kinds]
        if "staff" not in self.policy.kinds:
            return by_kind
        roles = self.policy.roles or ROLES
        programs = [] if self.policy.person else ["program"]
        return by_kind + [role for role in ROLES if role in (*roles, "admin")] + programs


def routes(app: Flask) -> list[Route]:
    """Every route of the application."""
    return [
        Route(
            method,
            re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule),
            rule.endpoint,
            policy_of(app, rule.endpoint),
        )
        for rule in app.url_map.iter_rules()
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"})
    ]


class Town(InsideShop):
    """The demo shop, a second shop of the same company, and one of each kind of caller."""

    def __init__(self, database_url: str, carts_path: str) -> None:
        super().__init__(database_url, carts_path, redis_url=redis_of(database_url))
        self._carts_path = carts_path
        self.far_id = self._second_shop()
        self.handhelds = {role: self.hired(f"T{number}", [role]) for number, role in enumerate(ROLES)}
        for handheld in self.handhelds.values():
            handheld.shift("available")
        self.guest = self.customer()
        self.order_no = self._paid_order()
        picker = self.handhelds["picker"]
        self.ticket = picker.accept(picker.work()["offers"][0])
        self.member_token = self._member()

    def hired(self, badge: str, roles: list[str], store: int | None = None) -> Handheld:
        """Somebody new in the first shop, or in another one, signed in on a device of their own."""
        owner.staff_add(
            self.kit,
            badge=badge,
            name_zh=badge,
            name_en=badge,
            roles=roles,
            pin=PIN,
            store=store or int(self.store_id),
        )
        return self.signed_in(badge, store)

    def signed_in(self, badge: str, store: int | None = None) -> Handheld:
        """The same person on one more device."""
        code = owner.enrol(self.kit, store=store or int(self.store_id))["codes"][0]
        handheld = Handheld(InsideHttp(self), code)
        handheld.sign_in(badge, PIN)
        return handheld

    def person_id(self, role: str) -> str:
        return self.handhelds[role].session["person"]["id"]

    def headers(self, caller: str) -> dict[str, str]:
        """HTTP headers of `guest`, `customer`, `operator token` (a program) or a role."""
        if caller == "guest":
            return self.guest.http.headers
        if caller == "customer":
            return {"Authorization": f"Bearer {self.member_token}"}
        if caller == "program":
            return {"Authorization": f"Bearer {self.access.admin_token}"}
        return self.handhelds[caller].http.headers

    def far_token(self, roles: list[str]) -> str:
        """A program's token that counts in the second shop only."""
        return owner.token_add(self.kit, program="far", roles=roles, store=self.far_id)["token"]

    def digest(self, *without: str) -> dict[str, str]:
        """A fingerprint of every table but those `without`."""
        with self.kit.db.read() as tx:
            found = {
                name: _fingerprint(tx.all(sa.select(table)))
                for name, table in Base.metadata.tables.items()
                if name not in without
            }
        return found | {"carts": _fingerprint(self._carts())}

    def _carts(self) -> list:
        """Everything that is stored of carts."""
        if not self.kit.config.redis_url:
            with closing(sqlite3.connect(self._carts_path)) as carts:
                return carts.execute("SELECT * FROM carts").fetchall()
        with redis.Redis.from_url(self.kit.config.redis_url) as carts:
            return [(key, carts.hgetall(key)) for key in carts.scan_iter()]

    def _second_shop(self) -> int:
        shop = {
            "name_zh": "远处",
            "name_en": "Far",
            "tz": "Asia/Shanghai",
            "currency": "CNY",
            "lat": 31.0,
            "lng": 121.0,
            "radius_m": 3000,
            "opening": {},
            "delivery_fee": 0,
            "free_delivery_from": 0,
            "bag_fee": 0,
        }
        return int(
            owner.init(self.kit, shop=shop, badge="F001", name_zh="远", name_en="Far", pin=PIN)["store_id"]
        )

    def _paid_order(self) -> str:
        sku = next(row["sku"] for row in self.access.skus if row["zone"] == "ambient" and not row["weighed"])
        self.guest.put(sku, 3)
        order_no = self.guest.order(CONTACT)["order_no"]
        self.pay(self.guest, order_no)
        self.guest.put(sku, 1)
        self.sku = sku
        return order_no

    def _member(self) -> str:
        http, inbox = InsideHttp(self), Inbox()
        self.kit.services["sms"] = inbox
        http.call("POST", f"{API}/sessions/code", {"phone": PHONE})
        return http.call("POST", f"{API}/sessions", {"phone": PHONE, "code": inbox.code()})["token"]


def _fingerprint(rows: list) -> str:
    return hashlib.sha256(repr(sorted(map(repr, rows))).encode()).hexdigest()


class Inbox:
    """The phone that short messages come to."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def send(self, _phone: str, text: str, *, key: str) -> None:
        self._texts.append(text)

    def code(self) -> str:
        return re.search(r"\d{6}", self._texts[-1]).group()

"""Tokens, principals and PINs."""

import hashlib
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from gevent import monkey

from fulfil.kit.base import Kit
from fulfil.kit.errors import Unauthenticated
from fulfil.kit.security import SYSTEM, Passwords, Principal, Security, hash_token, new_token


@pytest.fixture
def security() -> Security:
    made = Security()
    known = {"fg_good": Principal("guest", 5)}
    made.authenticator("fg_", lambda tx, token, headers: known.get(token))
    made.authenticator("fs_", lambda tx, token, headers: Principal("staff", int(headers["X-Person"])))
    return made


def test_a_token_goes_to_the_authenticator_of_its_prefix(security: Security) -> None:
    assert security.principal(None, "fg_good", {}).name == "guest:5"
    assert security.principal(None, "fs_any", {"X-Person": "9"}).name == "staff:9"


@pytest.mark.parametrize("token", ["", "fg_bad", "xx_good", "good", "fg", "_", "fg_" + "x" * 198, "货_x"])
def test_every_wrong_token_is_answered_alike(security: Security, token: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        security.principal(None, token, {})
    assert refused.value.problem() == Unauthenticated().problem()


def test_a_token_may_have_two_hundred_characters() -> None:
    anybody = Security()
    anybody.authenticator("fg_", lambda tx, token, headers: Principal("guest", len(token)))
    assert anybody.principal(None, "fg_" + "x" * 197, {}).id == 200
    with pytest.raises(Unauthenticated):
        anybody.principal(None, "fg_" + "x" * 198, {})


def test_one_prefix_has_one_authenticator(security: Security) -> None:
    with pytest.raises(ValueError, match="two authenticators for fg_"):
        security.authenticator("fg_", lambda tx, token, headers: None)


def test_who_has_a_lasting_token_is_remembered_for_a_minute() -> None:
    made, now = Security(), datetime(2026, 3, 2, tzinfo=UTC)
    tx: Any = SimpleNamespace(now=now)
    for prefix, lasting in (("fg_", True), ("fs_", False)):
        made.authenticator(prefix, lambda tx, token, headers: Principal("guest", 5), lasting=lasting)
        made.principal(tx, f"{prefix}good", {})
    assert made.remembered("fg_good", now + timedelta(seconds=59)) == Principal("guest", 5)
    assert made.remembered("fg_good", now + timedelta(seconds=60)) is None
    assert made.remembered("fg_other", now) is made.remembered("fs_good", now) is None


def test_only_so_many_are_remembered_that_strangers_fill_no_memory() -> None:
    made, now = Security(), datetime(2026, 3, 2, tzinfo=UTC)
    for number in range(10_000):
        made.remember(f"fg_{number}", Principal("guest", number), now)
    assert made.remembered("fg_0", now) == Principal("guest", 0)
    made.remember("fg_more", Principal("guest", 10_000), now)
    assert made.remembered("fg_more", now) == Principal("guest", 10_000)
    assert made.remembered("fg_0", now) is made.remembered("fg_9999", now) is None


@pytest.mark.parametrize(
    ("stores", "store", "seen"),
    [(None, 1, True), (frozenset({1, 2}), 2, True), (frozenset({1}), 2, False), (frozenset(), 1, False)],
)
def test_the_scope_of_stores(stores: frozenset | None, store: int, seen: bool) -> None:
    assert Principal("staff", 1, store_ids=stores).sees(store) is seen


def test_tokens_are_long_random_and_follow_a_seed() -> None:
    tokens = {new_token(random.SystemRandom(), "fs_") for _ in range(100)}
    assert len(tokens) == 100 and {len(token) for token in tokens} == {67}
    assert new_token(random.Random(1), "fs_") == new_token(random.Random(1), "fs_")


def test_what_is_stored_is_the_hash() -> None:
    assert hash_token("fs_x") == hashlib.sha256(b"fs_x").hexdigest()
    assert len(hash_token("fs_\ud800")) == 64


def test_pins(sqlite_kit: Kit) -> None:
    hashed = sqlite_kit.passwords.hash("2580")
    assert hashed.startswith("$argon2id$") and "2580" not in hashed
    assert hashed != sqlite_kit.passwords.hash("2580")
    assert sqlite_kit.passwords.verify(hashed, "2580") is True
    assert sqlite_kit.passwords.verify(hashed, "2581") is False


def test_a_pin_costs_who_guesses_64_mib_and_three_rounds() -> None:
    """RFC 9106, section 4, second choice; with a salt of 16 bytes, which are 22 characters of base64."""
    words = Passwords(random.Random(1)).hash("2580").split("$")
    assert words[2:4] == ["v=19", "m=65536,t=3,p=1"] and len(words[4]) == 22


def test_the_shop_itself_acts_as_nobody() -> None:
    assert SYSTEM.name == "system:0" and SYSTEM.sees(1)


@pytest.mark.parametrize("hashed", [None, "", "no hash", "$argon2id$v=19$m=8,t=1,p=1$broken"])
@pytest.mark.parametrize("secret", ["2580", "no such person"])
def test_nobody_has_no_pin(hashed: str | None, secret: str) -> None:
    assert Passwords(random.SystemRandom(), memory_kib=8, time_cost=1).verify(hashed, secret) is False


class Slow:
    """A hasher that tells in which thread it is asked, and waits for word to go on."""

    def __init__(self, inside: int = 1) -> None:
        self.threads: list[int] = []
        self.all_in, self.go = threading.Barrier(inside + 1, timeout=60), threading.Event()

    def verify(self, _hashed: str, secret: str) -> bool:
        self.threads.append(threading.get_ident())
        if secret == "wait":
            self.all_in.wait()
            self.go.wait(60)
        return True


def test_two_pins_are_looked_at_at_once_and_a_third_waits() -> None:
    passwords, slow = Passwords(random.Random(1), memory_kib=8, time_cost=1), Slow(inside=2)
    passwords._hasher = slow
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(passwords.verify, "hash", "wait") for _ in range(2)]
        slow.all_in.wait()
        assert not passwords._slots.acquire(blocking=False)
        slow.go.set()
        assert [one.result() for one in asked] == [True, True]
    assert passwords._slots.acquire(blocking=False)


@pytest.mark.parametrize("greenlets", [False, True])
def test_a_loop_of_greenlets_goes_on_while_a_pin_is_looked_at(monkeypatch, greenlets: bool) -> None:
    passwords, slow = Passwords(random.Random(1), memory_kib=8, time_cost=1), Slow()
    passwords._hasher = slow
    monkeypatch.setattr(monkey, "is_module_patched", lambda name: greenlets and name == "threading")
    assert passwords.verify("hash", "2580") is True
    assert (slow.threads == [threading.get_ident()]) is not greenlets

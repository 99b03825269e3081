"""Who is asking. Tokens are random and stored as SHA-256; PINs are argon2 in a bounded pool."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from fulfil.kit.errors import Unauthenticated

if TYPE_CHECKING:
    from fulfil.kit.db import Tx

TOKEN_CHARS_MAX = 200
HASHES_AT_ONCE = 2
SALT_BYTES = 16
REMEMBERED = timedelta(seconds=60)
REMEMBERED_MAX = 10_000


@dataclass(frozen=True)
class Principal:
    """Who acts. `kind`: guest | customer | staff | channel | carrier | system; `store_ids` None means all."""

    kind: str
    id: int
    roles: frozenset[str] = frozenset()
    store_ids: frozenset[int] | None = None
    session_id: int | None = None
    locale: str = "zh-CN"

    @property
    def name(self) -> str:
        """How history rows name the actor, such as `staff:100123`."""
        return f"{self.kind}:{self.id}"

    def sees(self, store_id: int) -> bool:
        return self.store_ids is None or store_id in self.store_ids


SYSTEM = Principal("system", 0)
Authenticator = Callable[["Tx", str, Mapping[str, str]], Principal | None]


class Security:
    """Turns a bearer token into a principal through the authenticator of its prefix."""

    def __init__(self) -> None:
        self._authenticators: dict[str, Authenticator] = {}
        self._lasting: set[str] = set()
        self._remembered: dict[str, tuple[Principal, datetime]] = {}

    def authenticator(self, prefix: str, authenticate: Authenticator, *, lasting: bool = False) -> None:
        """Let `authenticate(tx, token, headers)` judge tokens that begin with `prefix`.

        `lasting`: nobody can end such a token, so each may be `remembered`.
        """
        if prefix in self._authenticators:
            raise ValueError(f"two authenticators for {prefix}")
        self._authenticators[prefix] = authenticate
        if lasting:
            self._lasting.add(prefix)

    def remembered(self, token: str, now: datetime) -> Principal | None:
        """The owner of a lasting token that was judged within the last minute."""
        principal, judged_at = self._remembered.get(token, (None, now))
        return principal if now - judged_at < REMEMBERED else None

    def principal(self, tx: Tx, token: str, headers: Mapping[str, str]) -> Principal:
        """The owner of the token. Raises Unauthenticated, the same for every kind of wrong token."""
        prefix = token[: token.find("_") + 1]
        authenticate = self._authenticators.get(prefix)
        if authenticate is None or len(token) > TOKEN_CHARS_MAX:
            raise Unauthenticated()
        principal = authenticate(tx, token, headers)
        if principal is None:
            raise Unauthenticated()
        if prefix in self._lasting:
            self.remember(token, principal, tx.now)
        return principal

    def remember(self, token: str, principal: Principal, now: datetime) -> None:
        """Judge a lasting token no more for a minute: it is its owner's."""
        if len(self._remembered) >= REMEMBERED_MAX:
            self._remembered.clear()
        self._remembered[token] = principal, now


def new_token(random: Any, prefix: str) -> str:
    """An unguessable token: 256 bits of `random` (a random.SystemRandom, or a seeded one in simulations)."""
    return f"{prefix}{random.getrandbits(256):064x}"


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


class Passwords:
    """Argon2 of PINs. One check costs about 0.1 s and 64 MiB, so few run at once, never in a transaction."""

    def __init__(self, random: Any, *, memory_kib: int = 65536, time_cost: int = 3) -> None:
        self._random = random
        self._hasher = PasswordHasher(memory_cost=memory_kib, time_cost=time_cost, parallelism=1)
        self._slots = threading.BoundedSemaphore(HASHES_AT_ONCE)

    @cached_property
    def _decoy(self) -> str:
        return self._salted("no such person")

    def hash(self, secret: str) -> str:
        with self._slots:
            return _in_thread(self._salted, secret)

    def verify(self, hashed: str | None, secret: str) -> bool:
        """Whether `secret` is right. Without a hash it takes just as long and is wrong."""
        with self._slots:
            return _in_thread(self._verify, hashed, secret) and bool(hashed)

    def _salted(self, secret: str) -> str:
        return self._hasher.hash(secret, salt=self._random.randbytes(SALT_BYTES))

    def _verify(self, hashed: str | None, secret: str) -> bool:
        try:
            return self._hasher.verify(hashed or self._decoy, secret)
        except (VerificationError, InvalidHashError):
            return False


def _in_thread(work: Callable[..., Any], *args: Any) -> Any:
    """Run in a real thread when greenlets serve requests, so that the loop goes on."""
    from gevent import monkey

    if not monkey.is_module_patched("threading"):
        return work(*args)
    from gevent import get_hub

    return get_hub().threadpool.apply(work, args)

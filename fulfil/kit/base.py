"""The ground floor as one object, handed to everything above; tests and simulations hand in other seams."""

from __future__ import annotations

import random
from typing import Any

from fulfil.kit.clock import Clock, SystemClock
from fulfil.kit.config import Config
from fulfil.kit.db import Database
from fulfil.kit.events import Events
from fulfil.kit.gateway import Gateway
from fulfil.kit.ids import Numbers
from fulfil.kit.live import Live
from fulfil.kit.metrics import Metrics
from fulfil.kit.security import Passwords, Security
from fulfil.kit.signals import signals_for
from fulfil.kit.tasks import Tasks

PRUNE_SECONDS = 60


class Kit:
    """Clock, randomness, database, tasks, events and the rest, wired together for one process.

    `services` holds what the composition root hands to folders that may not import each other, by name.
    """

    def __init__(
        self, config: Config, *, clock: Clock | None = None, rng: random.Random | None = None
    ) -> None:
        self.config = config
        self.clock: Clock = clock or SystemClock()
        self.random: random.Random = rng or random.SystemRandom()
        self.metrics = Metrics()
        self.ids = Numbers()
        self.signals = signals_for(config)
        self.live = Live(self.signals)
        self.tasks = Tasks()
        self.events = Events(self.tasks)
        self.security = Security()
        self.passwords = Passwords(
            self.random, memory_kib=config.pin_memory_kib, time_cost=config.pin_time_cost
        )
        self.gateway = Gateway()
        self.services: dict[str, Any] = {}
        self.db = Database(
            self, config.database_url, pool_size=config.database_pool, pragmas=config.sqlite_pragmas
        )
        self.tasks.bind(self)
        self.gateway.bind(self)
        self.tasks.sweep("kit.leases", 15, self.tasks.free_expired_leases)
        self.tasks.sweep("kit.live", PRUNE_SECONDS, self.live.prune)

    def close(self) -> None:
        self.tasks.stop()
        self.signals.stop()
        self.db.close()

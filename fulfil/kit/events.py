"""What happened is published here; the composition root decides who hears it.

An inline subscriber runs in the publisher's transaction. Every other becomes a task row in it (O3, O5): the
outbox, so a change and its news are one commit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cattrs.preconf.json import make_converter

from fulfil.kit.task_book import PRIORITY_NORMAL
from fulfil.kit.tasks import Tasks

if TYPE_CHECKING:
    from fulfil.kit.db import Tx

_converter = make_converter()


@dataclass(frozen=True)
class _Subscription:
    name: str
    handle: Callable[[Tx, Any], None]
    inline: bool
    priority: int


class Events:
    """Subscriptions by event class."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._by_class: dict[type, list[_Subscription]] = defaultdict(list)

    def subscribe(
        self,
        event_class: type,
        name: str,
        handle: Callable[[Tx, Any], None],
        *,
        inline: bool = False,
        priority: int = PRIORITY_NORMAL,
    ) -> None:
        """Let `handle(tx, event)` hear of `event_class`. `name` is stable: it is stored in task rows."""
        self._by_class[event_class].append(_Subscription(name, handle, inline, priority))
        if not inline:
            self.handler(event_class, name, handle)

    def handler(self, event_class: type, name: str, handle: Callable[[Tx, Any], None]) -> None:
        """Register `handle(tx, event)` as a task that somebody gives an event; nobody is subscribed."""
        self._tasks.handler(name, lambda tx, payload: handle(tx, _converter.structure(payload, event_class)))

    def give(self, tx: Tx, name: str, happened: Any, **options: Any) -> int:
        """Add the task `name` with the event as what it is about; options and answer as of `Tasks.add`."""
        return self._tasks.add(tx, name, _converter.unstructure(happened), **options)

    def post(self, tx: Tx, name: str, happened: Any, **options: Any) -> None:
        """As `give`, where nobody asks for the id."""
        self._tasks.post(tx, name, _converter.unstructure(happened), **options)

    def publish(self, tx: Tx, happened: Any) -> None:
        payload: dict[str, Any] | None = None
        for subscription in self._by_class[type(happened)]:
            if subscription.inline:
                subscription.handle(tx, happened)
                continue
            payload = _converter.unstructure(happened) if payload is None else payload
            self._tasks.post(tx, subscription.name, payload, key=happened.key, priority=subscription.priority)

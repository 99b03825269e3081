"""What Prometheus reads at /metrics. One registry per process, so that tests do not share counters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Metrics:
    """Counters and histograms of the ground floor; folders count their own facts through `count`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Histogram(
            "fulfil_request_seconds",
            "Requests by route and status",
            ["endpoint", "status"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self._tasks = Histogram(
            "fulfil_task_seconds", "Tasks by handler", ["handler"], buckets=SECONDS, registry=self.registry
        )
        self._task_failures = Counter(
            "fulfil_task_failures", "Failed task runs", ["handler", "dead"], registry=self.registry
        )
        self._retries = Counter(
            "fulfil_transaction_retries", "Transactions run again", ["name"], registry=self.registry
        )
        self._calls = Histogram(
            "fulfil_call_seconds",
            "Outside calls by name and outcome",
            ["name", "outcome"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self._refusals = Counter(
            "fulfil_call_refusals",
            "Outside calls that were not tried, by what refused",
            ["name", "by"],
            registry=self.registry,
        )
        self._breakers = Gauge(
            "fulfil_breaker_open",
            "1 since a breaker opened, until a call comes through",
            ["name"],
            registry=self.registry,
        )
        self._opened = Gauge(
            "fulfil_breaker_opened_at_seconds",
            "When it opened, as Unix time, or 0",
            ["name"],
            registry=self.registry,
        )
        self._keys = Gauge(
            "fulfil_key_refused",
            "1 since the other side refused our key, until a call comes through",
            ["name"],
            registry=self.registry,
        )
        self._switches = Gauge(
            "fulfil_switch_on",
            "0 while somebody has switched a dependency off",
            ["name"],
            registry=self.registry,
        )
        self._lag = Gauge(
            "fulfil_read_model_lag_seconds",
            "How long the oldest view has been behind",
            registry=self.registry,
        )
        self._tasks_now = Gauge(
            "fulfil_tasks",
            "Tasks by handler; due ones may wait for another task",
            ["handler", "state"],
            registry=self.registry,
        )
        self._oldest = Gauge(
            "fulfil_task_oldest_seconds",
            "How long the oldest due or running task waits",
            ["handler"],
            registry=self.registry,
        )
        self._facts = Counter(
            "fulfil_facts", "Things that happened, by name", ["name"], registry=self.registry
        )
        self._children: dict[tuple[Histogram, tuple[str, ...]], Histogram] = {}
        self._gauges = Gauge("fulfil_levels", "Present levels, by name", ["name"], registry=self.registry)

    def request(self, endpoint: str, status: int, seconds: float) -> None:
        self._of(self._requests, endpoint, str(status)).observe(seconds)

    def task(self, handler: str, seconds: float) -> None:
        self._of(self._tasks, handler).observe(seconds)

    def _of(self, metric: Histogram, *labels: str) -> Histogram:
        """The child of these labels; looking it up in the library takes longer than to observe."""
        child = self._children.get((metric, labels))
        if child is None:
            child = self._children[metric, labels] = metric.labels(*labels)
        return child

    def task_failed(self, handler: str, dead: bool) -> None:
        self._task_failures.labels(handler, str(dead).lower()).inc()

    def retried(self, name: str) -> None:
        self._retries.labels(name).inc()

    def called(self, name: str, outcome: str, seconds: float) -> None:
        self._calls.labels(name, outcome).observe(seconds)

    def refused(self, name: str, by: str) -> None:
        """Count a call that was not tried; `by` is switch or breaker."""
        self._refusals.labels(name, by).inc()

    def breaker(self, name: str, opened_at: datetime | None) -> None:
        """A breaker opened at that instant, or is closed."""
        self._breakers.labels(name).set(0 if opened_at is None else 1)
        self._opened.labels(name).set(0 if opened_at is None else opened_at.timestamp())

    def key_refused(self, name: str, refused: bool) -> None:
        """The other side refuses our key, or takes it again."""
        self._keys.labels(name).set(refused)

    def switches(self, on: Mapping[str, bool]) -> None:
        """Where the switches stand."""
        for name, value in on.items():
            self._switches.labels(name).set(value)

    def read_model(self, lag_seconds: float) -> None:
        """How far what is shown is behind what is."""
        self._lag.set(lag_seconds)

    def tasks(self, levels: Mapping[str, Mapping[str, float]]) -> None:
        """Tasks by handler: due, running, dead, waiting, oldest_seconds; none, no line."""
        self._tasks_now.clear()
        self._oldest.clear()
        for handler, level in levels.items():
            for state in ("due", "running", "dead", "waiting"):
                self._tasks_now.labels(handler, state).set(level[state])
            self._oldest.labels(handler).set(level["oldest_seconds"])

    def count(self, name: str, amount: int = 1) -> None:
        """Count a fact of a folder, such as `payments_notice_held`."""
        self._facts.labels(name).inc(amount)

    def level(self, name: str, value: float) -> None:
        """Set a present level, such as `sockets_open`."""
        self._gauges.labels(name).set(value)

    def text(self) -> bytes:
        return generate_latest(self.registry)

"""When a person is told that something is wrong (M2), and in which words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

CHECK_SECONDS = 60
COUNTS_AGAIN = timedelta(seconds=CHECK_SECONDS * 0.8)  # however many processes check, a minute counts once
# A fault that only one process sees, such as its open breaker, is found by no other one's check.
OVER_AFTER = timedelta(seconds=CHECK_SECONDS * 2.5)
AT_ONCE = ("key_refused",)  # nothing of it passes by itself: whoever waited would only lose time


@dataclass(frozen=True)
class Wrong:
    """Something that is wrong now. `subject` tells it from others of its kind; `amount` is how many things.

    `store_id` None: of the house, or of no shop as far as anybody can tell.
    """

    kind: str
    store_id: int | None
    subject: str
    amount: int = 1

    @property
    def key(self) -> str:
        return f"{self.kind}/{self.store_id or 0}/{self.subject}"


# Kind → what is said, with {amount} and {subject}.
SAID: Mapping[str, Mapping[str, str]] = {
    "dead_tasks": {"zh": "{amount} 个任务 {subject} 失败", "en": "{amount} × task {subject} gave up"},
    "failed_refunds": {"zh": "{amount} 笔退款失败", "en": "{amount} × refund failed"},
    "waiting_refunds": {
        "zh": "{amount} 笔退款超过一天未完成（{subject}）",
        "en": "{amount} × refund that has not ended for more than a day ({subject})",
    },
    "dead_messages": {
        "zh": "{amount} 条消息未送达（{subject}）",
        "en": "{amount} × message not delivered ({subject})",
    },
    "breaker_open": {"zh": "{subject} 不可用", "en": "{subject} does not answer"},
    "key_refused": {
        "zh": "{subject} 拒绝我们的密钥（401/403），请更换密钥",
        "en": "{subject} refuses our key (401/403): it needs another one",
    },
    "switch_off": {
        "zh": "降级开关 {subject} 关闭已超过一小时",
        "en": "switch {subject} has been off for more than an hour",
    },
    "waiting_tickets": {
        "zh": "{amount} 个任务单无人接（{subject}）",
        "en": "{amount} × ticket that nobody takes ({subject})",
    },
    "waiting_cases": {
        "zh": "{amount} 个售后单长时间无人处理（{subject}）",
        "en": "{amount} × case that nobody works on ({subject})",
    },
    "open_notices": {
        "zh": "{amount} 笔款项待核对已超过一小时",
        "en": "{amount} × payment notice open for more than an hour",
    },
    "dead_deliveries": {
        "zh": "webhook {subject} 有 {amount} 条推送失败",
        "en": "{amount} × event not taken by webhook {subject}",
    },
    "disabled_webhooks": {"zh": "webhook {subject} 已停用", "en": "webhook {subject} is disabled"},
}


def said(kind: str, subject: str, amount: int) -> dict[str, str]:
    """What is wrong, in each language."""
    return {language: text.format(subject=subject, amount=amount) for language, text in SAID[kind].items()}


def minimum(kind: str, usual: int) -> int:
    """From which check in a row people are told of a kind of fault."""
    return 1 if kind in AT_ONCE else usual


def tells(count: int, minimum: int, maximum: int) -> bool:
    """Whether the `count`-th check in a row that finds it wrong tells a person.

    Silent below the minimum, each time up to the maximum, then once per maximum: 3 to 10, 20, 30 (M2).
    """
    if count < minimum:
        return False
    return count <= maximum or count % maximum == 0


class Live(Protocol):
    """What is compared of an alarm that is not over."""

    key: str
    counted_at: datetime


@dataclass(frozen=True)
class Compared:
    """What a check found: what begins, what goes on and counts again, and alarms that are over."""

    begun: list[Wrong]
    going_on: list[tuple[Live, Wrong]]
    over: list[Live]


def compared(live: Iterable[Live], wrong: Iterable[Wrong], now: datetime) -> Compared:
    """What is wrong now against what was told before."""
    known, found = {row.key: row for row in live}, {one.key: one for one in wrong}
    return Compared(
        begun=[one for key, one in found.items() if key not in known],
        going_on=[
            (known[key], one)
            for key, one in found.items()
            if key in known and now - known[key].counted_at >= COUNTS_AGAIN
        ],
        over=[row for key, row in known.items() if key not in found and now - row.counted_at >= OVER_AFTER],
    )

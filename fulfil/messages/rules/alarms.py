"""When a person is told that something is wrong (M2), and in which words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from fulfil.messages.rules import wording
from fulfil.messages.rules.wording import Said

CHECK_SECONDS = 60
COUNTS_AGAIN = timedelta(seconds=CHECK_SECONDS * 0.8)  # however many processes check, a minute counts once
# A fault that only one process sees, such as its open breaker, is found by no other one's check.
OVER_AFTER = timedelta(seconds=CHECK_SECONDS * 2.5)
# Of a refused key nothing passes by itself, and of silence a minute has passed already.
AT_ONCE = ("key_refused", "silent")


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


# Kind → what is said, with {amount}, {subject} and, of what is outside, what its silence means: {without}.
SAID: Mapping[str, Said] = {
    "dead_tasks": Said("{amount} 件事停住了：{subject}", "{amount} × stands still: {subject}"),
    "failed_refunds": Said(
        "{amount} 笔退款被支付渠道拒绝，欠顾客款项",
        "{amount} × refund that its channel refused; the customer is owed the money",
    ),
    "waiting_refunds": Said(
        "{amount} 笔退款超过一天未完成：{subject}",
        "{amount} × refund that has not ended for more than a day: {subject}",
    ),
    "dead_messages": Said(
        "{amount} 条顾客通知未送达（{subject}）", "{amount} × message that did not arrive ({subject})"
    ),
    "silent": Said("{subject}无应答：{without}", "{subject} does not answer: {without}"),
    "breaker_open": Said("{subject}无应答：{without}", "{subject} does not answer: {without}"),
    "key_refused": Said(
        "{subject}拒绝我们的密钥（401/403），请更换密钥：{without}",
        "{subject} refuses our key (401/403), which needs to be replaced: {without}",
    ),
    "switch_off": Said(
        "{subject}已停用超过一小时：{without}", "{subject} switched off for more than an hour: {without}"
    ),
    "waiting_tickets": Said(
        "{amount} 个任务单无人接：{subject}", "{amount} × work that nobody takes: {subject}"
    ),
    "waiting_cases": Said(
        "{amount} 个售后单长时间无人处理：{subject}", "{amount} × case that nobody works on: {subject}"
    ),
    "open_notices": Said(
        "{amount} 笔来款待核对已超过一小时",
        "{amount} × payment that fits no order, open for more than an hour",
    ),
    "dead_deliveries": Said(
        "程序推送 {subject} 有 {amount} 条未送达",
        "{amount} × event that a program did not take: webhook {subject}",
    ),
    "disabled_webhooks": Said(
        "程序推送 {subject} 因对方无应答已停用",
        "A program is told of nothing any more, it fails: webhook {subject}",
    ),
}
# Kind → the page on which it is looked at and mended.
PAGES: Mapping[str, str] = {
    "dead_tasks": "/console#/stuck",
    "failed_refunds": "/console#/money",
    "waiting_refunds": "/console#/money",
    "open_notices": "/console#/money",
    "waiting_cases": "/console#/cases",
    "waiting_tickets": "/board",
    "dead_messages": "/console#/messages",
    "dead_deliveries": "/console#/messages",
    "disabled_webhooks": "/console#/messages",
    "silent": "/console#/switches",
    "breaker_open": "/console#/switches",
    "key_refused": "/console#/switches",
    "switch_off": "/console#/switches",
}
OF_THE_OUTSIDE = frozenset({"silent", "breaker_open", "key_refused", "switch_off"})
# Somebody waits at a screen for what comes from there, and cannot go on without it.
WAITED_FOR = ("redis", "sms")
SILENT_AFTER = timedelta(seconds=60)


def said(kind: str, subject: str, amount: int) -> dict[str, str]:
    """What is wrong, in each language, in a shop's words as far as there are any."""
    named, missing = _named(kind, subject), wording.without(subject)
    return {
        language: getattr(SAID[kind], language).format(
            subject=getattr(named, language), amount=amount, without=getattr(missing, language)
        )
        for language in ("zh", "en")
    }


def _named(kind: str, subject: str) -> Said:
    if kind in OF_THE_OUTSIDE:
        return wording.outside(subject)
    words = wording.DOING if kind == "dead_tasks" else wording.WAITING
    return words.get(subject, Said(subject, subject))


def silent(name: str, since: datetime | None, now: datetime) -> bool:
    """Whether what a customer waits for has not answered for a minute; `since`: calls go out in vain."""
    waited = name in WAITED_FOR or name.startswith(wording.CHANNEL)
    return waited and since is not None and now - since >= SILENT_AFTER


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

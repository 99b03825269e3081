"""What messages say, in both languages; the one place for their words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

LANGUAGES = ("zh", "en")
LIFE = timedelta(hours=24)
TEXT_CHARS_MAX = 1000
VALUE_CHARS_MAX = 200


@dataclass(frozen=True)
class Template:
    """A text in each language, with names of values in braces; `subject` is for e-mail."""

    zh: str
    en: str
    subject_zh: str = ""
    subject_en: str = ""


# Kind → words. Senders may give more values than a text names.
TEMPLATES: Mapping[str, Template] = {
    "sign_in_code": Template(
        "验证码 {code}，{minutes} 分钟内有效。", "Code {code}, valid for {minutes} minutes."
    ),
    "promise_slipped": Template(
        "订单 {order} 付款较晚，预计 {at} 送达，出店前可免费取消：{link}",
        "Order {order} was paid late and is now due at {at}. Until it leaves the shop you can cancel free of"
        " charge: {link}",
    ),
    "promise_unknown": Template(
        "订单 {order} 付款较晚，最早 {at} 送达，出店前可免费取消：{link}",
        "Order {order} was paid late and is now not due before {at}. Until it leaves the shop you can cancel"
        " free of charge: {link}",
    ),
    "delay_predicted": Template(
        "抱歉，订单 {order} 将晚于约定时间，预计 {at} 送达，出店前可免费取消：{link}",
        "We are sorry: order {order} will be later than promised, at about {at}. Until it leaves the shop you"
        " can cancel free of charge: {link}",
    ),
    "shop_opens": Template(
        "抱歉，门店临时停业，预计 {at} 恢复，订单 {order} 暂停处理。请在 {minutes} 分钟内选择等待，"
        "否则自动取消并全额退款：{link}",
        "We are sorry: the shop had to close and opens at {at}; order {order} is on hold. Say within"
        " {minutes} minutes that you wait, or it is cancelled and all your money goes back: {link}",
    ),
    "shop_closed": Template(
        "抱歉，门店临时停业，订单 {order} 暂停处理。请在 {minutes} 分钟内选择等待，"
        "否则自动取消并全额退款：{link}",
        "We are sorry: the shop had to close; order {order} is on hold. Say within {minutes} minutes that you"
        " wait, or it is cancelled and all your money goes back: {link}",
    ),
    "substitute_question": Template(
        "{shop}：订单 {order} 的 {product} 缺货。请在 {minutes} 分钟内选择替代商品或退款：{link}",
        "{shop}: {product} of order {order} is sold out. Choose a substitute or your money back within"
        " {minutes} minutes: {link}",
    ),
    "heavier_question": Template(
        "{shop}：订单 {order} 的 {product} 只有比所订更重的。请在 {minutes} 分钟内选择替代商品或退款：{link}",
        "{shop}: of {product} in order {order} there are only pieces that weigh more than you ordered. Choose"
        " what comes instead or your money back within {minutes} minutes: {link}",
    ),
    "lighter_question": Template(
        "{shop}：订单 {order} 的 {product} 只有比所订更轻的。请在 {minutes} 分钟内选择替代商品或退款：{link}",
        "{shop}: of {product} in order {order} there are only pieces that weigh less than you ordered. Choose"
        " what comes instead or your money back within {minutes} minutes: {link}",
    ),
    "substitute_done": Template(
        "{shop}：订单 {order} 有商品无法按单提供，已替换为 {product}。{link}",
        "{shop}: instead of what we could not bring as ordered, order {order} brings {product}. {link}",
    ),
    "shortage_refunded": Template(
        "{shop}：订单 {order} 无法按单提供：{product}，款项将原路退回。{link}",
        "{shop}: we could not bring as ordered in order {order}: {product}. Your"
        " money for it is on its way back. {link}",
    ),
    "shortages_decided": Template(
        "{shop}：订单 {order} 有商品无法按单提供，已替换为 {product}；另无法提供：{missing}，款项将原路退回。"
        "{link}",
        "{shop}: instead of what we could not bring as ordered, order {order} brings {product}. Nothing comes"
        " for: {missing}. Your money for it is on its way back. {link}",
    ),
    "order_cancelled": Template(
        "{shop}：订单 {order} 已取消。{link}", "{shop}: order {order} is cancelled. {link}"
    ),
    "refund_failed_other_means": Template(
        "{shop}：订单 {order} 的退款无法原路退回，我们将以其他方式退款。{link}",
        "{shop}: the refund of order {order} can't go back the way it was paid; we pay it by other means."
        " {link}",
    ),
    "return_received": Template(
        "{shop}：订单 {order} 的退货已收到。{link}",
        "{shop}: what you returned of order {order} has arrived. {link}",
    ),
    "complaint_decided": Template(
        "{shop}：您对订单 {order} 商品的反馈已有处理结果：{link}",
        "{shop}: what was wrong with goods of order {order} is decided: {link}",
    ),
    "delivered": Template(
        "{shop}：订单 {order} 已送达。{link}", "{shop}: order {order} is delivered. {link}"
    ),
    "alarm": Template(
        "{shop} 告警：{what}，自 {since}。查看：{link}",
        "{shop} alarm: {what}, since {since}. Look at it: {link}",
        "[fulfil] 告警 {shop}：{what}",
        "[fulfil] alarm {shop}: {what}",
    ),
    "alarm_over": Template(
        "{shop} 告警解除：{what}。",
        "{shop} alarm over: {what}.",
        "[fulfil] 解除 {shop}：{what}",
        "[fulfil] over {shop}: {what}",
    ),
    "test": Template(
        "这是 fulfil 的测试消息。",
        "This is a test message of fulfil.",
        "fulfil 测试消息",
        "fulfil test message",
    ),
}
# Never stored: who asks for one waits for it, and a stored code would outlive itself.
NEVER_STORED = frozenset({"sign_in_code"})


# Questions: nobody needs them once the time to answer is over.
ASKING = frozenset(
    {"substitute_question", "heavier_question", "lighter_question", "shop_opens", "shop_closed"}
)


@dataclass(frozen=True)
class Words:
    """A message as it is sent."""

    subject: str
    text: str


def words(kind: str, language: str, values: Mapping[str, Any]) -> Words:
    """The message of that kind in `language` (zh…, en…; "" says it in both).

    A value may be given as `{"zh": …, "en": …}`. Values are shortened and lose their line breaks: whatever
    stands in an order can't make up a message.
    Raises KeyError for a kind that is none and for a value that the text needs and nobody gave.
    """
    template, chosen = TEMPLATES[kind], [language_of(language)] if language else LANGUAGES
    said = {name: _in_language(values, name) for name in chosen}
    texts = [getattr(template, name).format_map(said[name]).strip() for name in chosen]
    subjects = [getattr(template, f"subject_{name}").format_map(said[name]) for name in chosen]
    return Words(" / ".join(filter(None, subjects)), " ".join(texts)[:TEXT_CHARS_MAX])


def language_of(tag: str) -> str:
    """ "zh" or "en" of a language tag such as zh-CN."""
    return "zh" if tag.lower().startswith("zh") else "en"


def goods(names: Sequence[Mapping[str, str]]) -> Mapping[str, str]:
    """Goods as the value of a text: one by its name `{"zh", "en"}`, more of them by how many they are."""
    if len(names) == 1:
        return names[0]
    return {"zh": f"{len(names)} 种商品", "en": f"{len(names)} products"}


def life(kind: str, values: Mapping[str, Any]) -> timedelta:
    """How long the message is worth sending: a question no longer than it may be answered."""
    return timedelta(minutes=int(values["minutes"])) if kind in ASKING else LIFE


def _in_language(values: Mapping[str, Any], language: str) -> dict[str, str]:
    return {
        name: _plain(value[language] if isinstance(value, Mapping) else value)
        for name, value in values.items()
    }


def _plain(value: Any) -> str:
    return " ".join(str(value).split())[:VALUE_CHARS_MAX]

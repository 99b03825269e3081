"""What messages say."""

from __future__ import annotations

from datetime import timedelta
from string import Formatter

import pytest

from fulfil.messages.rules import texts

VALUES = {
    "shop": "静安店",
    "order": 4711,
    "product": "牛奶",
    "missing": "面包",
    "minutes": 10,
    "link": "https://shop/t/x",
    "at": "18:30",
    "code": "123456",
    "what": "2 × refunds",
    "since": "18:30",
}


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("kind", texts.TEMPLATES)
def test_both_languages_tell_the_same_things(kind: str) -> None:
    template = texts.TEMPLATES[kind]
    assert names(template.zh) == names(template.en) <= VALUES.keys()
    assert names(template.subject_zh) == names(template.subject_en)
    for language, other in (("zh-CN", "en"), ("en-GB", "zh")):
        said = texts.words(kind, language, VALUES)
        assert said.text and said != texts.words(kind, other, VALUES)
        assert said.text in texts.words(kind, "", VALUES).text


@pytest.mark.parametrize(
    ("kind", "zh", "en"),
    [
        ("promise_slipped", "预计 18:30 送达", "due at 18:30"),
        ("promise_unknown", "最早 18:30 送达", "not due before 18:30"),
    ],
)
def test_where_nobody_knows_the_language_both_are_said(kind: str, zh: str, en: str) -> None:
    text = texts.words(kind, "", VALUES).text
    assert zh in text and en in text
    assert text.count("4711") == text.count("https://shop/t/x") == 2


def test_one_product_is_named_and_more_are_counted() -> None:
    milk, bread = {"zh": "牛奶", "en": "Milk"}, {"zh": "面包", "en": "Bread"}
    assert texts.goods([milk]) == milk
    assert texts.goods([milk, bread, milk]) == {"zh": "3 种商品", "en": "3 products"}


def test_a_value_can_not_make_up_a_message() -> None:
    said = texts.words(
        "alarm_over", "en", VALUES | {"shop": "a\r\nBcc: all@example.org", "what": "{link}" + "x" * 500}
    )
    assert "\n" not in said.text + said.subject and "\r" not in said.text + said.subject
    assert "{link}" in said.text and VALUES["link"] not in said.text
    assert len(said.text) < 300


def test_a_text_has_an_end() -> None:
    assert len(texts.words("substitute_question", "", dict.fromkeys(VALUES, "x" * 900)).text) == 1000


def test_a_value_that_is_missing_and_a_kind_that_is_none_are_bugs() -> None:
    for kind, values in (("delivered", {}), ("no_such_kind", VALUES)):
        with pytest.raises(KeyError):
            texts.words(kind, "en", values)


@pytest.mark.parametrize(
    ("kind", "life"), [("substitute_question", timedelta(minutes=10)), ("delivered", timedelta(hours=24))]
)
def test_a_question_is_sent_no_longer_than_it_may_be_answered(kind: str, life: timedelta) -> None:
    assert texts.life(kind, VALUES) == life

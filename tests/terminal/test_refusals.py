"""A refusal is said in the reader's language: every code that a screen can meet has its sentence."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import fulfil
from fulfil.kit.errors import Refusal

UI = Path(__file__).parent.parent.parent / "terminal_ui"
LANGUAGES = ("zh-CN", "en")
STAFF_SCREENS = ("handheld", "kitchen", "station", "counter", "rider")
# Which screens meet the refusals of a part of the house.
SCREENS = {
    "kit": STAFF_SCREENS,
    "staff": STAFF_SCREENS,
    "dispatch": STAFF_SCREENS,
    "picking": ("handheld",),
    "prep": ("kitchen",),
    "packing": ("station",),
    "handoff": ("counter",),
    "delivery": ("rider",),
}
# Only programs meet these.
NOT_ON_SCREENS = {
    "unsupported_media_type",
    "malformed",
    "idempotency_key_missing",
    "idempotency_key_guessable",
    "idempotency_key_reused",
    "store_needed",
    "unknown_token",
    "unknown_ride",
    "no_carrier_link",
}
MODULES = ("errors", "kit.web", "kit.scope", "outages", "idempotency", "gateway", "app.tasks")


def every(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for made in kind.__subclasses__():
        if made.__module__.startswith("fulfil."):  # tests have refusals of their own
            yield made
        yield from every(made)


def refusals() -> list[tuple[str, str]]:
    """(part of the house, code) of every refusal that the API or an op may answer."""
    for module in pkgutil.walk_packages(fulfil.__path__, "fulfil."):
        if module.name.endswith(MODULES):
            importlib.import_module(module.name)
    found = {(kind.__module__.split(".")[1], kind.code) for kind in every(Refusal)}
    return sorted((part, code) for part, code in found if part in SCREENS and code not in NOT_ON_SCREENS)


def sentences(screen: str, language: str) -> dict[str, str]:
    """What a screen can say: the words of all screens and its own."""
    return {
        key: text
        for folder in ("core", screen)
        for key, text in json.loads((UI / folder / f"{language}.json").read_text("utf-8")).items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_has_its_sentence(language: str) -> None:
    known = {screen: sentences(screen, language) for screen in STAFF_SCREENS}
    missing = [
        f"{screen}: {part}.{code}"
        for part, code in refusals()
        for screen in SCREENS[part]
        if f"refused.{code}" not in known[screen]
    ]
    assert missing == []


def test_no_sentence_is_for_a_code_that_nobody_answers() -> None:
    codes = {code for _, code in refusals()} | NOT_ON_SCREENS | {kind.code for kind in every(Refusal)}
    other = {"unknown", "title", "no_answer"}  # said by a screen itself
    said = {
        key.removeprefix("refused.")
        for folder in UI.iterdir()
        if (folder / "zh-CN.json").is_file()
        for key in json.loads((folder / "zh-CN.json").read_text("utf-8"))
        if key.startswith("refused.")
    }
    assert said - codes - other == set()

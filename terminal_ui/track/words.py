"""Words, money and times of the pages that the server writes: tracking, and addresses that lead nowhere."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from terminal_ui.assets import ROOT

FILES = {"zh": "zh-CN", "en": "en"}
SIGNS = {"CNY": "¥", "JPY": "¥", "EUR": "€", "USD": "$", "GBP": "£"}
WITHOUT_MINOR_UNITS = ("JPY", "KRW")
PLACE = re.compile(r"\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}")
GRAMS = "g"
WEIGHTS = {"zh": ("克", "公斤"), "en": ("g", "kg")}


class Words:
    """The texts of one language with the same places as core/i18n.js: {name}, {n|line|lines}."""

    def __init__(self, language: str, folder: str = "track") -> None:
        self.language = language
        self.code = FILES[language]
        self._texts = json.loads((ROOT / folder / f"{self.code}.json").read_text("utf-8"))

    def __call__(self, key: str, **args: Any) -> str:
        def put(place: re.Match[str]) -> str:
            name, one, other = place.groups()
            if one is None:
                return str(args.get(name, ""))
            return one if args.get(name) == 1 else other

        return PLACE.sub(put, self._texts[key])

    def say(self, names: dict[str, str]) -> str:
        return names[self.language]

    def money(self, minor: int, currency: str) -> str:
        """12.90 as "¥12.90"; without a known sign the currency's code stands before it."""
        whole = currency in WITHOUT_MINOR_UNITS
        amount = f"{minor:,}" if whole else f"{minor // 100:,}.{minor % 100:02d}"
        return SIGNS.get(currency, f"{currency} ") + amount

    def quantity(self, n: int, unit: str) -> str:
        """Pieces "×3", grams "850 g" or "1.25 kg" (克, 公斤)."""
        return self.amount(n, unit) if unit == GRAMS else f"×{n}"

    def amount(self, n: int, unit: str) -> str:
        """The same within a sentence: "3", "850 g"."""
        if unit != GRAMS:
            return str(n)
        small, large = WEIGHTS[self.language]
        return f"{n / 1000:g} {large}" if n >= 1000 else f"{n} {small}"

    def when(self, text: str, tz: str, now: datetime) -> str:
        """The shop's clock time; with the date on another day than `now`."""
        moment, today = (each.astimezone(ZoneInfo(tz)) for each in (datetime.fromisoformat(text), now))
        clock = f"{moment:%H:%M}"
        if moment.date() == today.date():
            return clock
        date = f"{moment.month}月{moment.day}日" if self.language == "zh" else f"{moment.day} {moment:%b}"
        return f"{date} {clock}"

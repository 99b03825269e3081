"""What a scanner read: the server's parser, the same as the terminal's by the same vectors."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

KINDS = {"LOC": "location", "TOTE": "tote", "BAG": "bag", "ORD": "order", "CMD": "command", "BADGE": "badge"}
_PREFIXED = re.compile(r"(LOC|TOTE|BAG|ORD|CMD|BADGE)-(.+)", re.IGNORECASE)
_SYMBOLOGY = re.compile(r"\][A-Za-z][0-9]")
_GS1_SYMBOLOGIES = ("]C1", "]d2", "]Q3", "]e0", "]J1")
_GROUP_SEPARATOR = "\x1d"
# Application identifier → field, fixed length (None: up to the group separator), longest.
_IDENTIFIERS: dict[str, tuple[str, int | None, int]] = {
    "01": ("gtin", 14, 14),
    "10": ("lot", None, 20),
    "11": ("produced", 6, 6),
    "13": ("packed", 6, 6),
    "15": ("best_before", 6, 6),
    "17": ("expiry", 6, 6),
    "21": ("serial", None, 20),
    "30": ("count", None, 8),
    "37": ("count", None, 8),
}


@dataclass(frozen=True)
class Scan:
    """The meaning of a code. `kind`: location tote bag order command badge scale gtin gs1 unknown.

    `value` is the code without its prefix, or the grams or minor units (`unit`) of a scale label; `gtin` has
    14 digits; dates are `YYYY-MM-DD`; `reason` of an unknown code is format, check_digit or empty.
    """

    kind: str
    code: str
    value: str | int | None = None
    reason: str | None = None
    item: str | None = None
    sku: str | None = None
    unit: str | None = None
    gtin: str | None = None
    lot: str | None = None
    serial: str | None = None
    produced: str | None = None
    packed: str | None = None
    best_before: str | None = None
    expiry: str | None = None
    count: int | None = None
    grams: int | None = None
    minor: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Only what the code said."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def check_digit(digits: str) -> str:
    """The GS1 mod-10 digit that belongs behind `digits`."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def checks(digits: str) -> bool:
    """Whether the last digit is the right check digit of the others."""
    return check_digit(digits[:-1]) == digits[-1]


def parse_scan(raw: str, scale_rules: Sequence[Mapping[str, str]] = ()) -> Scan:
    """What a scanned or typed code means; the same as the terminal's parser, by the same vectors.

    Order: internal prefix, the shop's scale rules, trade item number, GS1 element string, unknown. A scale
    rule is `{regex with groups item, value, check?; unit "g" | "minor"; sku_prefix?}`.
    """
    code = raw.strip()
    if not code:
        return Scan("unknown", code, reason="empty")
    if prefixed := _PREFIXED.fullmatch(code):
        return Scan(KINDS[prefixed[1].upper()], code.upper(), value=prefixed[2].upper())
    symbology = code[:3] if _SYMBOLOGY.match(code) else ""
    body = code[len(symbology) :]
    if symbology in _GS1_SYMBOLOGIES or _GROUP_SEPARATOR in body:
        return _elements(code, body)
    return _scale_label(body, scale_rules) or _trade_item(body)


def _scale_label(code: str, scale_rules: Sequence[Mapping[str, str]]) -> Scan | None:
    for rule in scale_rules:
        match = re.fullmatch(rule["regex"], code, re.ASCII)
        if match is None:
            continue
        found = match.groupdict()
        if found.get("check") and not checks(code):
            return Scan("unknown", code, reason="check_digit")
        sku = rule.get("sku_prefix", "") + found["item"]
        return Scan("scale", code, value=int(found["value"]), item=found["item"], sku=sku, unit=rule["unit"])
    return None


def _trade_item(code: str) -> Scan:
    if not re.fullmatch(r"[0-9]+", code) or len(code) not in (8, 12, 13, 14):
        return Scan("unknown", code, reason="format")
    if not checks(code):
        return Scan("unknown", code, reason="check_digit")
    return Scan("gtin", code, gtin=code.zfill(14))


def _elements(code: str, body: str) -> Scan:
    found: dict[str, Any] = {}
    rest = body
    while rest:
        if rest[0] == _GROUP_SEPARATOR:
            rest = rest[1:]
            continue
        read = _element(rest)
        if read is None:
            return Scan("unknown", code, reason="format")
        name, value, length = read
        if name == "gtin" and not checks(value):
            return Scan("unknown", code, reason="check_digit")
        found[name] = value
        rest = rest[length:]
    return Scan("gs1", code, **found)


def _element(rest: str) -> tuple[str, Any, int] | None:
    """Field, value and length of the element that `rest` begins with; None when it is malformed."""
    if scaled := re.match(r"(310|392)([0-5])", rest):
        name, fixed, longest = ("grams", 6, 6) if scaled[1] == "310" else ("minor", None, 15)
        head, decimals = 4, int(scaled[2])
    elif field := _IDENTIFIERS.get(rest[:2]):
        (name, fixed, longest), head, decimals = field, 2, 0
    else:
        return None
    separator = rest.find(_GROUP_SEPARATOR, head)
    end = head + fixed if fixed else (separator if separator >= 0 else len(rest))
    if end > len(rest) or end == head or end - head > longest:
        return None
    value = _meaning(name, rest[head:end], decimals)
    return None if value is None else (name, value, end)


def _meaning(name: str, text: str, decimals: int) -> str | int | None:
    if name in ("lot", "serial"):
        return text
    if not re.fullmatch(r"[0-9]+", text):
        return None
    if name == "gtin":
        return text
    if name == "count":
        return int(text)
    if name in ("grams", "minor"):
        return _scaled(int(text), (3 if name == "grams" else 2) - decimals)
    return _calendar_date(text)


def _scaled(number: int, power: int) -> int:
    """`number` × 10^`power`, rounded half up."""
    return number * 10**power if power >= 0 else (number + 10**-power // 2) // 10**-power


def _calendar_date(text: str) -> str | None:
    """YYMMDD. Goods on a shelf carry no date of the last century; day 00 means the month's last day."""
    year, month, day = 2000 + int(text[:2]), int(text[2:4]), int(text[4:6])
    if not 1 <= month <= 12:
        return None
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return None if day > last else f"{year}-{month:02}-{day or last:02}"

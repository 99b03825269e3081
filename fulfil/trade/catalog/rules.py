"""What a row of a catalogue file must look like, and what follows from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fulfil.store.rules import ZONES, checks
from fulfil.trade.catalog.errors import CategoriesWrong

COLUMNS = (
    "sku",
    "gtin",
    "name_zh",
    "name_en",
    "category",
    "unit",
    "pack",
    "price_minor",
    "currency",
    "zone",
    "location",
    "on_hand",
    "weighed",
    "picture",
)
OPTIONAL = ("brand", "prep")  # a file without these columns is right, too
NUMBER_MAX = 1_000_000_000
PAGE_MAX = 100
PIECE_GRAMS = 300  # what a piece weighs when its pack does not say
_PACK = re.compile(r"(?:([0-9]+)\s*[×x*]\s*)?([0-9]+(?:\.[0-9]+)?)\s*(kg|g|ml|l)\b", re.IGNORECASE)
_GRAMS_PER = {"kg": 1000, "g": 1, "l": 1000, "ml": 1}


@dataclass(frozen=True)
class Delisting:
    """After reports of how many orders, within how many hours, a product goes off sale."""

    reports: int = 3
    hours: int = 24

    @classmethod
    def of(cls, policy: Mapping[str, Any]) -> Delisting:
        """The shop's own numbers where it has any."""
        return cls(int(policy.get("delist_reports", cls.reports)), int(policy.get("delist_hours", cls.hours)))


@dataclass(frozen=True)
class Problem:
    """Something wrong in row `row` of a file (the header is row 1), in `column`; `message` says what."""

    row: int
    column: str
    code: str
    message: str


@dataclass(frozen=True)
class CatalogueRow:
    """A row that is right in itself. `unit` is "each" or "g"; `price` minor units per piece or per 1000 g."""

    sku: str
    gtin: str
    name_zh: str
    name_en: str
    category: str
    unit: str
    pack: str
    price: int
    zone: str
    location: str
    on_hand: int
    weighed: bool
    picture: str
    grams: int
    brand: str = ""
    prep: str | None = None


_SHAPES: Mapping[str, tuple[str, str]] = {
    "sku": (r"[A-Za-z0-9-]{1,32}", "letters, digits and - only, at most 32"),
    "name_zh": (r"[^\x00-\x1f\x7f]{1,120}", "1 to 120 characters"),
    "name_en": (r"[^\x00-\x1f\x7f]{1,120}", "1 to 120 characters"),
    "category": (r"[a-z0-9][a-z0-9-]{0,39}", "a slug of small letters, digits and -"),
    "unit": (r"each|kg", "each, or kg for weighed goods"),
    "pack": (r"[^\x00-\x1f\x7f]{0,40}", "at most 40 characters"),
    "zone": ("|".join(ZONES), "ambient, chilled or frozen"),
    "location": (r"[A-Z][0-9]{2}-[0-9]{2}-[0-9]", "aisle, bay and shelf such as A03-07-2"),
    "weighed": (r"[01]", "0 or 1"),
    "brand": (r"[^\x00-\x1f\x7f]{0,60}", "at most 60 characters"),
    "prep": (r"(?:[a-z]{2,20}:[1-9][0-9]{0,3}:[1-9][0-9]?)?", "how it is made: station:seconds:batch"),
    "picture": (r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]{0,79})?", "a file name"),
}


def wrong_header(header: Sequence[str]) -> str | None:
    """What is wrong with the header row, None when nothing is. Any order of the columns is right."""
    missing = [name for name in COLUMNS if name not in header]
    unknown = [name for name in header if name not in COLUMNS + OPTIONAL]
    if missing:
        return f"missing: {', '.join(missing)}"
    if unknown:
        return f"unknown: {', '.join(unknown)}"
    return next((f"twice: {name}" for name in header if header.count(name) > 1), None)


def read_row(row: int, cells: Mapping[str, str], currency: str) -> tuple[CatalogueRow | None, list[Problem]]:
    """Check one row against the shop's currency; the row when it is right, and everything that is wrong."""
    problems: list[Problem] = []

    def wrong(column: str, code: str, message: str) -> None:
        problems.append(Problem(row, column, code, f"{message}, not {cells[column][:40]!r}"))

    for column, (shape, message) in _SHAPES.items():
        if column in cells and not re.fullmatch(shape, cells[column]):
            wrong(column, f"{column}_wrong", message)
    if not re.fullmatch(r"[0-9]{8}|[0-9]{12,14}", cells["gtin"]):
        wrong("gtin", "gtin_wrong", "8, 12, 13 or 14 digits")
    elif not checks(cells["gtin"]):
        wrong("gtin", "gtin_check_digit", "a GTIN with a right check digit")
    price = _number(cells["price_minor"], least=1)
    if price is None:
        wrong("price_minor", "price_wrong", "a whole number of minor units above 0")
    on_hand = _number(cells["on_hand"], least=0)
    if on_hand is None:
        wrong("on_hand", "on_hand_wrong", "a whole number, 0 or more")
    if cells["currency"] != currency:
        wrong("currency", "currency_wrong", f"the shop's {currency}")
    if cells["weighed"] in ("0", "1") and (cells["weighed"] == "1") != (cells["unit"] == "kg"):
        wrong("unit", "unit_wrong", "kg exactly for weighed goods")
    if problems or price is None or on_hand is None:
        return None, problems
    return _row(cells, price, on_hand), []


def _row(cells: Mapping[str, str], price: int, on_hand: int) -> CatalogueRow:
    weighed = cells["weighed"] == "1"
    return CatalogueRow(
        sku=cells["sku"],
        gtin=canonical_gtin(cells["gtin"]),
        name_zh=cells["name_zh"],
        name_en=cells["name_en"],
        category=cells["category"],
        unit="g" if weighed else "each",
        pack=cells["pack"],
        price=price,
        zone=cells["zone"],
        location=cells["location"],
        on_hand=on_hand,
        weighed=weighed,
        picture=cells["picture"],
        grams=1 if weighed else pack_grams(cells["pack"]),
        brand=cells.get("brand", ""),
        prep=cells.get("prep") or None,
    )


def _number(text: str, least: int) -> int | None:
    if not re.fullmatch(r"[0-9]{1,10}", text):
        return None
    return int(text) if least <= int(text) <= NUMBER_MAX else None


def canonical_gtin(gtin: str) -> str:
    """One spelling of a trade item number: 13 digits, 14 where it needs them."""
    return gtin.lstrip("0").zfill(13)


def pack_grams(pack: str) -> int:
    """What a pack such as `500 ml` or `6 × 330 ml` weighs in grams, a millilitre taken as a gram."""
    found = _PACK.search(pack)
    if found is None:
        return PIECE_GRAMS
    many, size, unit = found.groups()
    return max(1, round(int(many or 1) * float(size) * _GRAMS_PER[unit.lower()]))


def scale_item(sku: str, scale_rules: Sequence[Mapping[str, str]]) -> str | None:
    """The item number that a scale label of that sku carries, by the shop's first rule that fits."""
    for rule in scale_rules:
        prefix = rule.get("sku_prefix", "")
        if sku.startswith(prefix) and sku != prefix and sku[len(prefix) :].isdigit():
            return sku[len(prefix) :]
    return None


@dataclass(frozen=True)
class KnownItem:
    """What the shop holds already of a row's sku. `held` is what reservations and quarantine need on hand."""

    weighed: bool
    held: int


def clashes(
    number: int, row: CatalogueRow, known: Mapping[str, KnownItem], gtin_owner: Callable[[str], str | None]
) -> list[Problem]:
    """What is wrong with a row in the face of what the shop holds: live orders, and the owner of its GTIN."""
    problems = []
    owner = gtin_owner(row.gtin)
    if owner is not None and owner != row.sku:
        problems.append(Problem(number, "gtin", "gtin_taken", f"this GTIN belongs to sku {owner}"))
    item = known.get(row.sku)
    if item is not None and row.on_hand < item.held:
        problems.append(
            Problem(
                number,
                "on_hand",
                "on_hand_below_reserved",
                f"live orders and quarantine hold {item.held}, on hand would be {row.on_hand}",
            )
        )
    if item is not None and item.held and item.weighed != row.weighed:
        problems.append(
            Problem(number, "weighed", "weighed_changed", "live orders hold this sku in the other unit")
        )
    return problems


CATEGORY_COLUMNS = ["slug", "name_zh", "name_en", "icon"]
CATEGORIES_MAX, CATEGORY_CHARS_MAX = 500, 60


def categories(rows: Sequence[Sequence[str]]) -> list[dict[str, str]]:
    """Names of categories from the rows of a file, the header first. Raises CategoriesWrong."""
    if not rows or list(rows[0]) != CATEGORY_COLUMNS:
        raise CategoriesWrong(f"The header must be {','.join(CATEGORY_COLUMNS)}.", row=1)
    if len(rows) - 1 > CATEGORIES_MAX:
        raise CategoriesWrong(f"There may be {CATEGORIES_MAX} categories.", row=CATEGORIES_MAX + 2)
    named: dict[str, dict[str, str]] = {}
    for number, cells in enumerate(rows[1:], 2):
        texts = [cell.strip() for cell in cells]
        if (
            len(texts) != len(CATEGORY_COLUMNS)
            or not all(texts[:3])
            or any(len(text) > CATEGORY_CHARS_MAX for text in texts)
        ):
            raise CategoriesWrong(
                f"Row {number}: slug and both names, of 1 to {CATEGORY_CHARS_MAX} "
                "characters, and an icon or nothing.",
                row=number,
            )
        if texts[0] in named:
            raise CategoriesWrong(f"Row {number}: {texts[0]} stands there twice.", row=number)
        named[texts[0]] = dict(zip(CATEGORY_COLUMNS, texts, strict=True))
    return list(named.values())

"""What a row of a catalogue file must look like."""

import pytest

from fulfil.trade.catalog import rules
from fulfil.trade.catalog.errors import CategoriesWrong
from fulfil.trade.catalog.rules import CatalogueRow, KnownItem
from tests.trade.shop import SHOP, gtin, row


def test_a_right_row() -> None:
    found, problems = rules.read_row(2, row(7, pack="6 × 330 ml"), "CNY")
    assert problems == []
    assert found == CatalogueRow(
        sku="100007",
        gtin=gtin(7),
        name_zh="商品7",
        name_en="Thing 7",
        category="things",
        unit="each",
        pack="6 × 330 ml",
        price=1290,
        zone="ambient",
        location="A01-07-1",
        on_hand=50,
        weighed=False,
        picture="",
        grams=1980,
    )


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"sku": ""}, ["sku_wrong"]),
        ({"sku": "a b"}, ["sku_wrong"]),
        ({"gtin": "4006381333932"}, ["gtin_check_digit"]),
        ({"gtin": "40063813339"}, ["gtin_wrong"]),
        ({"gtin": "abc"}, ["gtin_wrong"]),
        ({"name_zh": ""}, ["name_zh_wrong"]),
        ({"name_en": "x" * 121}, ["name_en_wrong"]),
        ({"name_en": "a\x00b"}, ["name_en_wrong"]),
        ({"category": "Fruit"}, ["category_wrong"]),
        ({"unit": "piece"}, ["unit_wrong"]),
        ({"unit": "kg"}, ["unit_wrong"]),
        ({"weighed": 1}, ["unit_wrong"]),
        ({"weighed": "yes"}, ["weighed_wrong"]),
        ({"price_minor": "0"}, ["price_wrong"]),
        ({"price_minor": "1.5"}, ["price_wrong"]),
        ({"price_minor": "-1"}, ["price_wrong"]),
        ({"price_minor": "1000000001"}, ["price_wrong"]),
        ({"price_minor": "١٢"}, ["price_wrong"]),
        ({"on_hand": "-1"}, ["on_hand_wrong"]),
        ({"on_hand": ""}, ["on_hand_wrong"]),
        ({"currency": "EUR"}, ["currency_wrong"]),
        ({"zone": "warm"}, ["zone_wrong"]),
        ({"location": "A3-07-2"}, ["location_wrong"]),
        ({"picture": "../x.svg"}, ["picture_wrong"]),
        ({"zone": "warm", "price_minor": "x", "gtin": "1"}, ["zone_wrong", "gtin_wrong", "price_wrong"]),
    ],
)
def test_everything_wrong_is_said(changes: dict, codes: list[str]) -> None:
    found, problems = rules.read_row(9, row(7, **changes), "CNY")
    assert found is None
    assert [problem.code for problem in problems] == codes
    assert {problem.row for problem in problems} == {9}


@pytest.mark.parametrize(
    ("header", "right"),
    [
        (rules.COLUMNS, True),
        (tuple(reversed(rules.COLUMNS)), True),
        (rules.COLUMNS[1:], False),
        ((*rules.COLUMNS, "extra"), False),
        ((*rules.COLUMNS, "sku"), False),
        ((), False),
    ],
)
def test_header(header: tuple, right: bool) -> None:
    assert (rules.wrong_header(header) is None) is right


@pytest.mark.parametrize(
    ("pack", "grams"),
    [
        ("500 ml", 500),
        ("6 × 330 ml", 1980),
        ("1.5 kg", 1500),
        ("2x100g", 200),
        ("1 L", 1000),
        ("one", 300),
        ("", 300),
    ],
)
def test_pack_grams(pack: str, grams: int) -> None:
    assert rules.pack_grams(pack) == grams


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("4006381333931", "4006381333931"),
        ("036000291452", "0036000291452"),
        ("96385074", "0000096385074"),
        ("04006381333931", "4006381333931"),
        ("14006381333938", "14006381333938"),
    ],
)
def test_one_spelling_of_a_gtin(given: str, kept: str) -> None:
    assert rules.canonical_gtin(given) == kept


@pytest.mark.parametrize(
    ("sku", "item"), [("100002", "00002"), ("200002", None), ("1", None), ("1abc", None)]
)
def test_scale_item(sku: str, item: str | None) -> None:
    assert rules.scale_item(sku, SHOP["scale_rules"]) == item


@pytest.mark.parametrize(
    ("known", "owner", "codes"),
    [
        ({}, None, []),
        ({}, "100007", []),
        ({}, "100008", ["gtin_taken"]),
        ({"100007": KnownItem(False, 50)}, None, []),
        ({"100007": KnownItem(False, 51)}, None, ["on_hand_below_reserved"]),
        ({"100007": KnownItem(True, 0)}, None, []),
        ({"100007": KnownItem(True, 1)}, None, ["weighed_changed"]),
    ],
)
def test_clashes_with_what_the_shop_holds(known: dict, owner: str | None, codes: list[str]) -> None:
    found, _ = rules.read_row(2, row(7), "CNY")
    assert [problem.code for problem in rules.clashes(2, found, known, lambda gtin: owner)] == codes


HEADER = ["slug", "name_zh", "name_en", "icon"]


def test_names_of_categories() -> None:
    named = rules.categories([HEADER, ["fruit", " 水果 ", "Fruit", "🍎"], ["misc", "其他", "Other", ""]])
    assert named == [
        {"slug": "fruit", "name_zh": "水果", "name_en": "Fruit", "icon": "🍎"},
        {"slug": "misc", "name_zh": "其他", "name_en": "Other", "icon": ""},
    ]


@pytest.mark.parametrize(
    ("rows", "row_number"),
    [
        ([], 1),
        ([["slug", "name"]], 1),
        ([HEADER, ["fruit", "水果"]], 2),
        ([HEADER, ["fruit", "", "Fruit", ""]], 2),
        ([HEADER, ["fruit", "水果", "F" * 61, ""]], 2),
        ([HEADER, ["fruit", "水果", "Fruit", ""], ["fruit", "果", "Fruits", ""]], 3),
    ],
)
def test_wrong_categories_name_their_row(rows: list, row_number: int) -> None:
    with pytest.raises(CategoriesWrong) as refused:
        rules.categories(rows)
    assert refused.value.extra["row"] == row_number

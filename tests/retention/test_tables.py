"""Every table is told of, with what bounds it, and what is told is what the sweeps do."""

from __future__ import annotations

import re
from pathlib import Path

from fulfil.kit.config import Config
from fulfil.migrations.tables import metadata
from fulfil.retention.ageing import AGED
from fulfil.retention.parts import PARTS

ROOT = Path(__file__).parents[2]
SETTING = re.compile(r"`(\w+_days)`")


def told(page: str) -> dict[str, tuple[str, str]]:
    """Table → how long it is kept, and by what it goes."""
    found = {}
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 6 and cells[1].startswith("`") and cells[1] != "`retention.age`":
            found |= dict.fromkeys(re.findall(r"`(\w+)`", cells[1]), (cells[3], cells[4]))
    return found


def untrue(rows: dict[str, tuple[str, str]]) -> list[str]:
    """What the page says otherwise than it is."""
    aged = {one.model.__tablename__: one.days for one in AGED}
    of_orders = {part.table.name for part in PARTS}
    wrong = [f"{table} is not told of" for table in set(metadata.tables) - set(rows)]
    wrong += [f"{table} is no table" for table in set(rows) - set(metadata.tables)]
    for table, (kept, by) in rows.items():
        if ("with its order" in by) != (table in of_orders):
            wrong.append(f"{table} goes with its order, or not")
        if by.startswith("age") != (table in aged):
            wrong.append(f"{table} goes by age, or not")
        if table in aged and aged[table] not in SETTING.findall(kept):
            wrong.append(f"{table} is kept for {aged[table]}")
        if "stays" in kept and by:
            wrong.append(f"{table} does not stay")
        if not {*SETTING.findall(kept)} <= set(Config.__dataclass_fields__):
            wrong.append(f"{table} is kept for a setting that is none")
        wrong += [
            f"{path} is no file"
            for path in re.findall(r"`(fulfil/[\w/.]+)`", by)
            if not (ROOT / path).is_file()
        ]
    return sorted(wrong)


def page() -> str:
    return (ROOT / "docs" / "retention.md").read_text("utf-8")


def test_every_table_is_told_of_as_it_is() -> None:
    assert untrue(told(page())) == []


def test_a_new_table_and_a_false_word_are_seen() -> None:
    rows = told(page())
    del rows["arrivals"]
    rows["guests"] = ("`op_days`", "age")
    rows["tickets"] = ("stays", "")
    rows["gone"] = ("stays", "")
    assert untrue(rows) == [
        "arrivals is not told of",
        "gone is no table",
        "guests is kept for guest_days",
        "tickets goes with its order, or not",
    ]

"""Founds the demo shop from `data/`: shop, people, catalogue, enrolment codes."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from fulfil.app import owner
from fulfil.kit.base import Kit
from fulfil.kit.config import Config
from fulfil.trade.stock import service as stock

DATA = Path(str(files("fulfil.sim") / "data"))
CODES = 60
# Sold to the last piece: who tries the demo, and every yardstick, can count what is left.
NO_BUFFER = {"online_buffer": 0, "online_buffer_grams": 0}
# Costly goods are rarely missed: who tries the demo shall see a second look before they leave.
LIVELY_POLICY = {"second_look_minor": 2500}
QUIET_POLICY = {"promise_minutes_max": 7 * 24 * 60}
# A yardstick's pickers only accept; they keep all they get.
PLENTY_POLICY = {"capacity": {"picking": 1_000_000}}
PLENTY_PIECES = 1_000_000
# A demo hashes PINs cheaply: its PINs are printed anyway, and it shall start at once.
DEMO_PIN_COST = {"pin_memory_kib": 1024, "pin_time_cost": 1}
ADMIN_BADGE, ADMIN_PIN, ADMIN_NAMES = "A001", "135790", ("店长", "Administrator")


@dataclass(frozen=True)
class Access:
    """All that somebody needs to take part in a demo shop."""

    store_id: int
    admin_token: str
    supervisor: dict[str, str]
    administrator: dict[str, Any]
    staff: list[dict[str, Any]]
    enrolment_codes: list[str]
    skus: list[dict[str, Any]]
    names: dict[str, tuple[str, str]]  # badge → Chinese, English

    def shown(self) -> dict[str, Any]:
        """JSON-ready, as `fulfil demo --json` prints it."""
        return {
            "store_id": str(self.store_id),
            "staff": self.staff,
            "enrolment_codes": self.enrolment_codes,
            "skus": self.skus,
            "admin_token": self.admin_token,
            "supervisor": self.supervisor,
            "administrator": self.administrator,
        }


def found(kit: Kit, *, quiet: bool = False, plenty: int | None = None, lively: bool = False) -> Access:
    """Found the demo shop on an empty or used database.

    A `quiet` shop promises up to a week ahead, for nobody works off what programs order there. `plenty` is
    for yardsticks: shelves that don't run empty, and so many more pickers and enrolment codes. A `lively` one
    also sells meals that cooks make, and experts of its zones look again for more goods than in most shops.
    """
    shop = json.loads((DATA / "shop.json").read_text(encoding="utf-8"))
    shop["policy"] = {
        **shop.get("policy", {}),
        **NO_BUFFER,
        **(QUIET_POLICY if quiet else {}),
        **(LIVELY_POLICY if lively else {}),
        **(PLENTY_POLICY if plenty is not None else {}),
    }
    founded = owner.init(
        kit, shop=shop, badge=ADMIN_BADGE, name_zh=ADMIN_NAMES[0], name_en=ADMIN_NAMES[1], pin=ADMIN_PIN
    )
    store_id = int(founded["store_id"])
    people = [*_rows("staff.csv"), *(_rows("cooks.csv") if lively else ()), *_extra_pickers(plenty or 0)]
    for person in people:
        expert = person.get("expert_zones") if lively else None
        owner.staff_add(
            kit,
            badge=person["badge"],
            name_zh=person["name_zh"],
            name_en=person["name_en"],
            roles=person["roles"].split("|"),
            pin=person["pin"],
            store=store_id,
            expert_zones=expert.split("|") if expert else (),
        )
    catalogues = ["catalog.csv", *(["meals.csv"] if lively else ())]
    for catalogue in catalogues:
        owner.import_catalog(kit, path=str(DATA / catalogue), store=store_id)
    owner.import_floor(kit, path=str(DATA / "floor.json"), store=store_id)
    owner.import_categories(kit, path=str(DATA / "categories.csv"), store=store_id)
    if plenty is not None:
        fill_shelves(kit, store_id)
    codes = owner.enrol(kit, store=store_id, count=CODES + (plenty or 0))["codes"]
    return _access(kit, founded, people, codes, [row for name in catalogues for row in _rows(name)])


def _access(
    kit: Kit,
    founded: Mapping[str, Any],
    people: Sequence[Mapping[str, str]],
    codes: list[str],
    products: Iterable[Mapping[str, str]],
) -> Access:
    store_id = int(founded["store_id"])
    staff = [{"badge": p["badge"], "pin": p["pin"], "roles": p["roles"].split("|")} for p in people]
    supervisor = next(p for p in staff if "supervisor" in p["roles"])
    return Access(
        store_id=store_id,
        admin_token=owner.token_add(
            kit, program="demo", roles=["admin", "operator", "supervisor"], store=store_id
        )["token"],
        supervisor={"badge": supervisor["badge"], "pin": supervisor["pin"]},
        administrator={"badge": founded["badge"], "pin": founded["pin"], "roles": sorted(owner.ADMIN_ROLES)},
        staff=staff,
        enrolment_codes=codes,
        skus=[
            {
                "sku": row["sku"],
                "gtin": row["gtin"],
                "price": int(row["price_minor"]),
                "zone": row["zone"],
                "weighed": row["weighed"] == "1",
                "cooked": bool(row.get("prep")),
            }
            for row in products
        ],
        names={p["badge"]: (p["name_zh"], p["name_en"]) for p in people} | {founded["badge"]: ADMIN_NAMES},
    )


def fill_shelves(kit: Kit, store_id: int) -> None:
    """Book in so much of everything that no yardstick sells it out."""

    def effect(tx) -> None:
        for row in _rows("catalog.csv"):
            stock.post_movement(
                tx, store_id, row["sku"], PLENTY_PIECES, f"plenty:{row['sku']}", actor="system"
            )

    kit.db.write(effect, "plenty")


def demo_config(**settings: Any) -> Config:
    """The configuration of a demo: cheap PINs, the rest as given."""
    return Config.load(**(DEMO_PIN_COST | settings))


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _extra_pickers(count: int) -> Iterator[dict[str, str]]:
    for n in range(1, count + 1):
        yield {
            "badge": f"X{n:04}",
            "name_zh": f"拣货员{n}",
            "name_en": f"Picker {n}",
            "roles": "picker",
            "pin": f"{700_000 + n * 37 % 99_991}",
        }

"""Tables of the shop: stores, items (identity of goods) and places."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit.db import Base, Bool, Int, Json, Real, Text, Utc


class Store(Base):
    """A shop. Money in minor units of `currency`; `opening` maps mon…sun to spans of clock times."""

    __tablename__ = "stores"
    __table_args__ = (
        CheckConstraint("delivery_fee >= 0 AND free_delivery_from >= 0 AND bag_fee >= 0", name="fees"),
        CheckConstraint("radius_m > 0", name="radius"),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    name_zh: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    tz: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text)
    lat: Mapped[float] = mapped_column(Real)
    lng: Mapped[float] = mapped_column(Real)
    radius_m: Mapped[int] = mapped_column(Int)
    opening: Mapped[dict[str, Any]] = mapped_column(Json)
    delivery_fee: Mapped[int] = mapped_column(Int)
    free_delivery_from: Mapped[int] = mapped_column(Int)
    bag_fee: Mapped[int] = mapped_column(Int)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Int)
    state_until: Mapped[datetime | None] = mapped_column(Utc)
    state_reason: Mapped[str] = mapped_column(Text)
    policy: Mapped[dict[str, Any]] = mapped_column(Json)
    scale_rules: Mapped[list[Any]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(Utc)


class Item(Base):
    """Identity of goods in a shop. `unit` is "each", or "g" of weighed goods; `grams` the weight of one.

    `prep` says how the shop itself makes them, `station:seconds:batch`; None: they stand on a shelf.
    """

    __tablename__ = "items"
    __table_args__ = (
        CheckConstraint("zone IN ('ambient', 'chilled', 'frozen')", name="zone"),
        CheckConstraint("unit IN ('each', 'g')", name="unit"),
        Index("ix_items_gtin", "store_id", "gtin", unique=True),
        Index("ix_items_category", "store_id", "category", "sku"),
    )

    store_id: Mapped[int] = mapped_column(Int, ForeignKey("stores.id"), primary_key=True)
    sku: Mapped[str] = mapped_column(Text, primary_key=True)
    gtin: Mapped[str] = mapped_column(Text)
    name_zh: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(Text)
    unit: Mapped[str] = mapped_column(Text)
    pack: Mapped[str] = mapped_column(Text)
    zone: Mapped[str] = mapped_column(Text)
    location: Mapped[str] = mapped_column(Text)
    weighed: Mapped[bool] = mapped_column(Bool)
    scale_item: Mapped[str | None] = mapped_column(Text)
    picture: Mapped[str] = mapped_column(Text)
    grams: Mapped[int] = mapped_column(Int)
    brand: Mapped[str] = mapped_column(Text, server_default="")
    prep: Mapped[str | None] = mapped_column(Text)


class Place(Base):
    """A place on the floor (aisle, staging, bag_shelf, station) and its temperature (floor rule 3)."""

    __tablename__ = "places"
    __table_args__ = (
        CheckConstraint("kind IN ('aisle', 'staging', 'bag_shelf', 'station')", name="kind"),
        CheckConstraint("zone IN ('ambient', 'chilled', 'frozen')", name="zone"),
    )

    store_id: Mapped[int] = mapped_column(Int, ForeignKey("stores.id"), primary_key=True)
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    zone: Mapped[str] = mapped_column(Text)


class FloorPlan(Base):
    """The plan of a shop's floor as it was imported: JSON text (docs/floor-plan.md), the newest only."""

    __tablename__ = "floor_plans"

    store_id: Mapped[int] = mapped_column(Int, ForeignKey("stores.id"), primary_key=True, autoincrement=False)
    document: Mapped[str] = mapped_column(Text)
    imported_by: Mapped[str] = mapped_column(Text)
    imported_at: Mapped[datetime] = mapped_column(Utc)

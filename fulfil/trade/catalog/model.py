"""Tables of the catalogue: products (price, whether sold) and categories. Identity is the shop's `items`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit.db import Base, Bool, Int, Text, Utc


class Product(Base):
    """An item that is sold. `price` is minor units per piece, or per 1000 g of weighed goods.

    `off_sale_at` and its reason say since when and why it is not on sale.
    """

    __tablename__ = "products"
    __table_args__ = (
        ForeignKeyConstraint(["store_id", "sku"], ["items.store_id", "items.sku"]),
        CheckConstraint("price > 0", name="price"),
        Index(
            "ix_products_off_sale",
            "store_id",
            "off_sale_at",
            sqlite_where=text("off_sale_at IS NOT NULL"),
            postgresql_where=text("off_sale_at IS NOT NULL"),
        ),
    )

    store_id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    sku: Mapped[str] = mapped_column(Text, primary_key=True)
    price: Mapped[int] = mapped_column(Int)
    currency: Mapped[str] = mapped_column(Text)
    on_sale: Mapped[bool] = mapped_column(Bool)
    version: Mapped[int] = mapped_column(Int)
    updated_at: Mapped[datetime] = mapped_column(Utc)
    off_sale_reason: Mapped[str] = mapped_column(Text, server_default="")
    off_sale_at: Mapped[datetime | None] = mapped_column(Utc)


class Category(Base):
    """The names of a category of a shop; `slug` is what an item carries."""

    __tablename__ = "categories"

    store_id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    slug: Mapped[str] = mapped_column(Text, primary_key=True)
    name_zh: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    icon: Mapped[str] = mapped_column(Text)

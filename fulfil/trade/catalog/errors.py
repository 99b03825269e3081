"""What the catalogue refuses."""

from __future__ import annotations

from fulfil.kit.errors import Invalid, NotFound


class CatalogueUnreadable(Invalid):
    code, title = "catalogue_unreadable", "This file cannot be read twice. Give a path or a seekable file."


class CategoriesWrong(Invalid):
    """`row` is the row of the file (the header is row 1)."""

    code, title = "categories_wrong", "The file of categories is wrong. Nothing was changed."


class UnknownProduct(NotFound):
    code, title = "unknown_product", "This shop has no such product."

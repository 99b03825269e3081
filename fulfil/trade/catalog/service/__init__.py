"""Use cases of the catalogue: importing a file, and what goes off sale because nobody finds it."""

from fulfil.trade.catalog.service.importing import ImportReport, categories_of, import_catalog, put_categories
from fulfil.trade.catalog.service.selling import on_stockout, sell

__all__ = ["ImportReport", "categories_of", "import_catalog", "on_stockout", "put_categories", "sell"]

"""Use cases of the catalogue: importing a file, all or nothing, in bounded memory."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import bindparam, select, update

from fulfil.kit.base import Kit
from fulfil.kit.db import Tx
from fulfil.store import queries as store_queries
from fulfil.store import service as store_service
from fulfil.trade.catalog import queries, rules
from fulfil.trade.catalog.errors import CatalogueUnreadable, CategoriesWrong
from fulfil.trade.catalog.model import Category, Product
from fulfil.trade.catalog.rules import CatalogueRow, Problem

CHUNK_ROWS = 500
PROBLEMS_KEPT = 10_000
LINE_BYTES_MAX = 64 * 1024
Progress = Callable[[float], None]


@dataclass
class ImportReport:
    """What came of an import: `rows` read, and at most PROBLEMS_KEPT of `problems_total` in row order.

    Nothing was written unless `applied`; it is applied when there is no problem.
    """

    rows: int = 0
    problems: list[Problem] = field(default_factory=list)
    problems_total: int = 0
    applied: bool = False

    def add(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            self.problems_total += 1
            if len(self.problems) < PROBLEMS_KEPT:
                self.problems.append(problem)


class _Changed(Exception):
    """The shop's stock changed between checking and applying: the transaction goes back."""


def import_catalog(
    kit: Kit, store_id: int, source: Path | str | BinaryIO, progress: Progress | None = None
) -> ImportReport:
    """Bring a catalogue CSV into a shop, whole or not at all. `progress` hears of shares from 0 to 1.

    A first pass reads everything and writes nothing; the second applies in one transaction, in chunks, so
    that memory is bounded. Products that the file does not name stay as they are. Raises UnknownStore.
    """
    with _opened(source) as file:
        if not file.seekable():
            raise CatalogueUnreadable()
        with kit.db.read() as tx:
            store = store_queries.store(tx, store_id)
        notify = progress or (lambda share: None)
        report = _check(kit, store, file, lambda share: notify(share / 2))
        if report.problems_total:
            return report
        try:
            kit.db.write(
                lambda tx: _apply(tx, store, file, report, lambda share: notify(0.5 + share / 2)),
                "catalog-import",
            )
            report.applied = True
        except _Changed:
            pass  # the report says which rows
        return report


def _opened(source: Path | str | BinaryIO) -> AbstractContextManager[BinaryIO]:
    """A path is opened and closed here; a file stays its owner's."""
    return Path(source).open("rb") if isinstance(source, (str, Path)) else nullcontext(source)


def _check(kit: Kit, store: Any, file: BinaryIO, progress: Progress) -> ImportReport:
    report = ImportReport()
    skus: dict[str, int] = {}
    gtins: dict[str, int] = {}
    for chunk in _chunks(_rows(file, store.currency, report, progress)):
        for number, row in chunk:
            for seen, column, value in ((skus, "sku", row.sku), (gtins, "gtin", row.gtin)):
                first = seen.setdefault(value, number)
                if first != number:
                    report.add(
                        [Problem(number, column, f"{column}_twice", f"{value} is in row {first} already")]
                    )
        with kit.db.read() as tx:
            report.add(_clashes(tx, store.id, chunk))
    report.problems.sort(key=lambda problem: problem.row)
    return report


def _clashes(tx: Tx, store_id: int, chunk: Sequence[tuple[int, CatalogueRow]]) -> list[Problem]:
    rows = [row for _, row in chunk]
    held = tx.kit.services["stock_held"](tx, store_id, [row.sku for row in rows])
    known = {
        sku: rules.KnownItem(weighed, held.get(sku, 0))
        for sku, weighed in queries.item_units(tx, store_id, [row.sku for row in rows]).items()
    }
    owners = queries.gtin_owners(tx, store_id, [row.gtin for row in rows])
    return [problem for number, row in chunk for problem in rules.clashes(number, row, known, owners.get)]


def _apply(tx: Tx, store: Any, file: BinaryIO, report: ImportReport, progress: Progress) -> None:
    again = ImportReport()
    cause = f"import:{tx.number()}"
    for chunk in _chunks(_rows(file, store.currency, again, progress)):
        again.add(_clashes(tx, store.id, chunk))
        if again.problems_total:
            report.add(again.problems)
            raise _Changed()
        rows = [row for _, row in chunk]
        store_service.put_items(tx, store.id, [_item(row, store.scale_rules) for row in rows])
        _put_products(tx, store, rows)
        tx.kit.services["stock_counted"](
            tx,
            store.id,
            {row.sku: row.on_hand for row in rows},
            {row.sku for row in rows if row.weighed},
            cause,
        )


def _item(row: CatalogueRow, scale_rules: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    values = asdict(row)
    del values["price"], values["on_hand"]
    return {**values, "scale_item": rules.scale_item(row.sku, scale_rules) if row.weighed else None}


def _put_products(tx: Tx, store: Any, rows: Sequence[CatalogueRow]) -> None:
    known = set(
        tx.scalars(
            select(Product.sku).where(
                Product.store_id == store.id, Product.sku.in_([row.sku for row in rows])
            )
        )
    )
    tx.insert_many(
        Product,
        [
            {
                "store_id": store.id,
                "sku": row.sku,
                "price": row.price,
                "currency": store.currency,
                "on_sale": True,
                "version": 1,
                "updated_at": tx.now,
            }
            for row in rows
            if row.sku not in known
        ],
    )
    old = [{"the_sku": row.sku, "new_price": row.price} for row in rows if row.sku in known]
    if old:
        tx.execute(
            update(Product.__table__)
            .where(Product.store_id == store.id, Product.sku == bindparam("the_sku"))
            .values(
                price=bindparam("new_price"),
                on_sale=True,
                version=Product.version + 1,
                updated_at=tx.now,
                off_sale_reason="",
                off_sale_at=None,
            ),
            old,
        )


def _chunks(rows: Iterable[tuple[int, CatalogueRow]]) -> Iterator[list[tuple[int, CatalogueRow]]]:
    chunk: list[tuple[int, CatalogueRow]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK_ROWS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _rows(
    file: BinaryIO, currency: str, report: ImportReport, progress: Progress
) -> Iterator[tuple[int, CatalogueRow]]:
    """Rows that are right in themselves, with their numbers; what is wrong goes into `report`."""
    report.rows = 0
    reader = csv.reader(_lines(file, report, progress), strict=True)
    header: list[str] = []
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            report.add([Problem(number, "", "csv_wrong", f"no readable CSV: {error}")])
            return
        if cells is None:
            break
        if not header:
            header = [cell.strip() for cell in cells]
            if wrong := rules.wrong_header(header):
                report.add([Problem(number, "", "header_wrong", wrong)])
                return
            continue
        if not cells:
            continue
        report.rows += 1
        if len(cells) != len(header):
            report.add(
                [Problem(number, "", "cells_wrong", f"{len(cells)} cells where the header has {len(header)}")]
            )
            continue
        row, problems = rules.read_row(
            number, {name: cell.strip() for name, cell in zip(header, cells, strict=True)}, currency
        )
        report.add(problems)
        if row is not None:
            yield number, row
    if not report.rows and not report.problems_total:
        report.add([Problem(1, "", "empty", "the file has no rows")])


def _lines(file: BinaryIO, report: ImportReport, progress: Progress) -> Iterator[str]:
    """The file's lines as text; a line that is not UTF-8 is reported and read with its bad bytes marked."""
    size = max(1, file.seek(0, 2))
    file.seek(0)
    done = 0
    for number, raw in enumerate(iter(lambda: file.readline(LINE_BYTES_MAX), b""), 1):
        done += len(raw)
        if number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        if number % CHUNK_ROWS == 0:
            progress(done / size)
        try:
            yield raw.decode("utf-8")
        except UnicodeDecodeError:
            report.add([Problem(number, "", "encoding_wrong", "this line is not UTF-8")])
            yield raw.decode("utf-8", "replace")
    progress(1.0)


def categories_of(source: Path | str) -> list[dict[str, str]]:
    """The rows of a categories CSV, `slug,name_zh,name_en,icon`. Raises CategoriesWrong with the row."""
    with open(source, encoding="utf-8-sig", newline="") as file:
        try:
            return rules.categories(list(csv.reader(file)))
        except UnicodeDecodeError:
            raise CategoriesWrong("The file is not UTF-8.") from None


def put_categories(tx: Tx, store_id: int, rows: Sequence[Mapping[str, str]]) -> None:
    """Replace the names of a shop's categories; a row is `{slug, name_zh, name_en, icon}`."""
    tx.delete(Category, {"store_id": store_id})
    tx.insert_many(Category, [{"store_id": store_id, **row} for row in rows])

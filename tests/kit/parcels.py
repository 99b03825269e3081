"""A table of the tests' own, with a state machine, beside the house's metadata."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Barrier, Thread
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from fulfil.kit.base import Kit
from fulfil.kit.db import Int, Text
from fulfil.kit.states import Machine


class Scratch(DeclarativeBase):
    """Tables that only tests have."""


class Parcel(Scratch):
    __tablename__ = "parcels"
    __table_args__ = {"sqlite_strict": True}

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(Text, default="open")
    version: Mapped[int] = mapped_column(Int, default=1)
    note: Mapped[str] = mapped_column(Text, default="")


PARCEL = Machine(
    "parcel", "open", {"open": {"close": "closed", "drop": "lost"}, "closed": {"reopen": "open"}, "lost": {}}
)


def add(kit: Kit, *ids: int) -> None:
    """Put open parcels into the database."""
    kit.db.write(lambda tx: tx.insert_many(Parcel, [{"id": i} for i in ids]), "add", numbers=0)


def ids(kit: Kit) -> list[int]:
    with kit.db.read() as tx:
        return tx.scalars(select(Parcel.id).order_by(Parcel.id))


def notes(kit: Kit) -> dict[int, str]:
    with kit.db.read() as tx:
        return {row.id: row.note for row in tx.all(select(Parcel.id, Parcel.note))}


def note(tx: Any, parcel_id: int, text: str) -> None:
    """Append to a parcel's note: an effect that shows when it happens twice."""
    tx.update(Parcel, Parcel.id == parcel_id, note=Parcel.note + text)


def together(works: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run all at once in threads of their own; gives what each returned or raised, in order."""
    results: list[Any] = [None] * len(works)
    barrier = Barrier(len(works))

    def run(place: int, work: Callable[[], Any]) -> None:
        barrier.wait(timeout=10)
        try:
            results[place] = work()
        except Exception as error:
            results[place] = error

    threads = [Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)
    return results

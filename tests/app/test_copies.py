"""Backups of an embedded shop: what is put back, and what is kept of what was there."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fulfil.app import copies
from fulfil.kit.config import Config
from fulfil.kit.errors import NotFound


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(database_url=f"sqlite:///{tmp_path}/shop.db", carts_path=f"{tmp_path}/carts.db")


def write(path: Path, *words: str) -> None:
    """Commit these words as the server does, with a log beside the file."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE IF NOT EXISTS words (word TEXT)")
        database.executemany("INSERT INTO words VALUES (?)", [(word,) for word in words])


def killed_after(path: Path, word: str) -> None:
    """As after a kill -9: the last commit stands in the log alone."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_autocheckpoint=0")
        with database:
            database.execute("INSERT INTO words VALUES (?)", (word,))
        for suffix in ("", "-wal"):
            shutil.copy(f"{path}{suffix}", f"{path}.killed{suffix}")
    for suffix in ("", "-wal"):
        Path(f"{path}.killed{suffix}").rename(f"{path}{suffix}")


def words_in(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as database:
        return [row[0] for row in database.execute("SELECT word FROM words ORDER BY rowid")]


def test_what_is_replaced_is_kept_with_its_last_commits(config: Config, tmp_path: Path) -> None:
    shop, kept = tmp_path / "shop.db", tmp_path / "shop.db.before-restore"
    write(shop, "monday")
    copies.backup(config, tmp_path / "copies")
    write(shop, "tuesday")
    killed_after(shop, "the last order")
    copies.restore(config, tmp_path / "copies", replace=True)
    assert words_in(shop) == ["monday"]
    assert words_in(kept) == ["monday", "tuesday", "the last order"]


def test_a_log_that_was_kept_before_never_meets_another_database(config: Config, tmp_path: Path) -> None:
    shop, kept = tmp_path / "shop.db", tmp_path / "shop.db.before-restore"
    write(shop, "monday")
    copies.backup(config, tmp_path / "copies")
    killed_after(shop, "the last order")
    copies.restore(config, tmp_path / "copies", replace=True)
    write(shop, "wednesday")
    copies.restore(config, tmp_path / "copies", replace=True)
    assert not Path(f"{kept}-wal").exists()
    assert (words_in(shop), words_in(kept)) == (["monday"], ["monday", "wednesday"])


def test_where_no_database_is_nothing_is_backed_up(config: Config, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no database"):
        copies.backup(config, tmp_path / "copies")
    assert not (tmp_path / "copies").exists()


def test_without_yes_nothing_is_replaced(config: Config, tmp_path: Path) -> None:
    write(tmp_path / "shop.db", "monday")
    copies.backup(config, tmp_path / "copies")
    write(tmp_path / "shop.db", "tuesday")
    with pytest.raises(copies.WouldReplace):
        copies.restore(config, tmp_path / "copies", replace=False)
    assert words_in(tmp_path / "shop.db") == ["monday", "tuesday"]


@pytest.mark.parametrize(
    "damaged",
    [
        lambda whole: whole[:4096] + bytes(4096) + whole[8192:],
        lambda whole: whole[:4096],
        lambda whole: b"no database at all " * 1000,
    ],
)
def test_a_broken_copy_replaces_nothing(config: Config, tmp_path: Path, damaged) -> None:
    write(tmp_path / "shop.db", *map(str, range(2000)))
    [copy] = copies.backup(config, tmp_path / "copies")
    copy.write_bytes(damaged(copy.read_bytes()))
    with pytest.raises(copies.BackupBroken):
        copies.restore(config, tmp_path / "copies", replace=True)
    assert len(words_in(tmp_path / "shop.db")) == 2000


def test_one_broken_copy_replaces_none_of_the_two(config: Config, tmp_path: Path) -> None:
    for name in ("shop.db", "carts.db"):
        write(tmp_path / name, "monday")
    _, carts = copies.backup(config, tmp_path / "copies")
    write(tmp_path / "shop.db", "tuesday")
    carts.write_bytes(b"no database at all " * 1000)
    with pytest.raises(copies.BackupBroken):
        copies.restore(config, tmp_path / "copies", replace=True)
    assert words_in(tmp_path / "shop.db") == ["monday", "tuesday"]

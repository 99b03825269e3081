"""Which versions of the database which code works with, so that nobody has to close for an update."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from fulfil import migrations
from fulfil.migrations import POST, PRE


@pytest.fixture
def last_is_post(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """As if the newest migration were one of phase "post"; gives all versions, oldest first."""
    line = [revision for revision, _ in migrations._line()]
    phases = tuple((revision, POST if revision == line[0] else PRE) for revision in line)
    monkeypatch.setattr(migrations, "_line", lambda: phases)
    return line[::-1]


def version(url: str) -> str | None:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = migrations.current(connection)
    engine.dispose()
    return found


def test_code_works_with_the_newest_version_and_with_newer_ones() -> None:
    assert migrations.suffices(migrations.newest())
    assert migrations.suffices("9999")


def test_code_does_not_work_with_older_versions_or_nothing() -> None:
    line = [revision for revision, _ in migrations._line()]
    older = line[line.index(migrations.needed()) + 1 :]
    assert older and not any(map(migrations.suffices, older))
    assert not migrations.suffices(None)


def test_code_works_before_and_after_a_migration_that_may_wait(last_is_post: list[str]) -> None:
    assert migrations.needed() == last_is_post[-2]
    assert [migrations.suffices(one) for one in last_is_post[-3:]] == [False, True, True]


def test_pre_stops_before_what_may_wait_and_post_does_it(tmp_path: Path, last_is_post: list[str]) -> None:
    url = f"sqlite:///{tmp_path}/shop.db"
    migrations.upgrade(url, phase=PRE)
    assert (version(url), migrations.serves(url)) == (last_is_post[-2], True)
    migrations.upgrade(url, phase=POST)
    migrations.upgrade(url, phase=PRE)
    assert version(url) == last_is_post[-1]


def test_the_files_say_what_alembic_reads_of_them() -> None:
    scripts = ScriptDirectory.from_config(migrations._config()).walk_revisions()
    assert migrations._line() == tuple((one.revision, getattr(one.module, "phase", PRE)) for one in scripts)

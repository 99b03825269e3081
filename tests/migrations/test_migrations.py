"""From an empty database to the newest tables, without a difference to the models."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.schema import CreateIndex

from fulfil import migrations
from fulfil.migrations.tables import FOLDERS, metadata

ROOT = Path(__file__).parents[2]


@pytest.fixture
def engine(database_url: str):
    made = sa.create_engine(database_url)
    yield made
    made.dispose()


def test_an_empty_database_reaches_the_newest_version(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        assert migrations.current(connection) == migrations.newest()
    assert set(sa.inspect(engine).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_upgrading_again_changes_nothing(engine: sa.Engine, database_url: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("insert into live_heads (person_id, seq) values (1, 7)")
    migrations.upgrade(database_url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("select seq from live_heads").scalar() == 7
        assert migrations.current(connection) == migrations.newest()


def test_what_was_held_before_notices_could_be_resolved_stays_open(tmp_path) -> None:
    """The table is rebuilt on SQLite: its rows, its keys and its strictness are those of before."""
    engine = sa.create_engine(f"sqlite:///{tmp_path}/old.db")
    with engine.connect() as connection:
        config = migrations._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql(
            "insert into pay_notices (channel, kind, digest, body, at) values ('sandbox', 'k', 'd', '{}', 7)"
        )
        connection.commit()
    migrations.upgrade(str(engine.url))
    columns = "id, channel, kind, digest, body, at, resolved_at, resolved_by, note"
    with engine.connect() as connection:
        [row] = connection.exec_driver_sql(f"select {columns} from pay_notices").all()
        assert differences(connection) == []
    engine.dispose()
    assert tuple(row) == (1, "sandbox", "k", "d", "{}", 7, None, None, None)


def old_row(connection: sa.Connection, table: str, **values: object) -> None:
    """A row of an older version, whose other columns hold whatever their types take."""
    columns = connection.exec_driver_sql(f"pragma table_info({table})").all()
    whole = {column.name: "[]" if column.type == "TEXT" else 1 for column in columns if column.notnull}
    named = whole | values
    connection.exec_driver_sql(
        f"insert into {table} ({', '.join(named)}) values ({', '.join('?' * len(named))})",
        tuple(named.values()),
    )


def test_lines_that_were_looked_for_before_parts_of_them_could_be_are_looked_for_still(tmp_path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/old.db")
    with engine.connect() as connection:
        config = migrations._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0027")
        connection.exec_driver_sql("pragma ignore_check_constraints = on")
        for table in ("stores", "fulfilments", "tickets", "pick_lists"):
            old_row(connection, table)
        for line in (1, 2, 3):
            old_row(connection, "pick_lines", id=line, line_no=line, quantity=5)
        for look, (line, outcome) in enumerate(((1, None), (1, None), (2, "found")), start=1):
            for table in ("tickets", "pick_lists") if look > 1 else ():
                old_row(connection, table, id=look, **({"part": look} if table == "tickets" else {}))
            old_row(connection, "second_looks", id=look, pick_line_id=line, quantity=2, outcome=outcome)
        connection.commit()
    migrations.upgrade(str(engine.url))
    with engine.connect() as connection:
        assert connection.exec_driver_sql("select looking from pick_lines order by id").scalars().all() == [
            4,
            0,
            0,
        ]
    engine.dispose()


@pytest.mark.parametrize("half", ["resolved_at = 1", "resolved_by = 'staff:1'", "note = 'n'"])
def test_a_notice_is_not_resolved_by_halves(engine: sa.Engine, half: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "insert into pay_notices (channel, kind, digest, body, at) values ('sandbox', 'k', 'd', '{}', 7)"
        )
    with pytest.raises(sa.exc.IntegrityError), engine.begin() as connection:
        connection.exec_driver_sql(f"update pay_notices set {half}")


@pytest.mark.parametrize(
    ("index", "table", "where", "value"),
    [
        ("ix_tasks_dead", "tasks", "state = ?", 2),
        ("ix_refunds_failed", "refunds", "store_id = 1 and state = ?", "failed"),
    ],
)
def test_what_waits_for_a_person_is_found_by_its_index(
    sqlite_url: str, index: str, table: str, where: str, value: int | str
) -> None:
    engine = sa.create_engine(sqlite_url)
    asked = f"explain query plan select id from {table} where {where} order by id desc limit 200"
    with engine.connect() as connection:
        plan = connection.exec_driver_sql(asked, (value,)).all()
    engine.dispose()
    assert index in str(plan)


def test_the_tables_are_those_of_the_models(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        assert differences(connection) == []


def differences(connection: sa.Connection) -> list:
    """What the models have and the database has not, or the other way round."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return [found for found in compare_metadata(context, metadata) if not same_text(connection, found)]


def same_text(connection: sa.Connection, found: tuple) -> bool:
    """Whether an index that Alembic cannot read back on SQLite (one of expressions) is there as written."""
    if connection.dialect.name != "sqlite" or found[0] not in ("add_index", "remove_index"):
        return False
    stored = connection.execute(
        sa.text("select sql from sqlite_master where name = :name"), {"name": found[1].name}
    ).scalar()
    written = next(
        (
            index
            for table in metadata.tables.values()
            for index in table.indexes
            if index.name == found[1].name
        ),
        None,
    )
    return written is not None and stored == str(CreateIndex(written).compile(connection))


def test_the_comparison_sees_a_difference(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("drop index ix_history_order")
        connection.exec_driver_sql("alter table live_heads add column extra integer")
    with engine.connect() as connection:
        told = str(differences(connection))
    assert "ix_history_order" in told and "extra" in told


def test_every_table_is_strict_on_sqlite(sqlite_url: str) -> None:
    engine = sa.create_engine(sqlite_url)
    with engine.connect() as connection:
        tables = connection.exec_driver_sql(
            "select name, strict from pragma_table_list where schema = 'main' and type = 'table'"
        ).all()
    engine.dispose()
    loose = {name for name, strict in tables if not strict and not name.startswith("sqlite_")}
    assert loose == {"alembic_version"} and len(tables) > len(FOLDERS)


def test_broken_references_stop_the_upgrade(sqlite_url: str) -> None:
    engine = sa.create_engine(sqlite_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("create table shelves (id integer primary key)")
        connection.exec_driver_sql("create table goods (shelf integer references shelves (id))")
        connection.exec_driver_sql("insert into goods values (1)")
    engine.dispose()
    with pytest.raises(RuntimeError, match="references are broken after the migration"):
        migrations.upgrade(sqlite_url)


def test_an_empty_database_has_no_version(tmp_path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/empty.db")
    with engine.connect() as connection:
        assert migrations.current(connection) is None
    engine.dispose()


def test_a_process_that_only_migrates_knows_every_table() -> None:
    code = "from fulfil.migrations.tables import metadata; print(*sorted(metadata.tables))"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    written = {
        name
        for path in (ROOT / "fulfil").rglob("*.py")
        for name in re.findall(r'__tablename__ = "(\w+)"', path.read_text("utf-8"))
    }
    assert set(child.stdout.split()) == written, child.stderr

"""What every test can ask for: a migrated, empty database of its own, and a browser that starts anywhere.

`database_url` runs the test on SQLite and on PostgreSQL; `sqlite_url` and `postgres_url` on that one only.
With FULFIL_TEST_DATABASE_URL=postgresql+psycopg://… (a role that may create databases) the PostgreSQL tests
use that server instead of starting their own; FULFIL_TEST_REDIS_URL=redis://host:port does so for Redis, and
empties all of its databases.

Without TMPDIR all files of the tests lie in memory, where there is room: their commits wait for no disk.
"""

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from playwright.sync_api import expect
from sqlalchemy.engine import make_url

from fulfil.sim.servers import REDIS_DATABASES, PostgresProcess, RedisProcess
from tests.servers import PostgresDatabases, RedisDatabases, SqliteDatabases, files_in_memory, share_compiled

# A busy machine makes a page slow to paint; a fault is a fault after this long, too.
expect.set_options(timeout=25_000)

TESTS = Path(__file__).parent
DATABASES = ("sqlite", "postgresql")
REDIS_DATABASES_MIN = 64  # more than a run holds open at once
# They begin first: whoever had one of them last would work on alone while the others have nothing left.
LONG_FILES = (
    "terminal/board/test_board.py",
    "terminal/shop/test_ordering.py",
    "browser/test_interruptions.py",
    "sim/test_faults.py",
    "sim/test_simulation.py",
    "scale/test_processes.py",
    "browser/test_screens.py",
    "terminal/console/test_cases.py",
    "crash/test_crash.py",
    "races/test_races.py",
    "terminal/handheld/test_picking.py",
    "trade/aftersales/test_extras.py",
    "trade/aftersales/test_loop.py",
    "sim/test_demo.py",
    "cli/test_refusals.py",
    "sim/test_yardsticks.py",
    "retention/test_archive.py",
    "retention/test_personal.py",
    "retention/test_ageing.py",
    "terminal/board/test_acts.py",
    "cli/test_life_of_a_shop.py",
    "terminal/counter/test_handover.py",
    "edge/test_bad_input.py",
    "terminal/console/test_console.py",
    "terminal/board/test_live.py",
    "test_checks.py",
)


def pytest_configure() -> None:
    """Before the first engine, and before the first temporary folder: what the tests start inherits it."""
    share_compiled()
    files_in_memory()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long come first; else everything stays where it is."""
    order = {TESTS / name: place for place, name in enumerate(LONG_FILES)}
    items.sort(key=lambda item: order.get(item.path, len(order)))


def pytest_collection_finish() -> None:
    """All that is loaded by now stays: it need not be looked through for garbage again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    """The migrated SQLite file that every test's own is copied from."""
    return SqliteDatabases(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_databases(redis_databases: RedisDatabases) -> Iterator[PostgresDatabases]:
    """The run's PostgreSQL server; it starts with the first test that needs it."""
    given = os.environ.get("FULFIL_TEST_DATABASE_URL")
    if given:
        url = make_url(given)
        if url.drivername != "postgresql+psycopg":
            raise pytest.UsageError("FULFIL_TEST_DATABASE_URL must begin with postgresql+psycopg://")
        databases = PostgresDatabases(url, redis_databases)
        yield databases
        databases.close()
        return
    process = PostgresProcess()
    try:
        yield PostgresDatabases(process.start(), redis_databases)
    finally:
        process.stop()


@pytest.fixture(scope="session")
def redis_databases() -> Iterator[RedisDatabases]:
    """The run's Redis; it starts with the first test that needs it."""
    given = os.environ.get("FULFIL_TEST_REDIS_URL")
    if given:
        yield _part_of(given.rstrip("/"))
        return
    process = RedisProcess()
    try:
        yield RedisDatabases(process.start(), 0, REDIS_DATABASES)
    finally:
        process.stop()


def _part_of(server: str) -> RedisDatabases:
    """Runs side by side share the server that was given: each has databases of its own."""
    runs = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    mine = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    with redis.Redis.from_url(server) as client:
        each = int(client.config_get("databases")["databases"]) // runs
    if each < REDIS_DATABASES_MIN:
        wanted = REDIS_DATABASES_MIN * runs
        raise pytest.UsageError(f"FULFIL_TEST_REDIS_URL: start that Redis with --databases {wanted}")
    return RedisDatabases(server, mine * each, each)


@pytest.fixture
def redis_url(redis_databases: RedisDatabases) -> str:
    """Address of an empty Redis."""
    return redis_databases.fresh()


@pytest.fixture
def sqlite_url(sqlite_databases: SqliteDatabases, tmp_path: Path) -> str:
    """URL of a migrated, empty SQLite database in the test's temporary folder."""
    return sqlite_databases.fresh(tmp_path)


@pytest.fixture
def postgres_url(postgres_databases: PostgresDatabases) -> Iterator[str]:
    """URL of a migrated, empty PostgreSQL database; after the test it is emptied for the next one."""
    url = postgres_databases.lend()
    yield url
    postgres_databases.give_back(url)


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest) -> str:
    """URL of a migrated, empty database: the test runs once on each kind."""
    return request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the system's Chromium (FULFIL_TEST_CHROMIUM names another one).

    The headless shell is the same engine without a window around it, and takes less than half the time.
    """
    names = (
        os.environ.get("FULFIL_TEST_CHROMIUM"),
        "chromium-headless-shell",
        "chromium",
        "chromium-browser",
        "google-chrome",
    )
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    if found is None:
        pytest.fail("Chromium is missing: sudo apt-get install -y chromium-headless-shell fonts-noto-cjk")
    return found


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict, chromium: str) -> dict:
    """How pytest-playwright starts Chromium: the system's, and without the sandbox that root cannot have."""
    quiet = [
        "--disable-gpu",
        "--disable-software-rasterizer",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
    ]
    return {**browser_type_launch_args, "executable_path": chromium, "args": ["--no-sandbox", *quiet]}

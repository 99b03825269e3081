"""Rules of the house that no linter knows; each check is a function of a project's folder.

Every check is run on this project, where it must find nothing, and on a small sound one with a fault
planted in it, where it must name that fault.
"""

import ast
import configparser
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

SUBSYSTEM_FILES = {
    "__init__.py",
    "stage.py",
    "api.py",
    "jobs.py",
    "service.py",
    "queries.py",
    "schema.py",
    "model.py",
    "rules.py",
    "states.py",
    "errors.py",
}
PACKAGES = ("service", "queries", "model", "rules")  # these may grow beyond one file
# These name their files for what they hold.
FREE_FOLDERS = {"kit", "contracts", "sim", "migrations", "cli", "app", "checks", "retention", "planner"}
TOP_FILES = {"__init__.py", "__main__.py", "cli.py", "app.py", "planner.py", "checks.py"}
CODE_FOLDERS = ("fulfil", "terminal_ui", "tests", "bench")

# A path that only one machine has, at the start of a path: routes such as /terminal/work are not meant.
MACHINE_PATH = re.compile(r"(?<![\w.)}>*-])/(?:work|root|home|Users|tmp/brief)/[\w.]")
ISSUE_NUMBER = re.compile(r"\bissue\s+#?\d+\b", re.IGNORECASE)
# Only db.py commits: its connections undo what somebody left open, and its driver does what db.py says.
ENDS_TRANSACTIONS = {"fulfil/kit/db.py", "fulfil/kit/connections.py", "fulfil/kit/postgres.py"}
# ROLLBACK TO ends a savepoint only.
ENDING = re.compile(r"\s*(commit|rollback|end)\b(?!\s+to\b)", re.IGNORECASE)
TEXT_BYTES_MAX = 2_000_000


def walk(root: Path) -> Iterator[Path]:
    """Every file of a project, without what tools leave there: hidden folders, caches, built files."""
    for folder, names, files in os.walk(root):
        hidden = {name for name in names if name.startswith(".") and name != ".ci"}
        made = {"__pycache__", "build", "dist", "node_modules", "htmlcov", "test-results"}
        names[:] = sorted(name for name in set(names) - hidden - made if not name.endswith(".egg-info"))
        yield from (Path(folder, name) for name in sorted(files))


def sources(root: Path, *folders: str) -> Iterator[Path]:
    """Every Python file below the named folders of a project."""
    for folder in folders:
        yield from (path for path in walk(root / folder) if path.suffix == ".py")


def import_faults(root: Path) -> list[str]:
    """Broken import contracts of setup.cfg, as import-linter tells them."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"]
    environment = {**os.environ, "PYTHONPATH": str(root), "COLUMNS": "200"}
    result = subprocess.run(
        [*command, "--no-logo", "--no-cache", "--config", "setup.cfg"],
        cwd=root,
        capture_output=True,
        text=True,
        env=environment,
    )
    return [] if result.returncode == 0 else [result.stdout + result.stderr]


def commit_faults(root: Path) -> list[str]:
    """Places that end a transaction, outside the ground floor's own and the migrations."""
    faults = []
    for path in sources(root, "fulfil", "terminal_ui"):
        name = path.relative_to(root).as_posix()
        if name in ENDS_TRANSACTIONS or name.startswith("fulfil/migrations/"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if ends_transaction(node):
                faults.append(f"{name}:{node.lineno} ends a transaction")
    return faults


def ends_transaction(node: ast.AST) -> bool:
    """Whether a call commits or rolls back: by method, by statement, or by `with engine.begin()`."""
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    method = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    if method in {"commit", "rollback"}:
        return isinstance(called, ast.Attribute)
    if method == "begin" and isinstance(called, ast.Attribute):
        return bool(re.search(r"(engine|connection|conn|session)(\(\))?$", ast.unparse(called.value)))
    if method in {"execute", "exec_driver_sql", "text"} and node.args:
        statement = getattr(node.args[0], "value", None)
        return isinstance(statement, str) and bool(ENDING.match(statement))
    return False


def folder_faults(root: Path) -> list[str]:
    """Files that have no place: in the house itself, in trade, or in a subsystem folder."""
    house = root / "fulfil"
    faults = unexpected(root, house, TOP_FILES)
    for folder in subfolders(house):
        if folder.name in FREE_FOLDERS:
            continue
        if folder.name == "trade":
            faults += unexpected(root, folder, {"__init__.py"})
            for part in subfolders(folder):
                faults += subsystem_faults(root, part)
        else:
            faults += subsystem_faults(root, folder)
    return faults


def subsystem_faults(root: Path, folder: Path) -> list[str]:
    """Files a subsystem folder may not have; its PACKAGES may have a file for each use."""
    faults = unexpected(root, folder, SUBSYSTEM_FILES)
    for part in subfolders(folder):
        if part.name not in PACKAGES:
            faults.append(misplaced(root, part))
        else:
            use_cases = {path.name for path in part.iterdir() if path.suffix == ".py"}
            faults += unexpected(root, part, use_cases)
            faults += [misplaced(root, inner) for inner in subfolders(part)]
    twice = [name for name in PACKAGES if (folder / name).is_dir() and (folder / f"{name}.py").exists()]
    return faults + [f"{folder.relative_to(root).as_posix()} has a {name}.py and a {name}/" for name in twice]


def unexpected(root: Path, folder: Path, allowed: set[str]) -> list[str]:
    """The files directly in a folder that are not among the allowed names."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name not in allowed)
    return [misplaced(root, path) for path in files]


def misplaced(root: Path, path: Path) -> str:
    """How a file or folder without a place is named."""
    return f"{path.relative_to(root).as_posix()}{'/' if path.is_dir() else ''} has no place here"


def subfolders(folder: Path) -> list[Path]:
    """The folders directly in a folder, without what Python leaves there."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and path.name != "__pycache__")


def container_faults(root: Path) -> list[str]:
    """Subsystem folders that the contract on the order of their files forgets."""
    settings = configparser.ConfigParser()
    settings.read(root / "setup.cfg", "utf-8")
    named = settings["importlinter:contract:files"]["containers"].split()
    folders = {folder.name for folder in subfolders(root / "fulfil")} - FREE_FOLDERS - {"trade"}
    missing = {f"fulfil.{name}" for name in folders} - set(named)
    return [f"setup.cfg: containers lacks {name}" for name in sorted(missing)]


def requirement_faults(root: Path) -> list[str]:
    """Packages of others that the program imports and setup.cfg does not ask for."""
    settings = configparser.ConfigParser()
    settings.read(root / "setup.cfg", "utf-8")
    lists = [
        settings["options"]["install_requires"],
        *(asked for extra, asked in settings["options.extras_require"].items() if extra != "test"),
    ]
    asked = {name.lower() for name in re.findall(r"^[\w.-]+", "\n".join(lists), re.MULTILINE)}
    return [
        f"{path.relative_to(root).as_posix()} imports {name}, which setup.cfg does not ask for"
        for path in sources(root, "fulfil", "terminal_ui")
        for name in sorted(others_imported(path))
        if not asked.intersection(distributions_of(name))
    ]


def others_imported(path: Path) -> set[str]:
    """The packages that a file imports and that are neither Python's nor this project's."""
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            modules.add(node.module or "")
    return {module.partition(".")[0] for module in modules} - sys.stdlib_module_names - set(CODE_FOLDERS)


@cache
def installed() -> dict[str, list[str]]:
    """By package, the names under which it can be asked for."""
    return {
        package: [name.lower().replace("_", "-") for name in names]
        for package, names in packages_distributions().items()
    }


def distributions_of(package: str) -> list[str]:
    """Its names in requirements; its own where it is not installed."""
    return installed().get(package, [package])


def text_faults(root: Path) -> list[str]:
    """Lines that speak of one machine's folders or of numbered issues instead of the product."""
    faults = []
    for path in walk(root):
        if path.stat().st_size > TEXT_BYTES_MAX:
            continue
        try:
            lines = path.read_text("utf-8").splitlines()
        except UnicodeDecodeError:
            continue  # a picture
        for number, line in enumerate(lines, 1):
            if found := MACHINE_PATH.search(line) or ISSUE_NUMBER.search(line):
                faults.append(f"{path.relative_to(root).as_posix()}:{number} speaks of {found.group()!r}")
    return faults


def docstring_faults(root: Path) -> list[str]:
    """Folders of Python code whose `__init__.py` is missing or does not say their purpose."""
    folders = sorted({path.parent for path in sources(root, *CODE_FOLDERS)})
    return [
        f"{folder.relative_to(root).as_posix()}/__init__.py does not say the folder's purpose"
        for folder in folders
        if not purpose(folder)
    ]


def purpose(folder: Path) -> str | None:
    """The docstring of a folder's `__init__.py`."""
    start = folder / "__init__.py"
    return ast.get_docstring(ast.parse(start.read_text("utf-8"))) if start.exists() else None


CHECKS = (
    import_faults,
    commit_faults,
    folder_faults,
    container_faults,
    requirement_faults,
    text_faults,
    docstring_faults,
)


@pytest.mark.parametrize("check", CHECKS)
def test_the_project_keeps(check: Callable[[Path], list[str]]) -> None:
    assert check(ROOT) == []


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """A small project with this one's contracts, in which no check finds anything."""
    subsystems = (
        "picking",
        "prep",
        "packing",
        "handoff",
        "delivery",
        "dispatch",
        "staff",
        "messages",
        "store",
        "reports",
    )
    trade = ("orders", "cart", "catalog", "stock", "payments", "customers", "aftersales")
    modules = ["service", "queries", "model", "rules", "states"]
    names = [f"fulfil/{name}/{module}" for name in subsystems for module in modules]
    names += [f"fulfil/trade/{name}/{module}" for name in trade for module in modules]
    names += ["fulfil/cli", "fulfil/app", "fulfil/checks", "fulfil/sim/demo", "fulfil/migrations/env"]
    names += ["fulfil/kit/errors", "fulfil/kit/states", "fulfil/kit/db", "fulfil/contracts/events"]
    names += ["terminal_ui/pages"]
    for name in names:
        plant(tmp_path, f"{name}.py", '"""What it holds."""\n')
        for folder in Path(name).parents:
            if folder.name:
                plant(tmp_path, f"{folder}/__init__.py", '"""Its purpose."""\n')
    plant(tmp_path, "fulfil/kit/db.py", '"""Commits."""\n\n\ndef end(session):\n    session.commit()\n')
    shutil.copy(ROOT / "setup.cfg", tmp_path)
    return tmp_path


def plant(root: Path, name: str, text: str) -> None:
    """Write a file into a project."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


@pytest.mark.parametrize("check", CHECKS)
def test_a_sound_project_has_no_fault(check: Callable[[Path], list[str]], sound: Path) -> None:
    assert check(sound) == []


@pytest.mark.parametrize(
    ("name", "imported", "contract"),
    [
        ("trade/orders/service", "fulfil.dispatch.queries", "Trade meets fulfilment only in contracts"),
        ("picking/service", "fulfil.packing.queries", "The house: top may import below"),
        ("kit/db", "fulfil.store.model", "The house: top may import below"),
        ("trade/stock/service", "fulfil.trade.orders.queries", "Trade, from composite to basic"),
        ("picking/queries", "fulfil.picking.service", "Every subsystem has the same files, in this order"),
        ("picking/utils", "os", "Every subsystem has the same files, in this order"),
        ("picking/rules", "sqlalchemy", "Decisions, states and contracts do no input or output"),
        ("kit/states", "flask", "Decisions, states and contracts do no input or output"),
        ("trade/cart/service", "flask", "Services and tables know no web"),
    ],
)
def test_a_broken_import_contract_is_named(sound: Path, name: str, imported: str, contract: str) -> None:
    plant(sound, f"fulfil/{name}.py", f"import {imported}\n")
    (report,) = import_faults(sound)
    assert f"{contract} BROKEN" in report


@pytest.mark.parametrize(
    "line",
    [
        "session.commit()",
        "db.session.rollback()",
        'connection.execute(text("COMMIT"))',
        'connection.exec_driver_sql("rollback")',
        "with engine.begin() as connection: ...",
    ],
)
@pytest.mark.parametrize("name", ["fulfil/picking/service.py", "terminal_ui/pages.py"])
def test_a_commit_elsewhere_is_named(sound: Path, name: str, line: str) -> None:
    plant(sound, name, f"\n{line}\n")
    faults = commit_faults(sound)
    assert faults and set(faults) == {f"{name}:2 ends a transaction"}


@pytest.mark.parametrize("line", ["session.begin_nested()", 'execute("rollback to savepoint a")', "end()"])
def test_a_savepoint_is_no_commit(sound: Path, line: str) -> None:
    plant(sound, "fulfil/picking/service.py", f"{line}\n")
    assert commit_faults(sound) == []


@pytest.mark.parametrize(
    "name",
    [
        "fulfil/utils.py",
        "fulfil/picking/helpers.py",
        "fulfil/picking/notes.txt",
        "fulfil/trade/rules.py",
        "fulfil/trade/orders/chain.py",
        "fulfil/orphan/manager.py",
    ],
)
def test_a_file_without_a_place_is_named(sound: Path, name: str) -> None:
    plant(sound, name, "")
    assert folder_faults(sound) == [f"{name} has no place here"]


def test_a_subsystem_outside_the_contract_is_named(sound: Path) -> None:
    plant(sound, "fulfil/bakery/__init__.py", '"""Its purpose."""\n')
    assert container_faults(sound) == ["setup.cfg: containers lacks fulfil.bakery"]


def test_a_service_may_be_a_package_but_nothing_else(sound: Path) -> None:
    (sound / "fulfil/dispatch/service.py").unlink()
    plant(sound, "fulfil/dispatch/service/offer.py", "")
    assert folder_faults(sound) == []
    plant(sound, "fulfil/dispatch/service/deep/offer.py", "")
    plant(sound, "fulfil/dispatch/common/offer.py", "")
    plant(sound, "fulfil/dispatch/service.py", "")
    assert folder_faults(sound) == [
        "fulfil/dispatch/common/ has no place here",
        "fulfil/dispatch/service/deep/ has no place here",
        "fulfil/dispatch has a service.py and a service/",
    ]


@pytest.mark.parametrize(
    "line",
    ["import requests", "from requests.adapters import HTTPAdapter", "def late():\n    import requests"],
)
def test_a_package_that_nobody_asked_for_is_named(sound: Path, line: str) -> None:
    plant(sound, "fulfil/picking/service.py", f"import json\nfrom werkzeug import http\n{line}\n")
    assert requirement_faults(sound) == [
        "fulfil/picking/service.py imports requests, which setup.cfg does not ask for"
    ]


@pytest.mark.parametrize("path", ["work/main/x", "home/ann/shop", "root/.venv", "tmp/brief/x"])
@pytest.mark.parametrize("name", ["docs/page.md", "Makefile", "terminal_ui/core/a.js"])
def test_a_machine_path_is_named(sound: Path, name: str, path: str) -> None:
    plant(sound, name, f"first\nsee '/{path}'\n")
    (fault,) = text_faults(sound)
    assert fault.startswith(f"{name}:2 speaks of")


def test_an_issue_number_is_named_and_a_route_is_not(sound: Path) -> None:
    plant(sound, "docs/page.md", "GET /terminal/work/1 and ./work/a\nas in issue" + " 7\n")
    (fault,) = text_faults(sound)
    assert fault.startswith("docs/page.md:2 speaks of")


@pytest.mark.parametrize("text", ["", "import os\n", None])
def test_a_folder_without_a_purpose_is_named(sound: Path, text: str | None) -> None:
    start = "fulfil/picking/__init__.py"
    if text is None:
        (sound / start).unlink()
    else:
        plant(sound, start, text)
    assert docstring_faults(sound) == [f"{start} does not say the folder's purpose"]

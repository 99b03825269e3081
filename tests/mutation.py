"""Mutation: change one thing in a module, run its tests, and see whether they notice.

`python -m tests.mutation [MODULE …]` prints a score for each module and every mutant that lived. A mutant is
one changed comparison, operator, number, condition or return value. Each runs in a child of a process that
has loaded pytest already; the changed module is compiled from its changed tree, no file is written.

A later run goes on where one stopped: what was noticed in a module that is still the same is not tried again.
"""

from __future__ import annotations

import ast
import copy
import gc
import hashlib
import importlib
import os
import signal
import sys
from collections.abc import Iterator
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path

import pytest

from tests.long_run import Log

ROOT = Path(__file__).parent.parent
# Module, or package of all its modules that are not named themselves → the tests that must notice, which are
# run until one fails.
MODULES = {
    "fulfil.kit.money": ["tests/kit/test_money.py"],
    "fulfil.kit.states": ["tests/kit/test_states.py"],
    "fulfil.trade.payments.rules": ["tests/trade/payments/test_rules.py"],
    "fulfil.trade.payments.states": ["tests/trade/payments/test_states.py"],
    "fulfil.trade.stock.rules": ["tests/trade/stock/test_rules.py"],
    "fulfil.trade.aftersales.rules": [
        f"tests/trade/aftersales/test_{name}.py" for name in ("rules", "complaint_rules", "substitute_rules")
    ],
    "fulfil.trade.aftersales.rules.acting": ["tests/trade/aftersales/test_acting.py"],
    "fulfil.trade.orders.rules": ["tests/trade/orders/test_rules.py"],
    "fulfil.trade.orders.states": ["tests/trade/orders/test_states.py"],
    "fulfil.trade.cart.rules": ["tests/trade/cart/test_rules.py"],
    "fulfil.staff.rules": ["tests/staff/test_rules.py"],
    "fulfil.dispatch.rules": ["tests/dispatch/test_rules.py"],
    "fulfil.dispatch.rules.assign": [
        f"tests/dispatch/test_{name}.py" for name in ("prices", "rules", "assign")
    ],
    "fulfil.dispatch.rules.drafts": ["tests/dispatch/test_drafts.py"],
    "fulfil.dispatch.rules.estimates": ["tests/dispatch/test_estimates.py"],
    "fulfil.dispatch.rules.forecast": ["tests/dispatch/test_forecast.py", "tests/dispatch/test_lateness.py"],
    "fulfil.dispatch.rules.joins": [
        f"tests/dispatch/test_{name}.py" for name in ("joins", "tours", "joining")
    ],
    "fulfil.dispatch.rules.lateness": ["tests/dispatch/test_lateness.py"],
    "fulfil.dispatch.rules.margin": ["tests/dispatch/test_margins.py"],
    "fulfil.dispatch.rules.matching": ["tests/dispatch/test_assign.py", "tests/planner/test_matching.py"],
    "fulfil.dispatch.rules.policy": ["tests/dispatch/test_policy.py", "tests/dispatch/test_rules.py"],
    "fulfil.dispatch.rules.promise": [
        f"tests/dispatch/test_{name}.py" for name in ("new_orders", "rules", "forecast", "promise")
    ],
    "fulfil.dispatch.rules.speeds": ["tests/dispatch/test_speeds.py"],
    "fulfil.dispatch.rules.stages": ["tests/dispatch/test_rules.py", "tests/dispatch/test_shelf_effects.py"],
    "fulfil.dispatch.rules.tours": ["tests/dispatch/test_tours.py", "tests/dispatch/test_touring.py"],
    "fulfil.dispatch.states": ["tests/dispatch/test_states.py"],
    "fulfil.kit.security": ["tests/kit/test_security.py"],
    "fulfil.kit.moves": ["tests/kit/test_moves.py"],
    "fulfil.kit.scope": ["tests/kit/test_scope.py"],
}
PRELOADED = (
    "sqlalchemy",
    "flask",
    "flask_smorest",
    "marshmallow",
    "playwright.sync_api",
    "redis",
    "psycopg",
    "hypothesis",
    "argon2",
    "alembic",
    "gevent",
    "cattrs",
)
OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "-k", "not postgresql")
CPU_SECONDS_MAX = 60
CHILD_SECONDS_MAX = 600  # others may be at work beside it
COMPARED = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
COMPUTED = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.Pow: ast.Mult,
}


def mutants(tree: ast.Module) -> Iterator[tuple[int, str, ast.Module]]:
    """Line, what was changed, and the changed tree."""
    # That a value class is frozen decides nothing, nor does what somebody is told of a type.
    said = (
        part
        for node in ast.walk(tree)
        for part in (
            *getattr(node, "decorator_list", ()),
            getattr(node, "annotation", None),
            getattr(node, "returns", None),
            node if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" else None,
        )
    )
    spared = {inner for part in said if part is not None for inner in ast.walk(part)}
    for number, node in enumerate(ast.walk(tree)):
        if node not in spared and (words := _way(node)):
            changed = copy.deepcopy(tree)
            _change(next(n for i, n in enumerate(ast.walk(changed)) if i == number))
            yield node.lineno, words, ast.fix_missing_locations(changed)


def _way(node: ast.AST) -> str:
    """What is changed in this node, "" for nothing."""
    match node:
        case ast.Compare(ops=[op]) if type(op) in COMPARED:
            return f"{type(op).__name__} → {COMPARED[type(op)].__name__}"
        case ast.BinOp(op=op) if type(op) in COMPUTED:
            return f"{type(op).__name__} → {COMPUTED[type(op)].__name__}"
        case ast.BoolOp(op=op):
            return "and ↔ or"
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            return "the sign or not is dropped"
        case ast.Constant(value=bool() as value):
            return f"{value} → {not value}"
        case ast.Constant(value=int() as value):
            return f"{value} → {value + 1}"
        case ast.Dict(keys=[_, *_]):
            return "the last entry is dropped"
        case ast.IfExp() | ast.If() | ast.While():
            return "the condition is turned round"
        case ast.Return(value=ast.AST() as value) if not isinstance(value, ast.Constant):
            return "returns None"
    return ""


def _change(node: ast.AST) -> None:
    match node:
        case ast.Compare(ops=[op]):
            node.ops = [COMPARED[type(op)]()]
        case ast.BinOp(op=op):
            node.op = COMPUTED[type(op)]()
        case ast.BoolOp(op=op):
            node.op = ast.Or() if isinstance(op, ast.And) else ast.And()
        case ast.UnaryOp():
            node.op = ast.UAdd() if isinstance(node.op, ast.USub) else ast.Not()
            if isinstance(node.op, ast.Not):
                node.operand = ast.UnaryOp(ast.Not(), node.operand)
        case ast.Constant(value=value):
            node.value = (not value) if isinstance(value, bool) else value + 1
        case ast.Dict():
            node.keys.pop()
            node.values.pop()
        case ast.IfExp() | ast.If() | ast.While():
            node.test = ast.UnaryOp(ast.Not(), node.test)
        case ast.Return():
            node.value = ast.Constant(None)


class Changed(MetaPathFinder, Loader):
    """Imports one module from a changed tree."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        self._name, self._path, self._tree = name, path, tree

    def find_spec(self, fullname: str, _path: object, _target: object = None) -> ModuleSpec | None:
        return spec_from_loader(fullname, self, origin=str(self._path)) if fullname == self._name else None

    def exec_module(self, module: object) -> None:
        module.__file__ = str(self._path)
        exec(compile(self._tree, str(self._path), "exec"), vars(module))


def noticed(name: str, path: Path, tree: ast.Module, runs: list[list[str]]) -> bool:
    """Whether one of these runs of tests fails, or never ends, with the changed module."""
    child = os.fork()
    if child == 0:
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS_MAX)
        signal.alarm(CHILD_SECONDS_MAX)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        sys.meta_path.insert(0, Changed(name, path, tree))
        os._exit(any(pytest.main([*OPTIONS, *arguments]) for arguments in runs))
    return os.waitpid(child, 0)[1] != 0


def runs_of(name: str, path: Path, tree: ast.Module, tests: list[str]) -> list[list[str]]:
    """A run for each file of tests, without what it would load for nothing: tables ask for no database."""
    found = []
    for test in tests:
        ways = ([test, "--noconftest"], [test])
        passing = next((way for way in ways if not noticed(name, path, tree, [way])), None)
        if passing is None:
            raise SystemExit(f"{name}: {test} fails without any change")
        found.append(passing)
    return found


def run(name: str, tests: list[str], log: Log) -> tuple[int, int]:
    """Mutants noticed, and all of them. Prints those that lived."""
    path = ROOT / f"{name.replace('.', '/')}.py"
    source = path.read_text("utf-8")
    tree, digest = ast.parse(source), hashlib.sha256(source.encode()).hexdigest()
    known = {line["mutant"] for line in log.lines() if line["digest"] == digest and line["noticed"]}
    caught = total = 0
    runs = runs_of(name, path, tree, tests)
    for number, (line, words, changed) in enumerate(mutants(tree)):
        total += 1
        if number not in known:
            found = noticed(name, path, changed, runs)
            log.add(module=name, digest=digest, mutant=number, line=line, change=words, noticed=found)
            if not found:
                print(f"  lives: {path.relative_to(ROOT)}:{line}: {words}", flush=True)
                continue
        caught += 1
    print(f"{name:34} {caught:4} of {total:4} noticed, {100 * caught / max(1, total):5.1f} %", flush=True)
    return caught, total


def modules(name: str) -> list[str]:
    """The modules of a package, or the module itself."""
    folder = ROOT / name.replace(".", "/")
    return [f"{name}.{path.stem}" for path in sorted(folder.glob("[!_]*.py"))] or [name]


def main() -> None:
    tests = {module: tests for name, tests in MODULES.items() for module in modules(name)}
    asked = sys.argv[1:] or list(MODULES)
    wanted = [module for name in asked for module in tests if f"{module}.".startswith(f"{name}.")]
    for loaded in PRELOADED:
        importlib.import_module(loaded)
    gc.freeze()  # or each child would look through all that is loaded for garbage
    log = Log("mutation")
    results = [run(module, tests[module], log) for module in dict.fromkeys(wanted)]
    caught, total = (sum(part) for part in zip(*results, strict=True))
    print(f"{caught} of {total} noticed, {100 * caught / total:.1f} %")


if __name__ == "__main__":
    main()

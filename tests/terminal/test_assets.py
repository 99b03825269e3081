"""What a page loads beforehand: the modules that its scripts import, and nothing that only looks like it."""

from __future__ import annotations

from terminal_ui.assets import STATIC_IMPORT

SCRIPT = """import { a } from "./a.js";
import "./side.js";
export * from './c.js';
import {
  b,
} from "../b.js";
const shift = html`<p>${t("roster.from")} type="time" ${day("from", from)}</p>`; import{h}from"preact";
import("./lazy.js");"""


def test_imports_are_told_from_texts_and_from_what_is_loaded_later() -> None:
    assert STATIC_IMPORT.findall(SCRIPT) == ["./a.js", "./side.js", "./c.js", "../b.js", "preact"]

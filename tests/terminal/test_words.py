"""Every word of the staff screens exists in both languages."""

import json
import re

import pytest

from terminal_ui.assets import ROOT

FOLDERS = ("handheld", "kitchen", "station", "counter", "rider")
SAID = re.compile(r"""\bt\(\s*"([^"$]+)\"""")


def words(folder, lang):
    return json.loads((ROOT / folder / f"{lang}.json").read_text("utf-8"))


@pytest.mark.parametrize("folder", FOLDERS)
def test_both_languages_have_the_same_keys_and_slots(folder):
    zh, en = words(folder, "zh-CN"), words(folder, "en")
    assert list(zh) == list(en)
    slots = re.compile(r"\{(\w+)")
    differing = {key for key in zh if not set(slots.findall(zh[key])) <= set(slots.findall(en[key]))}
    assert differing == set()


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_every_key_that_is_said_is_known(folder, lang):
    known = words("core", lang) | words(folder, lang)
    sources = [
        path.read_text("utf-8") for path in (*(ROOT / folder).glob("*.js"), ROOT / "core" / "parts.js")
    ]
    said = {key for source in sources for key in SAID.findall(source)}
    assert len(said) > 15
    assert said - set(known) == set()

"""The terminal's parser agrees with every vector that the server's parser agrees with."""

import json

from terminal_ui.assets import ROOT

PARSE = """async ([rules, codes]) => {
  const { parse } = await import(document.documentElement.dataset.assets + "/core/parse.js");
  return codes.map((code) => JSON.stringify(parse(code, rules)));
}"""


def test_every_vector(open_desk):
    vectors = json.loads((ROOT / "core" / "scan-vectors.json").read_text("utf-8"))
    page = open_desk("/terminal", ("picker",)).page
    codes = [case["code"] for case in vectors["cases"]]
    meanings = [json.loads(text) for text in page.evaluate(PARSE, [vectors["scale_rules"], codes])]
    wrong = [
        (case["code"], meaning)
        for case, meaning in zip(vectors["cases"], meanings, strict=True)
        if meaning != case["meaning"]
    ]
    assert wrong == []

"""QR codes that screens show, read back as a scanner would."""

import io

import pytest
import zxingcpp
from flask import Flask
from PIL import Image

from terminal_ui import pages
from tests.terminal.mock_server import PICTURES


@pytest.fixture
def app():
    app = Flask(__name__)
    app.register_blueprint(pages.blueprint(lambda view: view, PICTURES))
    return app


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/ui/codes/badge/r007.svg", "BADGE-R007"),
        ("/ui/codes/ride/0123abcd0123abcd.svg", "http://shop.example/ride/0123abcd0123abcd"),
    ],
)
def test_a_code_reads_as_its_address_says(app, page, path, text):
    answer = app.test_client().get(path, base_url="http://shop.example/")
    page.set_content(answer.text)
    picture = Image.open(io.BytesIO(page.locator("svg").screenshot()))
    assert [code.text for code in zxingcpp.read_barcodes(picture)] == [text]
    assert answer.mimetype == "image/svg+xml"


@pytest.mark.parametrize(
    "path", ["/ui/codes/badge/a b.svg", "/ui/codes/ride/short.svg", "/ui/codes/badge/%3Cx%3E.svg"]
)
def test_anything_else_is_not_drawn(app, path):
    assert app.test_client().get(path).status_code == 404

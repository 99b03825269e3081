"""Serves the screens: one shell a role, the assets under their version, the service worker, product pictures.

A shell is the same for everybody and is cached by the service worker, so its import map is allowed by hash,
not nonce.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, abort, request, send_from_directory
from jinja2 import Environment, Template

from terminal_ui import codes
from terminal_ui.assets import ROOT, Assets
from terminal_ui.lost import pages as lost_pages
from terminal_ui.shop import pages as shop_pages
from terminal_ui.track import pages as track_pages

YEAR_SECONDS = 31_536_000
DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Shell:
    """One page: where it lives, which folder's module it runs, its title, and whether it starts offline."""

    path: str
    folder: str
    title: str
    works_offline: bool = False
    entry: str = "main.js"


SHELLS = (
    Shell("/", "shop", "fulfil 超市"),
    Shell("/board", "board", "fulfil 值班台"),
    Shell("/console", "console", "fulfil 控制台"),
    Shell("/ride/<token>", "track", "fulfil 配送", entry="ride.js"),
    Shell("/terminal", "handheld", "fulfil 手持机", works_offline=True),
    Shell("/station", "station", "fulfil 打包台"),
    Shell("/kitchen", "kitchen", "fulfil 后厨"),
    Shell("/counter", "counter", "fulfil 交接台"),
    Shell("/rider", "rider", "fulfil 骑手", works_offline=True),
    Shell("/terminal/selftest", "core", "fulfil self-test 自检", works_offline=True, entry="selftest.js"),
)


def security_policy(assets: Assets) -> str:
    """The Content-Security-Policy of every shell."""
    return (
        f"default-src 'none'; script-src 'self' 'sha256-{assets.import_map_hash}'; style-src 'self'; "
        "img-src 'self' data: blob:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def page_html(shell: Shell, assets: Assets) -> str:
    """The text of a shell's page."""
    styles = ["core/app.css", f"{shell.folder}/{shell.folder}.css"]
    return _template().render(
        title=shell.title,
        base=f"/ui/{assets.version}",
        import_map=assets.import_map,
        entry=assets.url(f"{shell.folder}/{shell.entry}"),
        modules=[assets.url(path) for path in assets.modules_of(f"{shell.folder}/{shell.entry}")],
        styles=[assets.url(path) for path in styles if path in assets.files],
        icon=assets.url("core/icon.svg"),
        manifest=assets.url(f"{shell.folder}/app.webmanifest")
        if f"{shell.folder}/app.webmanifest" in assets.files
        else None,
    )


@cache
def _template() -> Template:
    return Environment(autoescape=True).from_string((ROOT / "core" / "shell.html").read_text("utf-8"))


@cache
def built() -> tuple[Assets, dict[Shell, str]]:
    """The files and the page of each shell, made once a process."""
    assets = Assets()
    return assets, {shell: page_html(shell, assets) for shell in SHELLS}


def service_worker(assets: Assets) -> str:
    """The worker's text: its constants, then core/sw.js."""
    offline = [shell for shell in SHELLS if shell.works_offline]
    folders = ("core/", "vendor/", *(f"{shell.folder}/" for shell in offline))
    constants = {
        "version": assets.version,
        "shells": [shell.path for shell in offline],
        "assets": [assets.url(path) for path in assets.files if path.startswith(folders)],
    }
    return f"const BUILD = {json.dumps(constants)};\n" + assets.files["core/sw.js"].body.decode()


def blueprint(public: Callable[[Callable], Callable], pictures: Path) -> Blueprint:
    """All routes of the screens.

    `public` is the decorator that marks a view as open to anyone; `pictures` the folder of product pictures,
    which tickets name as `/ui/pictures/<file>`.
    """
    assets, texts = built()
    pages = Blueprint("terminal_ui", __name__)
    pages.assets = assets  # type: ignore[attr-defined]
    for shell in SHELLS:
        endpoint = f"{shell.folder}_{Path(shell.entry).stem}"
        pages.add_url_rule(shell.path, endpoint, public(_page(texts[shell], assets)))

    @pages.get("/ui/<path:path>")
    @public
    def asset(path: str) -> Response:
        version, _, name = path.partition("/")
        if not version.startswith("v-") or name not in assets.files:
            abort(404)
        return _asset(assets, name, is_current=version == assets.version)

    @pages.get("/ui/pictures/<path:path>")
    @public
    def picture(path: str) -> Response:
        answer = send_from_directory(pictures, path, max_age=DAY_SECONDS)
        # A drawing may carry script when it is opened by itself: nothing in it may run or load.
        answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer

    codes.add_routes(pages, public)
    shop_pages.add_routes(pages, public)
    track_pages.add_routes(pages, public, assets, security_policy(assets))
    lost_pages.add_pages(pages, assets, security_policy(assets))

    @pages.get("/sw.js")
    @public
    def worker() -> Response:
        answer = Response(service_worker(assets), mimetype="text/javascript")
        # What the worker fetches to keep is under its own policy, not under that of the pages.
        answer.headers["Content-Security-Policy"] = "default-src 'none'; connect-src 'self'"
        answer.headers["Cache-Control"] = "no-cache"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer

    return pages


def _page(text: str, assets: Assets) -> Callable[..., Response]:
    def page(**_address: str) -> Response:
        answer = Response(text, mimetype="text/html")
        answer.headers["Content-Security-Policy"] = security_policy(assets)
        answer.headers["Cache-Control"] = "no-cache"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "same-origin"
        return answer

    return page


def _asset(assets: Assets, name: str, is_current: bool) -> Response:
    found = assets.files[name]
    is_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
    answer = Response(found.gzipped if is_gzip else found.body, mimetype=found.media_type)
    if is_gzip:
        answer.headers["Content-Encoding"] = "gzip"
    answer.headers["Vary"] = "Accept-Encoding"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    # A page of the version before an update may still ask for a file: it gets today's, and nobody keeps it.
    kept = f"public, max-age={YEAR_SECONDS}, immutable"
    answer.headers["Cache-Control"] = kept if is_current else "no-store"
    return answer

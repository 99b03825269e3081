"""QR codes on screens: a rider's badge, a device's enrolment code, a carrier link for a rider's phone."""

import io
import re
from collections.abc import Callable

import segno
from flask import Blueprint, Response, abort, request

BADGE = re.compile(r"[A-Za-z0-9-]{1,40}")
TOKEN = re.compile(r"[A-Za-z0-9_-]{8,100}")
DAY_SECONDS = 86_400


def add_routes(pages: Blueprint, public: Callable[[Callable], Callable]) -> None:
    """Adds `/ui/codes/badge/<badge>.svg`, `/ui/codes/enrol/<code>.svg` and `/ui/codes/ride/<token>.svg`."""

    @pages.get("/ui/codes/badge/<badge>.svg")
    @public
    def badge_code(badge: str) -> Response:
        return _drawn(f"BADGE-{badge.upper()}") if BADGE.fullmatch(badge) else abort(404)

    @pages.get("/ui/codes/enrol/<code>.svg")
    @public
    def enrolment_code(code: str) -> Response:
        return _drawn(code.upper()) if BADGE.fullmatch(code) else abort(404)

    @pages.get("/ui/codes/ride/<token>.svg")
    @public
    def ride_code(token: str) -> Response:
        return _drawn(f"{request.host_url}ride/{token}") if TOKEN.fullmatch(token) else abort(404)


def _drawn(text: str) -> Response:
    drawing = io.BytesIO()
    segno.make(text, error="m").save(
        drawing, kind="svg", border=4, xmldecl=False, svgns=True, light="#fff", scale=8
    )
    answer = Response(drawing.getvalue(), mimetype="image/svg+xml")
    answer.headers["Cache-Control"] = f"private, max-age={DAY_SECONDS}"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer

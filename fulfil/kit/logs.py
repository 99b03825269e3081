"""Structured logs, one JSON object a line. Only fields of the allow-list are written: no secret slips in."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

ALLOWED = (
    "endpoint",
    "status",
    "ms",
    "task_id",
    "attempts",
    "dead",
    "store_id",
    "order_no",
    "ticket_id",
    "person_id",
    "session_id",
    "code",
    "port",
    "handler",
    "name_of",
    "count",
)


class JsonFormatter(logging.Formatter):
    """`{"at", "level", "logger", "message", …}`; an exception as its type and where it was raised."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: getattr(record, name) for name in ALLOWED if hasattr(record, name)}
        if record.exc_info and record.exc_info[0]:
            line["exception"] = record.exc_info[0].__name__
            line["trace"] = _places(record.exc_info[2])
        return json.dumps(line, ensure_ascii=False, default=str)


def _places(trace) -> list[str]:
    places = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rsplit('/', 2)[-1]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places[-12:]


def install(level: str) -> None:
    """Send every log line to standard error as JSON."""
    out = logging.StreamHandler(sys.stderr)
    out.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[out], force=True)
    for noisy in ("werkzeug", "engineio", "socketio", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # It warns of a sweep that still runs when its next time comes: on a busy machine, again and again.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)

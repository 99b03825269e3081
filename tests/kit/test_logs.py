"""Logs: one JSON object a line, from an allow-list."""

import json
import logging
import sys

from fulfil.kit.logs import JsonFormatter

SECRET = "fs_0123456789abcdef-planted"


def line(**extra) -> dict:
    record = logging.LogRecord("fulfil.web", logging.INFO, __file__, 1, "request %s", ("done",), None)
    record.__dict__.update(extra)
    text = JsonFormatter().format(record)
    assert "\n" not in text
    return json.loads(text)


def test_a_line_has_its_frame_and_allowed_fields() -> None:
    written = line(status=201, order_no=100001, endpoint="orders.place")
    assert written.pop("at").endswith("+00:00")
    assert written == {
        "level": "INFO",
        "logger": "fulfil.web",
        "message": "request done",
        "status": 201,
        "order_no": 100001,
        "endpoint": "orders.place",
    }


def test_no_other_field_is_written() -> None:
    written = line(token=SECRET, authorization=SECRET, payload={"pin": SECRET}, stack_info=SECRET)
    assert SECRET not in json.dumps(written) and set(written) == {"at", "level", "logger", "message"}


def test_an_exception_shows_its_kind_and_places_but_not_its_words() -> None:
    def look_up(token: str) -> None:
        raise LookupError(f"no session for {token}")

    try:
        look_up(SECRET)
    except LookupError:
        written = line(exc_info=sys.exc_info())
    assert written["exception"] == "LookupError"
    assert [place.split()[-1] for place in written["trace"]][-1] == "look_up"
    assert SECRET not in json.dumps(written)


def test_a_failed_task_logs_no_word_of_its_error(sqlite_kit, caplog) -> None:
    def fail(tx, payload) -> None:
        raise RuntimeError(f"the channel answered {payload['token']}")

    sqlite_kit.tasks.handler("fail", fail)
    sqlite_kit.db.write(lambda tx: sqlite_kit.tasks.add(tx, "fail", {"token": SECRET}), "w")
    sqlite_kit.tasks.run_until_idle()
    (record,) = [record for record in caplog.records if record.name == "fulfil.tasks"]
    text = JsonFormatter().format(record)
    assert SECRET not in text and json.loads(text)["message"] == "task fail failed"


def test_a_message_cannot_forge_a_line() -> None:
    record = logging.LogRecord("x", logging.INFO, __file__, 1, 'a\n{"level": "ERROR"}', (), None)
    assert len(JsonFormatter().format(record).splitlines()) == 1

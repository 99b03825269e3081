"""What goes wrong is one line on standard error: 1 refused or failed, 2 wrong usage."""

import socket
from subprocess import CompletedProcess

import pytest

from fulfil.cli import main
from tests.cli.conftest import Place

STAFF = ("staff", "add", "P009", "--name-zh", "李", "--name-en", "Li")


def refused(ended, code: int, *parts: str) -> None:
    assert (ended.returncode, ended.stdout) == (code, "")
    assert ended.stderr.startswith("fulfil: ") and ended.stderr.count("\n") == 1, ended.stderr
    for part in parts:
        assert part in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "settings", "code", "part"),
    [
        (("check",), {}, 1, "There is no database"),
        (("check",), {"database_url": "mysql://here"}, 2, "sqlite:///shop.db"),
        (("check",), {"payment_minutes": "soon"}, 2, "payment_minutes"),
        (("check", "--database-url", "postgresql+psycopg://nobody@127.0.0.1:1/x"), {}, 1, "connection"),
        (("pick-lists",), {}, 1, "There is no database"),
        (("import", "catalog", "nowhere.csv"), {}, 2, "nowhere.csv"),
        (("restore", "nowhere"), {}, 2, "nowhere"),
        (("serve", "--tls-cert", __file__), {}, 2, "--tls-key"),
        (("config",), {"archived_days": "30"}, 2, "archive_after_days"),
        (("config",), {"redis_url": "redis://here/0"}, 2, "goes with PostgreSQL"),
        ((*STAFF, "--role", "pilot"), {}, 2, "pilot"),
        (("staf",), {}, 2, "staf"),
        (("token", "add", "till", "--role", "pilot"), {}, 2, "pilot"),
        (("token", "revoke", "till"), {}, 2, "till"),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, tuple) else None,
)
def test_wrong_from_the_start(arguments, settings, code, part, tmp_path, monkeypatch, capsys):
    """In this process: none of these gets as far as to change it."""
    monkeypatch.chdir(tmp_path)
    for name, value in settings.items():
        monkeypatch.setenv(f"FULFIL_{name.upper()}", value)
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    shown = capsys.readouterr()
    refused(CompletedProcess(arguments, ended.value.code, shown.out, shown.err), code, part)


def test_a_database_without_a_shop(place):
    refused(place.run("staff", "list"), 1, "fulfil init")


def test_a_settings_file_with_a_wrong_line_is_named_with_the_line(place):
    (place.folder / "shop.conf").write_text("log_level = INFO\ncolour = red\n")
    refused(place.run("check", "--config", "shop.conf"), 2, "line 2")


def test_an_unknown_badge(founded):
    refused(founded.run("staff", "disable", "X999"), 1, "badge")


def test_a_member_who_is_none(founded):
    refused(founded.run("customers", "erase", "13900000009"), 1, "phone")


def test_a_badge_that_is_taken(founded):
    refused(founded.run("staff", "add", "A001", "--name-zh", "李", "--name-en", "Li", "--role", "picker"), 1)


def test_a_served_shop_is_not_served_twice_nor_restored(served):
    refused(served.run("serve", "--port", "0"), 1, "serves this database")
    assert served.run("backup", "copies").returncode == 0
    refused(served.run("restore", "copies", "--yes"), 1, "being served")
    refused(served.run("migrate"), 1, "serves this database")


def test_a_database_deeper_than_a_sockets_address_may_be_long_is_served(place):
    deep = place.folder / ("a" * 60) / ("b" * 60)
    deep.mkdir(parents=True)
    below = Place(deep)
    below.init()
    server = below.serve()
    assert below.json("staff", "list")["people"][0]["badge"] == "A001"
    assert server.stop() == (0, "")


def test_a_refusal_through_the_running_server_is_the_same_line(served):
    refused(served.run("staff", "disable", "X999"), 1, "badge")


def test_a_worker_beside_sqlite_is_refused(place):
    refused(place.run("worker"), 1, "PostgreSQL")
    refused(place.run("serve", "--no-tasks"), 1, "PostgreSQL")


def test_a_port_that_is_taken(place):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused(place.run("serve", "--port", port), 1, port)


def test_secrets_are_masked(place):
    ended = place.run(
        "config",
        sandbox_url="http://sandbox",
        sandbox_secret="a very secret secret",
        database_url="postgresql+psycopg://shop:hunter2@db/fulfil",
    )
    assert ended.returncode == 0
    assert "a very secret" not in ended.stdout and "hunter2" not in ended.stdout
    assert '"sandbox_secret": "***"' in ended.stdout and "shop:***@db" in ended.stdout

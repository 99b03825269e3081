"""Pick lists come from the database alone, whoever else works or does not."""

from tests.cli.conftest import Place


def test_a_page_is_printed_without_a_server(founded: Place) -> None:
    ended = founded.run("pick-lists")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("<!doctype html>") and "Nothing to pick" in ended.stdout
    assert "<style>" in ended.stdout and "<link" not in ended.stdout


def test_another_shop_is_refused_in_one_line(founded: Place) -> None:
    ended = founded.run("pick-lists", "--store", "7")
    assert (ended.returncode, ended.stdout) == (1, "") and "no such shop" in ended.stderr

"""Failpoints: named places that a test may break."""

import pytest

from fulfil.kit.failpoints import Failpoints


def test_an_action_runs_at_its_name_until_it_is_cleared() -> None:
    points, hits = Failpoints(), []
    points.on("a", lambda: hits.append("a"))
    points.hit("a")
    points.hit("b")
    points.on("a", None)
    points.hit("a")
    assert hits == ["a"]


def test_an_action_may_raise() -> None:
    points = Failpoints()
    points.on("a", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        points.hit("a")


@pytest.mark.parametrize(("setting", "fatal_hit"), [("a", 1), ("a@1", 1), ("a@3", 3), ("*@5", 3), ("*", 1)])
def test_a_setting_kills_at_the_given_hit(monkeypatch, setting: str, fatal_hit: int) -> None:
    """`*` counts each failpoint, so its fifth hit is the first of the third round."""
    kills, hits = [], []
    monkeypatch.setattr("os.kill", lambda *_: kills.append(len(hits)))
    points = Failpoints(setting)
    for number in range(1, 5):
        hits.append(number)
        points.hit("other")
        points.hit("a")
    assert kills == [fatal_hit]

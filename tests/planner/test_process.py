"""The planner beside the loop: what it answers, and what becomes of a call when it dies, hangs or babbles."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import gevent
import pytest

from fulfil.contracts.planner import PlannerAway
from fulfil.dispatch.rules import Draft, plan
from fulfil.planner.inside import PlannerInside
from fulfil.planner.process import QUESTION_BYTES_MAX, PlannerProcess
from tests.dispatch.test_rules import NOW, POLICY, minutes, work, worker

PLANNER = """
import sys, time
from pathlib import Path
import fulfil.planner.__main__ as planner
def wait(path):
    Path(path + ".asked").touch()
    while not Path(path).exists():
        time.sleep(0.002)
    return "waited"
def fail(_):
    raise ValueError("no such day")
planner.ANSWERS = {"echo": lambda said: said, "print": print, "wait": wait, "fail": fail, "sleep": time.sleep,
                   "hoard": lambda size: len(bytes(size)), "letters": lambda count: "x" * count}
planner.main()
"""
# Goes wrong the first time it is begun, in the way named, and is the planner from then on.
ONCE = (
    """
import sys, time
from pathlib import Path
how, mark = sys.argv[1], Path(sys.argv[2])
if not mark.exists():
    mark.touch()
    sys.stdin.buffer.read(4)
    if how == "hangs":
        time.sleep(60)
    sys.stdout.buffer.write({"dies": b"", "babbles": b"\\xff\\xff\\xff\\xff", "lies": b"\\0\\0\\0\\1\\x07",
                             "stops": b"\\0\\0\\0\\x09\\x81", "garbles": b"\\0\\0\\0\\1\\xc1",
                             "raves": b"\\0\\0\\0\\x0f\\xc7\\x0c\\xff\\0\\0\\0\\0\\x7f" + b"\\xff" * 7}[how])
    sys.exit()
"""
    + PLANNER
)
SERVER = f"""
import sys
import gevent
from fulfil.planner.process import PlannerProcess
planner = PlannerProcess((sys.executable, "-c", {PLANNER!r}), seconds=600)
planner.call("echo", 1)
print(planner.pid, flush=True)
planner.call("sleep", 600)
"""


@pytest.fixture
def planner() -> Iterator[PlannerProcess]:
    process = PlannerProcess((sys.executable, "-c", PLANNER), seconds=20)
    yield process
    process.close()


def ended(pid: int) -> bool:
    """Whether a process ends within some seconds, or has ended already."""
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([watched], [], [], 20)[0])
    finally:
        os.close(watched)


def a_draft() -> Draft:
    works = [
        work(
            n,
            due=20 + n,
            zone=("ambient", "frozen")[n % 2],
            refused_by={2: NOW + minutes(n - 3)},
            missed_by=frozenset({1}),
            place=(1.5, 2.5),
        )
        for n in range(1, 7)
    ]
    crew = [
        worker(
            n,
            zones=frozenset({"ambient", "frozen"} if n % 2 else {"ambient"}),
            load_seconds=90 * n,
            speed={("picking", "frozen"): 1.2},
            until=NOW + timedelta(hours=n),
        )
        for n in range(1, 5)
    ]
    return Draft(NOW, tuple(works), tuple(crew), POLICY)


def test_the_process_decides_what_the_rule_does():
    draft, process = a_draft(), PlannerProcess(seconds=60)
    try:
        answer = process.call("assign", draft.packed())
    finally:
        process.close()
    expected = [
        (a.ticket_id, a.person_id, a.automatic) for a in plan(NOW, draft.works, draft.workers, POLICY)
    ]
    assert len(expected) == 4 and sorted(answer) == sorted(expected)
    assert PlannerInside().call("assign", draft.packed()) == list(answer)


def test_one_process_answers_many_calls(planner):
    assert planner.pid is None
    assert planner.call("echo", {"a": [1, 2.5, "ä"]}) == {"a": (1, 2.5, "ä")}
    pid = planner.pid
    assert planner.call("echo", NOW) == NOW and planner.pid == pid


@pytest.mark.parametrize("how", ["hangs", "dies", "babbles", "lies", "stops", "garbles", "raves"])
def test_whatever_goes_wrong_the_next_call_is_answered(how, tmp_path):
    planner = PlannerProcess(
        (sys.executable, "-c", ONCE, how, str(tmp_path / "mark")),
        seconds=5,
        start_seconds=0 if how == "hangs" else 60,
    )
    try:
        with pytest.raises(PlannerAway):
            planner.call("echo", 1)
        assert planner.pid is None
        planner._seconds = 20
        assert planner.call("echo", 2) == 2
    finally:
        planner.close()


def test_killed_in_the_middle_of_a_call_another_one_answers(planner, tmp_path):
    call = gevent.spawn(planner.call, "wait", str(tmp_path / "never"))
    until_there(tmp_path / "never.asked")
    os.kill(planner.pid, signal.SIGKILL)
    with pytest.raises(PlannerAway):
        call.get(timeout=20)
    assert planner.call("echo", 3) == 3


def test_a_killed_caller_leaves_no_answer_for_the_next_one(planner, tmp_path):
    call = gevent.spawn(planner.call, "wait", str(tmp_path / "never"))
    until_there(tmp_path / "never.asked")
    pid = planner.pid
    call.kill()
    assert ended(pid)
    assert planner.call("echo", 4) == 4


def test_the_loop_goes_on_and_others_wait_their_turn(planner, tmp_path):
    first = gevent.spawn(planner.call, "wait", str(tmp_path / "go"))
    until_there(tmp_path / "go.asked")
    second = gevent.spawn(planner.call, "echo", 5)
    gevent.sleep(0)
    assert not first.ready() and not second.ready()
    (tmp_path / "go").touch()
    assert (first.get(timeout=20), second.get(timeout=20)) == ("waited", 5)


def test_what_prints_or_fails_in_the_planner_harms_nobody(planner):
    assert planner.call("print", "stray") is None
    pid = planner.pid
    for name in ("fail", "unknown"):
        with pytest.raises(PlannerAway):
            planner.call(name, 1)
    assert planner.call("echo", 6) == 6 and planner.pid == pid


def test_what_wants_too_much_memory_is_refused_and_the_process_lives(planner):
    assert planner.call("hoard", 1_000_000) == 1_000_000
    pid = planner.pid
    with pytest.raises(PlannerAway, match="MemoryError"):
        planner.call("hoard", 2 << 30)
    assert planner.call("echo", 10) == 10 and planner.pid == pid


def test_too_long_an_answer_is_not_read(planner):
    with pytest.raises(PlannerAway, match="a message of"):
        planner.call("letters", 2_000_000)
    assert planner.pid is None and planner.call("echo", 11) == 11


def test_too_long_a_question_is_not_asked(planner):
    with pytest.raises(PlannerAway):
        planner.call("echo", "x" * QUESTION_BYTES_MAX)
    assert planner.pid is None


def test_interrupts_of_the_terminal_are_the_servers(planner):
    planner.call("echo", 7)
    pid = planner.pid
    assert os.getsid(pid) != os.getsid(0)
    os.kill(pid, signal.SIGINT)
    assert planner.call("echo", 8) == 8 and planner.pid == pid


def test_closed_it_has_ended(planner):
    planner.call("echo", 9)
    pid = planner.pid
    planner.close()
    assert ended(pid) and planner.pid is None


def test_a_server_that_is_killed_leaves_no_planner_behind():
    """In the middle of a plan, too."""
    server = subprocess.Popen((sys.executable, "-c", SERVER), stdout=subprocess.PIPE)
    pid = int(server.stdout.readline())
    server.kill()
    server.wait()
    server.stdout.close()
    assert ended(pid)


def until_there(path: Path) -> None:
    """Let the loop run until the planner has made a file."""
    with gevent.Timeout(20):
        while not path.exists():
            gevent.sleep(0.002)

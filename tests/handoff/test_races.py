"""A release and a cancel at the same instant: one of them decides, on both databases (floor rule 8)."""

from threading import Barrier, Thread

from fulfil.dispatch import queries as dispatched
from tests.floor import packed, picked

ROUNDS = 4


def at_once(*acts):
    """Run the acts in threads that start together; returns what went wrong in them."""
    barrier, failures = Barrier(len(acts)), []

    def run(act):
        barrier.wait()
        try:
            act()
        except Exception as error:
            failures.append(error)

    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_a_release_against_a_cancel(floor):
    for n in range(ROUNDS):
        order = floor.paid(("tea", 1))
        picked(floor, order, "ambient", f"TOTE-00{n + 1}")
        packed(floor, order)
        worker = floor.take(order, "handoff")
        worker.does("bag_scan", code=floor.bags(order)[0].code)
        results = []
        failures = at_once(
            lambda worker=worker, results=results: results.append(
                floor.send(worker.person, worker.ticket_id, "release", {"rider": "RIDER"})
            ),
            lambda order=order: floor.cancelled(order),
        )
        assert failures == []
        check_one_winner(floor, order, results[0])


def check_one_winner(floor, order, result):
    """Either the goods left and nothing goes back, or they go back and nothing left."""
    with floor.reading() as tx:
        back = dispatched.tickets_of(tx, order, kind="put_back")
    states = (floor.state(order), floor.bags(order)[0].state, len(back), result["status"], result["code"])
    assert states in (
        ("handed_over", "released", 0, "applied", None),
        ("cancelled", "shelved", 1, "rejected", "ticket_ended"),
    )


def test_the_same_scan_from_two_devices(floor):
    """Two ops with different ids pick the last piece: one of them is refused."""
    for n in range(ROUNDS):
        order = floor.paid(("tea", 1))
        worker = floor.take(order, "picking")
        line, results = worker.line(1), []
        pick = {"line": line, "quantity": 1, "tote": f"TOTE-00{n + 1}"}
        failures = at_once(
            *[
                lambda worker=worker, pick=pick, results=results: results.append(
                    floor.send(worker.person, worker.ticket_id, "pick", pick)
                )
            ]
            * 4
        )
        assert failures == []
        assert sorted((result["status"], result["code"]) for result in results) == [
            ("applied", None),
            *[("rejected", "line_closed")] * 3,
        ]
        assert floor.line(order, 1).picked == 1

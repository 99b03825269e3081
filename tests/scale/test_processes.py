"""What one process writes reaches the devices of the others, whatever dies meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis
import sqlalchemy as sa
import websocket
from sqlalchemy.engine import make_url

from fulfil.app import inspection
from fulfil.dispatch.model import Ticket
from fulfil.kit.base import Kit
from fulfil.kit.live import LiveEvent
from fulfil.sim.clients import Customer, Handheld, Http, Refused
from fulfil.sim.servers import PostgresProcess, RedisProcess
from tests.house import API, CONTACT
from tests.scale import balancer
from tests.scale.cluster import Cluster
from tests.scale.device import Follower
from tests.servers import connect

CUT_SECONDS_MAX = 5
# Far below the ten seconds after which a node looks by itself: only a hint is as fast as that.
PUSH_SECONDS_MAX = 2.0
POLL_SECONDS_MAX = 10


@pytest.fixture(scope="module")
def picker(cluster: Cluster) -> Follower:
    """A picker whose device is connected to the second node; everybody else speaks to the first."""
    return cluster.follow(cluster.staff("picker"), cluster.other_url)


@pytest.fixture(scope="module", autouse=True)
def nothing_is_violated(cluster: Cluster) -> Iterator[None]:
    """After all of this the books are right, and no device missed or got twice anything."""
    yield
    cluster.at_rest()
    assert (cluster.violations(), cluster.bugs()) == ([], [])


def ordered(cluster: Cluster) -> tuple[Customer, str]:
    """An order that waits for its payment."""
    customer = cluster.customer()
    customer.put(cluster.fresh_sku(10), 1)
    return customer, customer.order(CONTACT)["order_no"]


def offered(cluster: Cluster, picker: Follower, order_no: str) -> dict[str, Any]:
    """The push of that order's ticket."""
    return cluster.until(lambda: picker.pushed("ticket.offered", order_no=order_no))


def worked_off(cluster: Cluster, picker: Follower, *orders: str) -> None:
    """These orders' tickets come to the picker's device, are picked, and packed."""
    colleagues = [picker.handheld, cluster.staff("packer")]

    def everybody_acts() -> bool:
        for colleague in colleagues:
            _act(cluster, colleague)
        return all(picker.pushed("ticket.offered", order_no=one) for one in orders) and all(
            _packed(cluster, one) for one in orders
        )

    cluster.until(everybody_acts)


def _packed(cluster: Cluster, order_no: str) -> bool:
    with cluster.reading() as tx:
        return (
            tx.scalar(
                sa.select(Ticket.id).where(
                    Ticket.order_no == int(order_no), Ticket.stage == "packing", Ticket.state == "done"
                )
            )
            is not None
        )


def _act(cluster: Cluster, colleague: Handheld) -> None:
    """Accept what is offered, and do one thing with each ticket."""
    work = colleague.work()
    if work["shift"]["state"] != "available" or work["shift"]["paused"]:
        colleague.shift("available")  # on a slow machine an offer may have run out
    for offer in work["offers"]:
        colleague.accept(offer)
    for ticket in work["tickets"]:
        cluster.act(colleague, ticket)


def unbroken(picker: Follower) -> bool:
    return not picker.doubled and not picker.lost and not picker.resets


def test_a_ticket_caused_on_one_node_is_pushed_on_the_other(cluster: Cluster, picker: Follower) -> None:
    taken = []
    for _ in range(3):
        customer, order_no = ordered(cluster)
        customer.pay(order_no)
        push = offered(cluster, picker, order_no)
        with cluster.reading() as tx:
            written = {
                row.seq: row.at.timestamp()
                for row in tx.all(
                    LiveEvent.__table__.select().where(LiveEvent.person_id == picker_id(cluster))
                )
            }
        taken.append(picker.arrived[push["seq"]] - written[push["seq"]])
        worked_off(cluster, picker, order_no)
    assert max(taken) < PUSH_SECONDS_MAX, taken
    assert unbroken(picker)


def picker_id(cluster: Cluster) -> int:
    return int(cluster.staff("picker").session["person"]["id"])


def test_a_cart_is_the_same_on_every_node(cluster: Cluster) -> None:
    customer = cluster.customer()
    customer.put(cluster.fresh_sku(10), 1)
    other = cluster.other_http()
    other.headers = dict(customer.http.headers)
    path = f"{API}/stores/{cluster.store_id}/carts/online"
    assert other.call("GET", path)["version"] == customer.cart["version"]
    placed = other.call("POST", f"{API}/orders", customer.order_body(CONTACT), key=other.uuid())
    cluster.until(lambda: not customer.http.call("GET", path)["lines"])
    with pytest.raises(Refused) as refused:
        customer.order(CONTACT)
    assert refused.value.problem["code"] in ("cart_changed", "cart_ordered", "cart_empty"), placed


def test_a_session_that_ends_on_one_node_is_cut_on_the_other(cluster: Cluster) -> None:
    rider = cluster.staff("rider", nth=1)
    follower = cluster.follow(rider, cluster.other_url)
    ends = time.monotonic()
    cluster.operator().call("DELETE", f"{API}/staff/sessions/{rider.session['session_id']}")
    cluster.until(lambda: "signed_out" in follower.said)
    assert time.monotonic() - ends < CUT_SECONDS_MAX
    follower.close()


def test_every_process_says_how_it_is(cluster: Cluster) -> None:
    for url in (cluster.base_url, *cluster.health_urls.values()):
        http = Http(url)
        told = cluster.until(
            lambda http=http: answer if (answer := http.call("GET", "/health"))["redis"] == "ok" else None
        )
        assert (told["status"], told["database"]) == ("ok", "ok")
        assert http.get("/metrics") == 200
        http.close()


def test_a_worker_that_is_killed_loses_nothing(cluster: Cluster, picker: Follower) -> None:
    """Its tasks wait, and the next worker works them off; one that is asked to end, ends well."""
    orders = [ordered(cluster) for _ in range(2)]
    payers = [threading.Thread(target=customer.pay, args=(order_no,)) for customer, order_no in orders]
    for payer in payers:
        payer.start()
    cluster.kill_one("first")
    for payer in payers:
        payer.join()
    cluster.begin("second")
    worked_off(cluster, picker, *(order_no for _, order_no in orders))
    assert cluster.end_one("second") == 0
    cluster.begin("first")
    assert unbroken(picker)


def test_with_redis_flushed_and_dead_tickets_still_arrive(
    cluster: Cluster, picker: Follower, redis_process: RedisProcess
) -> None:
    flushed, unpaid = ordered(cluster), [ordered(cluster) for _ in range(2)]
    shopper = cluster.customer()
    shopper.put(cluster.fresh_sku(10), 1)
    with redis.Redis.from_url(redis_process.url) as client:
        client.flushall()
    path = f"{API}/stores/{cluster.store_id}/carts/online"
    assert shopper.http.call("GET", path)["lines"] == []  # a lost cart is a lost cart
    pay_and_wait(cluster, picker, *flushed)
    redis_process.kill()
    for http in (shopper.http, cluster.other_http()):
        http.headers = dict(shopper.http.headers)
        status, problem = http.exchange("GET", path)
        assert (status, problem["code"]) == (503, "carts_unavailable")
        cluster.until(lambda http=http: http.call("GET", "/health")["redis"] == "away")
    for customer, order_no in unpaid:
        pay_and_wait(cluster, picker, customer, order_no)
    redis_process.start()
    cluster.until(lambda: shopper.http.exchange("GET", path)[0] == 200)
    cluster.until(lambda: cluster.other_http().call("GET", "/health")["redis"] == "ok")
    assert unbroken(picker)


def pay_and_wait(cluster: Cluster, picker: Follower, customer: Customer, order_no: str) -> None:
    customer.pay(order_no)
    paid = time.monotonic()
    offered(cluster, picker, order_no)
    assert time.monotonic() - paid < POLL_SECONDS_MAX
    worked_off(cluster, picker, order_no)


@contextmanager
def asking(http: Http, path: str) -> Iterator[list[tuple[float, int]]]:
    """Somebody asks all the time; gives when each question was put, and the answer's status."""
    answers, end = [], threading.Event()

    def ask() -> None:
        while not end.is_set():
            began = time.monotonic()
            answers.append((began, http.exchange("GET", path)[0]))

    asker = threading.Thread(target=ask)
    asker.start()
    try:
        yield answers
    finally:
        end.set()
        asker.join()


def test_postgres_restarts_and_nobody_sees_an_error_afterwards(
    cluster: Cluster, picker: Follower, postgres: PostgresProcess
) -> None:
    """Whoever asks meanwhile waits, or is told to come again; whoever asks afterwards notices nothing."""
    customer, order_no = ordered(cluster)
    other = cluster.other_http()
    other.headers = dict(customer.http.headers)
    with asking(other, f"{API}/orders/{order_no}") as answers:
        cluster.until(lambda: len(answers) > 5)
        postgres.restart()
        back = time.monotonic()
        customer.pay(order_no)
        cluster.until(lambda: sum(began > back for began, _ in answers) > 20)
    assert {status for began, status in answers if began > back} == {200}
    assert {status for _, status in answers} <= {200, 503}
    worked_off(cluster, picker, order_no)
    assert unbroken(picker)


@pytest.fixture
def nginx() -> str:
    program = balancer.found()
    if program is None:
        pytest.skip("nginx is missing: apt-get install -y nginx (or name one in FULFIL_TEST_NGINX)")
    return program


def test_a_node_behind_nginx_is_killed_and_nobody_sees_an_error(
    cluster: Cluster, nginx: str, tmp_path: Path
) -> None:
    """Sockets and requests go to both nodes without sticky sessions; all go on over the one that is left."""
    front = balancer.Balancer(nginx, tmp_path, cluster.base_url, cluster.other_url)
    trusted = {"sslopt": {"ca_certs": str(balancer.CERTIFICATE)}, "origin": front.url}
    pickers = [cluster.follow(cluster.staff("picker", nth=n), front.url, **trusted) for n in (1, 2)]
    assert {front.get(path) for path in ("/healthz", "/terminal", "/api/v1/stores")} == {200}
    assert (front.get("/metrics"), front.get("/health")) == (404, 404)
    assert front.get("/socket.io/?EIO=4&transport=polling") == 400
    with pytest.raises(websocket.WebSocketBadStatusException):
        websocket.create_connection(
            f"wss{front.url[5:]}/socket.io/?EIO=4&transport=websocket",
            **trusted | {"origin": "https://evil.example"},
        )
    assert front.plain("/shop?x=1") == (308, "https://shop.lan/shop?x=1")
    cluster.kill_one("other")
    customer, order_no = cluster.paid()
    token = {"Authorization": customer.http.headers["Authorization"]}
    assert [front.get(f"{API}/orders/{order_no}", token) for _ in range(20)] == [200] * 20
    cluster.until(lambda: all(picker.connected.is_set() for picker in pickers))
    cluster.begin("other")
    assert [front.get(f"{API}/orders/{order_no}", token) for _ in range(20)] == [200] * 20
    assert all(map(unbroken, pickers))
    for picker in pickers:
        picker.close()
    front.stop()


def test_a_flood_from_one_address_is_refused_and_others_are_served(
    cluster: Cluster, nginx: str, tmp_path: Path
) -> None:
    """By the limits of deploy/, with smaller numbers."""
    few = {"rate=200r/s": "rate=1r/m", "burst=1000": "burst=9", "connections 2000": "connections 2"}
    front = balancer.Balancer(nginx, tmp_path, cluster.base_url, cluster.other_url, instead=few)
    assert [front.get("/healthz") for _ in range(12)] == [200] * 10 + [429] * 2
    assert front.get("/healthz", source="127.0.0.2") == 200
    sockets = [front.socket("127.0.0.3") for _ in range(2)]
    with pytest.raises(websocket.WebSocketBadStatusException, match="429"):
        front.socket("127.0.0.3")
    for one in [*sockets, front.socket("127.0.0.4")]:
        one.close()
    front.stop()


def test_a_dump_restored_beside_holds_every_invariant(
    cluster: Cluster, postgres: PostgresProcess, tmp_path: Path
) -> None:
    """As deploy/README.md says: dumped while it is served, restored into an empty database, checked."""
    dump, source = tmp_path / "shop.dump", make_url(cluster.config.database_url)
    back = source.set(database="fulfil_back")
    postgres.run("pg_dump", "--format=custom", f"--file={dump}", source)
    with connect(source) as connection:
        connection.execute("CREATE DATABASE fulfil_back TEMPLATE template0")
    postgres.run("pg_restore", "--exit-on-error", "--no-owner", dump, "--dbname", back)
    restored = replace(cluster.config, database_url=back.render_as_string(False))
    assert inspection.violations(restored) == []
    kit = Kit(restored)
    with kit.db.read() as tx:
        orders = tx.scalar(sa.text("SELECT count(*) FROM orders"))
    kit.close()
    with cluster.reading() as tx:
        assert 0 < orders <= tx.scalar(sa.text("SELECT count(*) FROM orders"))

"""What Prometheus reads."""

from fulfil.kit.metrics import Metrics


def test_each_measure_has_its_line() -> None:
    metrics = Metrics()
    metrics.request("orders.place", 201, 0.004)
    metrics.task("stock.ship", 0.2)
    metrics.task_failed("stock.ship", True)
    metrics.retried("orders.place")
    metrics.called("sandbox", "ok", 0.1)
    metrics.count("payments_notice_held", 2)
    metrics.level("sockets_open", 3)
    lines = set(metrics.text().decode().splitlines())
    assert lines >= {
        'fulfil_request_seconds_bucket{endpoint="orders.place",le="0.005",status="201"} 1.0',
        'fulfil_request_seconds_bucket{endpoint="orders.place",le="0.0025",status="201"} 0.0',
        'fulfil_task_seconds_count{handler="stock.ship"} 1.0',
        'fulfil_task_failures_total{dead="true",handler="stock.ship"} 1.0',
        'fulfil_transaction_retries_total{name="orders.place"} 1.0',
        'fulfil_call_seconds_count{name="sandbox",outcome="ok"} 1.0',
        'fulfil_facts_total{name="payments_notice_held"} 2.0',
        'fulfil_levels{name="sockets_open"} 3.0',
    }


def test_two_kits_do_not_share_counters() -> None:
    first, second = Metrics(), Metrics()
    first.count("orders")
    assert b"orders" not in second.text()

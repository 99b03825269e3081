"""The sandbox channel as a process behaves like a provider: one charge, signed callbacks, refunds, bills."""

import csv
import io
import signal
from datetime import UTC, datetime

import pytest
import requests

from tests.sim.conftest import WAIT_SECONDS


def today() -> str:
    return datetime.now(UTC).date().isoformat()


def refund(sandbox, refund_id="9", serial_no="1", amount=100):
    return sandbox.signed(
        "POST", "/refunds", {"refund_id": refund_id, "serial_no": serial_no, "amount": amount}
    )


def test_a_payment_is_charged_once_and_told(sandbox, door):
    answer = sandbox.paid()
    assert answer["state"] == "succeeded" and answer["amount"] == 2590
    told = door.next()
    assert told == answer
    assert told | {"channel_txn": ""} == {
        "type": "payment",
        "serial_no": "1",
        "state": "succeeded",
        "amount": 2590,
        "currency": "CNY",
        "account": "main",
        "channel_txn": "",
    }
    [charge] = sandbox.get("/charges?serial_no=1").json()["charges"]
    assert (charge["amount"], charge["channel_txn"]) == (2590, told["channel_txn"])
    assert sandbox.paid()["channel_txn"] == told["channel_txn"]
    assert len(sandbox.get("/charges").json()["charges"]) == 1


def test_asking_again_gives_the_same_payment_and_another_amount_is_refused(sandbox):
    first = sandbox.create()
    assert first.status_code == 201
    assert sandbox.create().json() == first.json()
    assert sandbox.create(amount=2591).status_code == 409


def test_copies_are_told_under_their_own_nonces(sandbox, door):
    sandbox.paid(notify={"copies": 20, "delay_ms": 1})
    assert len({door.next_nonce() for _ in range(20)}) == 20


def test_reordered_news_tell_the_declined_try_last(sandbox, door):
    sandbox.paid(notify={"reorder": True})
    assert [door.next()["state"] for _ in range(2)] == ["succeeded", "failed"]


def test_a_wrong_amount_is_told_as_it_was_paid(sandbox, door):
    sandbox.paid(amount=1)
    assert door.next()["amount"] == 1


def test_a_declined_payment_is_told_and_takes_no_money(sandbox, door):
    sandbox.paid(outcome="failed")
    assert door.next()["state"] == "failed"
    assert sandbox.get("/charges").json()["charges"] == []


def test_a_timeout_takes_the_money_and_only_a_query_tells(sandbox, door):
    sandbox.paid(outcome="timeout")
    assert sandbox.signed("GET", "/transactions/1").json()["state"] == "succeeded"
    sandbox.paid("2")
    assert door.next()["serial_no"] == "2"


def test_a_callback_is_repeated_until_it_is_heard(sandbox, door):
    door.answers = [500, 503, 404]
    sandbox.paid()
    nonces = [door.next_nonce() for _ in range(4)]
    assert len(set(nonces)) == 4 and door.answers == []


def test_a_refund_is_paid_back_once_and_told(sandbox, door):
    sandbox.paid()
    door.next()
    answer = refund(sandbox)
    assert (answer.status_code, answer.json()["state"]) == (202, "pending")
    told = door.next()
    assert (told["type"], told["refund_id"], told["state"], told["amount"]) == (
        "refund",
        "9",
        "succeeded",
        100,
    )
    assert refund(sandbox).json()["channel_refund"] == told["channel_refund"]
    assert sandbox.signed("GET", "/refunds/9").json()["state"] == "succeeded"
    assert refund(sandbox, amount=101).status_code == 409


def test_no_more_goes_back_than_was_charged(sandbox, door):
    sandbox.paid()
    assert refund(sandbox, "1", amount=2591).status_code == 409
    assert refund(sandbox, "1", amount=2000).status_code == 202
    assert refund(sandbox, "2", amount=591).status_code == 409
    assert refund(sandbox, "3", serial_no="none").status_code == 404
    sandbox.create("2")
    assert refund(sandbox, "4", serial_no="2").status_code == 409


def test_a_refund_that_failed_can_be_asked_for_again(sandbox, door):
    sandbox.paid()
    door.next()
    requests.post(f"{sandbox.url}/faults", json={"refund_failures": 1}, timeout=WAIT_SECONDS)
    refund(sandbox)
    assert door.next()["state"] == "failed"
    refund(sandbox)
    assert door.next()["state"] == "succeeded"


def test_the_bill_of_the_day_lists_charges_and_refunds(sandbox, door):
    sandbox.paid("1")
    sandbox.paid("2", outcome="failed")
    refund(sandbox)
    states = {(told["type"], told["state"]) for told in (door.next(), door.next(), door.next())}
    assert states == {("payment", "succeeded"), ("payment", "failed"), ("refund", "succeeded")}
    rows = list(csv.DictReader(io.StringIO(sandbox.get(f"/bills/{today()}.csv").text)))
    assert [(row["type"], row["serial_no"], row["refund_id"], row["amount"]) for row in rows] == [
        ("payment", "1", "", "2590"),
        ("refund", "1", "9", "100"),
    ]
    assert rows[0]["channel_txn"] == rows[1]["channel_txn"]
    assert sandbox.get("/bills/1999-01-01.csv").text.count("\n") == 1


def test_a_killed_sandbox_knows_its_charges_and_tells_what_was_not_heard(sandbox, door):
    door.answers = [503] * 3
    paid = sandbox.paid()
    door.next()
    sandbox.stop(signal.SIGKILL)
    door.answers = []
    sandbox.start()
    assert sandbox.get("/charges").json()["charges"][0]["channel_txn"] == paid["channel_txn"]
    assert door.next()["serial_no"] == "1"
    assert sandbox.create().json()["state"] == "succeeded"


def test_a_journal_cut_in_mid_line_loses_that_line_only(sandbox, door):
    sandbox.paid()
    door.next()
    assert sandbox.stop() == 0
    journal = sandbox.options[-1]
    with open(journal, "a", encoding="utf-8") as file:
        file.write('{"kind": "transaction", "row": {"seri')
    sandbox.start()
    sandbox.paid("2")
    assert {charge["serial_no"] for charge in sandbox.get("/charges").json()["charges"]} == {"1", "2"}
    sandbox.stop()
    sandbox.start()
    assert len(sandbox.get("/charges").json()["charges"]) == 2


def test_the_same_seed_gives_the_same_tokens(sandbox):
    first = sandbox.create().json()["pay_token"]
    sandbox.stop()
    sandbox.options = ["--seed", "1"]
    sandbox.start()
    assert sandbox.create().json()["pay_token"] == first


def test_only_the_shop_with_the_key_may_ask(sandbox):
    body = {"serial_no": "1", "refund_id": "1", "amount": 1}
    for path in ("/transactions", "/refunds"):
        assert requests.post(sandbox.url + path, json=body, timeout=WAIT_SECONDS).status_code == 401
        assert sandbox.signed("POST", path, body, secret="another key of no worth").status_code == 401
        assert sandbox.get(f"{path}/1").status_code == 401


def test_a_wrong_request_is_malformed(sandbox):
    for change in (
        {"amount": 0},
        {"amount": True},
        {"amount": "1"},
        {"amount": 2**63},
        {"currency": ""},
        {"account": None},
        {"return_url": "javascript:alert(1)"},
        {"notify_url": "file:///etc/passwd"},
    ):
        assert (change, sandbox.create(**change).status_code) == (change, 422)


def test_a_wrong_way_to_pay_is_malformed_and_charges_nothing(sandbox):
    pay_url = sandbox.create().json()["pay_url"]
    paying = {"outcome": "succeeded"}
    for body in (
        {},
        {"outcome": "maybe"},
        paying | {"amount": -1},
        paying | {"amount": 1.5},
        paying | {"notify": 1},
        paying | {"notify": {"copies": 101}},
        paying | {"notify": {"copies": True}},
        paying | {"notify": {"delay_ms": -1}},
    ):
        answer = requests.post(f"{pay_url}/pay", json=body, timeout=WAIT_SECONDS)
        assert (body, answer.status_code) == (body, 422)
    assert sandbox.get("/charges").json()["charges"] == []


def test_a_person_pays_on_the_cashiers_page(sandbox, door, page):
    pay_url = sandbox.create().json()["pay_url"]
    page.goto(pay_url)
    assert "CNY 25.90" in page.locator("main").inner_text()
    page.get_by_role("button", name="支付 Pay").click()
    assert page.get_by_role("status").inner_text().split("\n")[-1].endswith("Paid")
    assert page.get_by_role("link").get_attribute("href") == f"{door.url}/back"
    assert door.next()["state"] == "succeeded"
    assert page.get_by_role("button").count() == 0


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_cashier_of_a_language_leads_back_in_it(sandbox, door, page, language):
    where, _, pay_token = sandbox.create().json()["pay_url"].rpartition("/")
    page.goto(f"{where}/{language}/{pay_token}")
    page.get_by_role("button", name="支付 Pay").click()
    assert page.get_by_role("link").get_attribute("href") == f"{door.url}/back?lang={language}"
    assert door.next()["state"] == "succeeded"


def test_a_person_lets_the_payment_fail_without_javascript(sandbox, door, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(sandbox.create().json()["pay_url"])
    page.get_by_role("button", name="Fail").click()
    assert "The payment failed" in page.get_by_role("status").inner_text()
    assert door.next()["state"] == "failed"
    context.close()


def test_the_cashiers_page_is_accessible(sandbox, page):
    from axe_playwright_python.sync_playwright import Axe

    page.goto(sandbox.create().json()["pay_url"])
    assert Axe().run(page).response["violations"] == []
